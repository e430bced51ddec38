"""The pitfalls: one file each, in families that are the chapters of the lessons.

Here live the rules, what they read (``evidence``) and what they propose (``edits``). A rule reads records and yields
findings; it runs nothing of the user's, draws nothing, and knows no other rule. ``registry`` lists them all.

A rule may call something an *error* only where the rehearsed fit, or the run of the model's copy, raised
(``Evidence.refused``). A rule that fails costs no report: it is said in a note, and is an error in the tests.

The module itself shows the table of lessons, in a notebook and in a terminal.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from gendiag.rules.chapters import RulesModule

if TYPE_CHECKING:
    from gendiag.rules.registry import RULES

__all__ = ["RULES"]


def __getattr__(name: str) -> Any:
    if name == "RULES":  # late: whoever reads the evidence alone loads no rule
        from gendiag.rules.registry import RULES

        return RULES
    msg = f"module 'gendiag.rules' has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return __all__


sys.modules[__name__].__class__ = RulesModule
