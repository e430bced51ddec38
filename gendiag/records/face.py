"""The face of a record: rich in a notebook, the same as text where it is printed, one line inside a list.

A record knows no drawing, for the views stand above it. The package's own ``__init__``, which stands above both and
runs before any of its modules, says where the drawings are (``Face.drawings``); they are loaded when something is
shown for the first time. So whoever only typed ``import gendiag`` sees them, in any notebook and without IPython being
asked for anything, and a record looked at below the views (in a debugger, in the message of a test) stays one line.
"""

from __future__ import annotations

from collections.abc import Callable
from textwrap import shorten
from typing import Any, ClassVar, Protocol

LONGEST = 120  # signs of the one line


class Drawings(Protocol):
    """What draws every record that has a face."""

    def to_html(self, shown: Any) -> str:
        """Return a fragment of static HTML, style sheet included."""

    def to_text(self, shown: Any) -> str:
        """Return the same for a terminal."""


class Face:
    """Base of what shows itself."""

    __slots__ = ()
    drawings: ClassVar[Callable[[], Drawings]]

    @property
    def _brief(self) -> str:
        """What its one line says."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        return type(self).drawings().to_html(self)

    def __str__(self) -> str:
        return type(self).drawings().to_text(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {shorten(self._brief, LONGEST, placeholder=' …')}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001  (IPython's own signature)
        """Be whole where IPython shows it alone, one line inside anything else."""
        is_alone = len(printer.stack) == 1 and not cycle
        printer.text(str(self) if is_alone else repr(self))
