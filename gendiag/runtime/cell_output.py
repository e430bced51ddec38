"""An output of a notebook's cell that is updated in place: a closed widget would leave a hole in what is saved."""

from __future__ import annotations

from typing import Any


class CellOutput:
    """Nothing until it is first shown; empty once it is cleared."""

    def __init__(self) -> None:
        self._handle: Any = None

    def show(self, html: str) -> None:
        """Put ``html`` in the place of what stands there."""
        from IPython.display import HTML, display

        if self._handle is None:
            self._handle = display(HTML(html), display_id=True)  # type: ignore[no-untyped-call]  # IPython is untyped
        else:
            self._handle.update(HTML(html))  # type: ignore[no-untyped-call]  # IPython is untyped

    def clear(self) -> None:
        """Leave nothing."""
        if self._handle is not None:
            self.show("")
