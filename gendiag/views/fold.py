"""A fold of widgets, as ``<details>`` is one of markup: a button that shows what is below it."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets as w

CLOSED, OPEN = "chevron-right", "chevron-down"


class Fold(w.VBox):
    """A title to press, and children that are drawn when it is open."""

    def __init__(self, title: str, children: Sequence[w.Widget], *, is_open: bool = False) -> None:
        self.button = w.ToggleButton(value=is_open, description=title)
        self.button.add_class("gd-fold")
        self._body = tuple(children)
        self.button.observe(lambda _: self._show(), names="value")
        super().__init__()
        self._show()

    def _show(self) -> None:
        self.button.icon = OPEN if self.button.value else CLOSED
        self.children = (self.button, *(self._body if self.button.value else ()))
