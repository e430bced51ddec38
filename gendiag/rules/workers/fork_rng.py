from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.records import Finding
from gendiag.rules.edits import datasets
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Edits, Rule, sound


class ForkRng(Rule):
    """Worker processes begin with copies of one random state, and repeat each other's draws.

    What fit does
        With ``use_multiprocessing=True`` starts new worker processes in each epoch. A forked one (Linux) has a copy of
        NumPy's global state and of every generator that the dataset holds, a spawned one of the latter. Each worker
        draws the same numbers, and in each epoch the same again, since the original never moves on.

    Why it hurts
        The augmentation has a fraction of the variety that was meant, and nobody sees it in the batches.

    How to mend it
        Draw per index: ``rng = np.random.default_rng([seed, epoch, index])`` inside ``__getitem__``.

    Known limits
        Told by the random states that item 0 moves when it is asked for in this process, and by its content being
        another each time; the draws in the workers themselves are not seen. Python's own ``random`` is seeded anew
        after a fork.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0 and Python 3.11, start method fork; keras 3.15.1,
        py_dataset_adapter.init_pool_generator is given no seed.
    """

    name, title = "fork-rng", "Worker processes repeat each other's random draws"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        spot_check, source = seen.profile.spot_check, seen.source
        if spot_check is None or spot_check.repeatable or not source.in_processes:
            return
        workers, start = source.workers, multiprocessing.get_start_method()
        forked = ("np.random",) if start == "fork" else ()
        copied = [name for name in spot_check.draws if name.startswith("self.") or name in forked]
        if workers <= 1 or not copied:
            return
        message = (
            f"The source makes its batches in {workers} worker processes, and `__getitem__` draws from "
            f"{' and '.join(copied)}: each process begins with a copy of the same random state, so the workers likely "
            "repeat each other's draws, and every epoch repeats the one before."
        )
        fix = "Draw per index: `rng = np.random.default_rng([seed, epoch, index])` inside `__getitem__`."
        yield self.finding("warning", message, fix=fix, draws=copied, workers=workers)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        yield datasets.threads(at(seen, finding))

    def broken(self) -> Any:
        return _items(by_index=False)

    def mended(self) -> Any:
        return _items(by_index=True)


def _items(*, by_index: bool) -> Any:
    import keras

    class Items(keras.utils.PyDataset):
        def __init__(self) -> None:
            super().__init__(workers=2, use_multiprocessing=True)
            self.random = np.random.default_rng(0)

        def __len__(self) -> int:
            return 6

        def __getitem__(self, index: int) -> Any:
            x, y = list(sound())[index]
            random = np.random.default_rng([0, index]) if by_index else self.random
            return (x * random.uniform(0.5, 1.5)).astype("float32"), y

    return Items()
