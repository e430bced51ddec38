"""Find out what ``keras.Model.fit`` really does with your data generator.

``gendiag.diagnose(make_batches, model, epochs=10)`` rehearses the real fit and names the batch, the cause and what to
type next. Nothing heavy is imported before it is needed.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from gendiag._version import __version__
from gendiag.records.face import Drawings, Face

if TYPE_CHECKING:
    from gendiag import rules
    from gendiag.commands.magic import load_ipython_extension
    from gendiag.errors import GendiagError
    from gendiag.flight.recorder import watch
    from gendiag.lessons import explain
    from gendiag.records import Finding, Repair, Trial
    from gendiag.rehearsal.profile import Profile
    from gendiag.rehearsal.profiler import profile
    from gendiag.report import Report, diagnose

__all__ = [
    "Finding",
    "GendiagError",
    "Profile",
    "Repair",
    "Report",
    "Trial",
    "__version__",
    "diagnose",
    "explain",
    "load_ipython_extension",
    "profile",
    "rules",
    "watch",
]

_HOME = {
    "diagnose": "report",
    "Report": "report",
    "profile": "rehearsal.profiler",
    "Profile": "rehearsal.profile",
    "explain": "lessons",
    "watch": "flight.recorder",
    "load_ipython_extension": "commands.magic",
    "Finding": "records",
    "Trial": "records",
    "Repair": "records",
    "GendiagError": "errors",
}


def _drawings() -> Drawings:
    """Draws what ``Face`` is the base of: loaded when something is shown."""
    from gendiag.views import faces

    return faces


Face.drawings = staticmethod(_drawings)


def __getattr__(name: str) -> Any:
    if name == "rules":
        return importlib.import_module("gendiag.rules")
    if name in _HOME:
        return getattr(importlib.import_module(f"gendiag.{_HOME[name]}"), name)
    msg = f"module 'gendiag' has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return __all__
