from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.records import Finding
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Rule, sound


class OrderNondeterministic(Rule):
    """Several worker threads draw from one random state, in whatever order they run.

    What fit does
        With ``workers`` of 2 or more makes several items at once. Which of them draws first from a random state that
        they share is decided by the operating system.

    Why it hurts
        A seed does not make the run repeatable: two runs with ``np.random.seed(0)`` train on different batches, and
        nobody can tell a lucky run from a better model. NumPy's own Generator objects must not be used by several
        threads at all.

    How to mend it
        Draw per index: ``rng = np.random.default_rng([seed, epoch, index])`` inside ``__getitem__``. Or use workers=1.

    Known limits
        A note: the batches are as random as they were meant to be, and without a seed nothing is lost. Told by the
        states that item 0 moves; other items may draw elsewhere.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0 with three workers.
    """

    name, title = "order-nondeterministic", "Worker threads draw from one random state"
    severity = "note"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        spot_check, workers = seen.profile.spot_check, seen.source.workers
        if spot_check is None or not spot_check.draws or workers <= 1 or seen.source.in_processes:
            return
        states = " and ".join(spot_check.draws)
        message = (
            f"The source makes its batches in {workers} worker threads, and `__getitem__` draws from {states}, which "
            "they share: who draws first differs from run to run, so no seed makes this run repeatable."
        )
        fix = "Draw per index: `rng = np.random.default_rng([seed, index])` inside `__getitem__`, or pass workers=1."
        yield self.finding("note", message, fix=fix, draws=spot_check.draws, workers=workers)

    def broken(self) -> Any:
        return _items(lambda _index: np.random)

    def mended(self) -> Any:
        return _items(lambda index: np.random.default_rng([7, index]))


def _items(random: Any) -> Any:
    import keras

    class Items(keras.utils.PyDataset):
        def __len__(self) -> int:
            return 6

        def __getitem__(self, index: int) -> Any:
            x, y = list(sound())[index]
            time.sleep(0.001)
            return (x * random(index).uniform(0.5, 1.5)).astype("float32"), y

    return Items(workers=2)
