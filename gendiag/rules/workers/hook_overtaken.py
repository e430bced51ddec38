from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from gendiag.records import Finding, Severity, counted
from gendiag.rules.edits import datasets
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.source_code import is_random, methods, reads
from gendiag.rules.rule import Edits, Rule, sound

HOOKS = {"on_epoch_begin", "on_epoch_end", "__init__", "__len__"}


class HookOvertaken(Rule):
    """``on_epoch_begin`` changes the data, and workers have already asked for items of that epoch.

    What fit does
        With ``workers`` of 2 or more lets them begin to fill the queue of epoch 1 before it calls ``on_epoch_begin``.

    Why it hurts
        These items are made from the state before: of the old order, or of the stage before the first. After a shuffle
        some samples come twice in epoch 1 and others not at all.

    How to mend it
        Set the first state in ``__init__`` and the next ones in ``on_epoch_end``; or use ``workers=1``.

    Known limits
        How many items it hits depends on timing: a hook that takes a while is overtaken by all of an epoch, one that is
        quick by none. Told by attributes that the hook changed and that other methods of the class read. A note where
        it is an order that the whole epoch has in common, or a number in a class that draws random ones: likely a seed.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0 with three workers.
    """

    name, title = "hook-overtaken", "Workers asked for items before on_epoch_begin ran"
    since = "3.7"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        late, workers = seen.profile.late_hook, seen.source.workers
        own = methods(seen.source.value) if workers > 1 and not seen.source.in_processes else {}
        makers = [function for name, function in own.items() if name not in HOOKS]
        changed = [name for name in late if any(reads(function, name) for function in makers)]
        if not changed:
            return
        batches = sorted(set(late[changed[0]]))
        names = " and ".join(f"self.{name}" for name in changed)
        message = (
            f"{workers} workers of the source had asked for {counted(len(batches), 'item')} of an epoch before "
            f"`on_epoch_begin` ran and changed {names}: in this run these were made from the state before."
        )
        fix = "Set the first state in `__init__` and change it in `on_epoch_end`, or use workers=1."
        severity: Severity = "warning" if _matters(seen, changed, len(batches)) else "note"
        yield self.finding(severity, message, fix=fix, batches=batches, changed=changed, workers=workers)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        yield datasets.one_worker(at(seen, finding))

    def broken(self) -> Any:
        return _items(3)

    def mended(self) -> Any:
        return _items(1)


def _matters(seen: Evidence, changed: list[str], count: int) -> bool:
    """Whether more changed than an order of which the whole epoch has one and the same."""
    held = vars(seen.source.value)
    own = methods(seen.source.value)
    is_seeded = any(is_random(function, own) for name, function in own.items() if name != "__init__")
    if is_seeded and all(isinstance(held.get(name), int) for name in changed):
        return False  # likely part of a seed
    return count != seen.source.length or any(isinstance(held.get(name), (bool, int, float, str)) for name in changed)


def _items(workers: int) -> Any:
    import keras

    class Items(keras.utils.PyDataset):
        def __init__(self) -> None:
            super().__init__(workers=workers)
            self.shift = 0

        def __len__(self) -> int:
            return 6

        def __getitem__(self, index: int) -> Any:
            x, y = list(sound())[index]
            return x + self.shift % 2, y

        def on_epoch_begin(self) -> None:
            time.sleep(0.05)
            self.shift += 1

    return Items()
