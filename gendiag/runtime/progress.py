"""Progress of what takes longer than a second: a line in a terminal, an element of the page in a notebook."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from gendiag.runtime.cell_output import CellOutput

DELAY_S, PERIOD_S = 1.0, 0.2


@contextmanager
def bar(what: str, total: int | None, *, shown: bool, unit: str = "batches") -> Iterator[Callable[[int], None]]:
    """Give a function that takes the number of units done; nothing is left of the bar when it is over."""
    if shown and _in_notebook():
        element = _Element(what, total, unit)
        try:
            yield element.show
        finally:
            element.output.clear()
        return
    from tqdm import tqdm

    with tqdm(desc=what, total=total, unit=f" {unit}", delay=DELAY_S, leave=False, disable=not shown) as line:
        yield lambda done: _advance(line, done)


def _advance(line: Any, done: int) -> None:
    line.update(done - line.n)


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return hasattr(shell, "kernel")


class _Element:
    """The bar of a notebook."""

    def __init__(self, what: str, total: int | None, unit: str) -> None:
        self.what, self.total, self.unit = what, total, unit
        self.began = self.last = time.monotonic()
        self.output = CellOutput()

    def show(self, done: int) -> None:
        now = time.monotonic()
        if now - self.began < DELAY_S or now - self.last < PERIOD_S:
            return
        self.last = now
        limits = f' value="{done}" max="{self.total}"' if self.total else ""
        self.output.show(
            f"<progress{limits}></progress> {self.what}: {done} {self.unit}, {now - self.began:.0f} s "
            "(interrupt the kernel to stop)"
        )
