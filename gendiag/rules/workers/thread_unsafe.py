from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from gendiag.records import Batch, Failure, Finding, ranges
from gendiag.rules.edits import datasets
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Edits, Rule, sound

MARK = "already executing"
MOVING = ("seek", "__next__")
FIX = (
    "Make the item from its index alone: open the file in `__getitem__`, or hold one `threading.Lock` from `seek` to "
    "`read`; or pass workers=1."
)


class ThreadUnsafe(Rule):
    """Worker threads share something that only one may use at a time: a generator, a file position, a cursor.

    What fit does
        With ``workers`` of 2 or more asks a PyDataset for several items at once, each in its own thread. A generator
        runs in one thread only: the second call raises "generator already executing". A file is read from where another
        thread has just put its position.

    Why it hurts
        It depends on timing: it passes with one worker and fails, or mixes the data in silence, with several, in
        another batch each time.

    How to mend it
        Make the item from the index alone: open the file in ``__getitem__``, or hold a lock from ``seek`` to ``read``;
        or pass ``workers=1``.

    Known limits
        Seen where it raised and the item then came alone, or where 12 items, asked for side by side and one after the
        other when fit was done, came with other content. A race that is rare may hide from both.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0 with two and three workers.
    """

    name, title = "thread-unsafe", "Worker threads disturb each other"
    consequence_of = ("buffer-reuse",)
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        failure = seen.profile.failure or seen.rehearsal.failure
        workers, spot_check = seen.source.workers, seen.profile.spot_check
        if workers <= 1:
            return
        if failure is not None and seen.failure is not None:
            yield from self._raised(seen, failure)
        elif spot_check is not None and spot_check.disturbed:
            yield self._disturbed(seen, spot_check.disturbed)

    def _raised(self, seen: Evidence, failure: Failure) -> Iterator[Finding]:
        index, workers = seen.rehearsal.failed_batch, seen.source.workers
        batches = [] if index is None else [index]
        if MARK in f"{failure.line} {failure.details}":
            what = f"{workers} worker threads of the source call next() on one generator at once{failure.place}: "
            message = f"{what}{failure.line}. Which batch it hits changes from run to run."
            fix = "Make the batch from the index that `__getitem__` is asked for, without next(), or pass workers=1."
        elif seen.profile.comes_alone and index is not None:
            message = (
                f"The source raised in {seen.place(index)}, in one of {workers} worker threads: {failure}"
                f"{failure.place}. Asked for alone the same item comes without an error, so the threads likely disturb "
                f"each other: they share something that moves{_shared(seen)}."
            )
            fix = FIX
        else:
            return
        yield self.finding("error", message, fix=fix, batches=batches, workers=workers, frame=failure.frame)

    def _disturbed(self, seen: Evidence, items: tuple[Batch, ...]) -> Finding:
        indices = [batch.index for batch in items]
        which = f"{'item' if len(indices) == 1 else 'items'} {ranges(indices)}"
        message = (
            f"The source gives {which} with other content when {seen.source.workers} threads ask at once, as fit's "
            f"workers do, than when they are asked for one after the other: the threads share something that moves"
            f"{_shared(seen)}."
        )
        return self.finding("warning", message, fix=FIX, batches=indices, leaf="x", workers=seen.source.workers)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        yield datasets.one_worker(at(seen, finding))

    def broken(self) -> Any:
        return _items(lambda slow, _index: next(slow))

    def mended(self) -> Any:
        return _items(lambda _slow, index: list(sound(8))[index])


def _shared(seen: Evidence) -> str:
    """What the dataset holds that has a position: ``, such as self.file (BufferedReader)``."""
    held = {name: value for name, value in vars(seen.source.value).items() if not isinstance(value, (str, bytes))}
    moving = [name for name, value in held.items() if any(hasattr(type(value), each) for each in MOVING)]
    named = ", ".join(f"self.{name} ({type(held[name]).__name__})" for name in moving)
    return f", such as {named}" if moving else ""


def _items(item: Any) -> Any:
    import keras

    class Items(keras.utils.PyDataset):
        def __init__(self) -> None:
            super().__init__(workers=3)
            self.slow = _slow()

        def __len__(self) -> int:
            return 8

        def __getitem__(self, index: int) -> Any:
            return item(self.slow, index)

    return Items()


def _slow() -> Iterator[Any]:
    while True:
        for batch in sound(8):
            time.sleep(0.02)
            yield batch
