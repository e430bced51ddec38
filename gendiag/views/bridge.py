"""What the page tells the kernel beyond core ipywidgets: keys, clicks on elements, places in a picture.

Core widgets cannot hear a key, mark an element so that JupyterLab leaves its letters alone, or name a slider's handle.
Where the front end of anywidget is missing, all else works; only these are gone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

import anywidget
import traitlets

HANDLES = {"gd-cursor": ["Batch"], "gd-brush": ["First batch shown", "Last batch shown"]}


@cache
def _script() -> str:
    return files("gendiag.views").joinpath("bridge.js").read_text(encoding="utf-8")


class Bridge(anywidget.AnyWidget):
    """Listens below the nearest element of class ``gd``, and says what is under the pointer.

    Parameters
    ----------
    marks
        What is said of single batches; the others are said to be what they are, ``batch 31``.
    actions
        By name (``next finding``, ``previous``, ``first``, ...), called without arguments.
    on_batch
        Called with the number of the batch that somebody clicked on.
    on_place
        Called with a place in the map of fit, as fractions of its cells from the left and from the top.
    """

    _esm = traitlets.Unicode("").tag(sync=True)
    marks = traitlets.Dict().tag(sync=True)
    handles = traitlets.Dict(HANDLES).tag(sync=True)

    def __init__(
        self,
        marks: Mapping[int, str],
        actions: Mapping[str, Callable[[], object]],
        on_batch: Callable[[int], object],
        on_place: Callable[[float, float], object],
    ) -> None:
        super().__init__(_esm=_script(), marks={str(batch): words for batch, words in marks.items()})
        self._actions, self._on_batch, self._on_place = dict(actions), on_batch, on_place
        self.on_msg(self._heard)

    def _heard(self, _: object, message: object, __: object) -> None:
        """Act on what is expected; the page is not trusted to send anything else."""
        if not isinstance(message, dict):
            return
        action, batch, place = message.get("action"), message.get("batch"), message.get("place")
        if isinstance(action, str) and action in self._actions:
            self._actions[action]()
        if type(batch) is int:  # no truth value
            self._on_batch(batch)
        if isinstance(place, list) and len(place) == 2 and all(map(_is_fraction, place)):  # noqa: PLR2004
            self._on_place(float(place[0]), float(place[1]))


def _is_fraction(given: object) -> bool:
    return isinstance(given, int | float) and 0 <= given <= 1
