from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from gendiag.records import Finding
from gendiag.rules.edits import datasets
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Edits, Rule, sound

MARK = "already executing"


class ThreadUnsafe(Rule):
    """Several workers call ``next()`` on one generator.

    What fit does
        With ``workers`` of 2 or more asks a PyDataset for several items at once, each in its own thread. A generator
        runs in one thread only: the second call raises "generator already executing".

    Why it hurts
        It depends on timing: it passes with a fast generator and raises with a slow one, in another batch each time.

    How to mend it
        Make the item from the index that is asked for; or pass ``workers=1``.

    Known limits
        Seen only where it raised in the rehearsal. Shared state that does not raise is not seen here.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0 with two and three workers.
    """

    name, title = "thread-unsafe", "Several workers advance one generator"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        failure = seen.profile.failure or seen.rehearsal.failure
        workers = seen.source.workers
        if failure is None or seen.failure is None or MARK not in f"{failure.line} {failure.details}" or workers <= 1:
            return
        where = f" (at {failure.frame}: `{failure.code}`)" if failure.frame else ""
        message = (
            f"{workers} worker threads of the source call next() on one generator at once{where}: {failure.line}. "
            "Which batch it hits changes from run to run."
        )
        fix = "Make the batch from the index that `__getitem__` is asked for, without next(), or pass workers=1."
        index = seen.rehearsal.failed_batch
        batches = [] if index is None else [index]
        yield self.finding("error", message, fix=fix, batches=batches, workers=workers, frame=failure.frame)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        yield datasets.one_worker(at(seen, finding))

    def broken(self) -> Any:
        return _items(lambda slow, _index: next(slow))

    def mended(self) -> Any:
        return _items(lambda _slow, index: list(sound(8))[index])


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
