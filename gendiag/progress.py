"""A progress bar for what takes longer than a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

DELAY_S = 1.0


@contextmanager
def bar(what: str, total: int | None, *, shown: bool) -> Iterator[Callable[[int], None]]:
    """Give a function that takes the number of batches done; the bar leaves no trace when it is over."""
    from tqdm.auto import tqdm

    with tqdm(desc=what, total=total, unit="batch", delay=DELAY_S, leave=False, disable=not shown) as line:
        yield lambda done: _advance(line, done)


def _advance(line: object, done: int) -> None:
    line.update(done - line.n)  # type: ignore[attr-defined]  # any of tqdm's bars
