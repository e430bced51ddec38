"""An output of a notebook's cell that is updated in place: a closed widget would leave a hole in what is saved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class CellOutput:
    """Nothing until it is first shown; empty once it is cleared."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._closing: Callable[[], object] | None = None

    def show(self, content: Any) -> None:
        """Put HTML, or a widget, in the place of what stands there."""
        from IPython.display import HTML, display

        shown = HTML(content) if isinstance(content, str) else content  # type: ignore[no-untyped-call]  # IPython is untyped
        if self._handle is None:
            self._handle = display(shown, display_id=True)  # type: ignore[no-untyped-call]  # IPython is untyped
        else:
            self._handle.update(shown)

    def on_clear(self, close: Callable[[], object]) -> None:
        """Call ``close`` when nothing of what is shown is left."""
        self._closing = close

    def clear(self) -> None:
        """Leave nothing."""
        if self._handle is not None:
            self.show("")
        if self._closing is not None:
            self._closing()
            self._closing = None
