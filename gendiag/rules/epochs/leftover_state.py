from __future__ import annotations

import ast
from collections.abc import Hashable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from gendiag.records import Finding, counted
from gendiag.rules.edits import streams
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Edits, Rule, sound
from gendiag.runtime.tracebacks import failing_line


class LeftoverState(Rule):
    """``__getitem__`` ignores the index it is asked for and goes on from where it stopped.

    What fit does
        Asks for items 0 and 1 before training, to learn the shapes, and for all items again in each epoch, in an order
        of its own. So a counter, or ``next()`` on an iterator, is two batches ahead when training begins, and each pass
        starts where the one before stopped.

    Why it hurts
        A finite iterator runs out before the end of epoch 1 (StopIteration). An endless one trains on shifted batches,
        cannot be shuffled by fit, and breaks with several workers.

    How to mend it
        Make the batch from the index: ``rows = slice(index * size, (index + 1) * size)``.

    Known limits
        Proven where item 0, asked for three times in a row, gives three batches, also with the random states put back;
        and either they come in the order in which each batch was followed by the same one before, or with the counters
        of the dataset put back item 1 is the same as item 0. Or where ``next()`` on an iterator that the dataset keeps
        raises StopIteration. An iterator that never repeats a batch is not told from randomness.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0; keras 3.15.1, py_dataset_adapter.get_tf_dataset. Keras 3.5.0 also
        trains in another order than it asks in.
    """

    name, title = "leftover-state", "__getitem__ ignores its index and goes on where it stopped"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        if not seen.source.is_indexed:
            return
        fix = (
            "Make the batch from the index that `__getitem__(self, index)` is asked for: "
            "`slice(index * size, (index + 1) * size)` instead of next() or a counter."
        )
        if _ran_out(seen):
            index = seen.rehearsal.failed_batch
            peeked = len(seen.profile.peeks)
            early = (
                f" fit had asked for {counted(peeked, 'item')} before training, to learn the shapes, which cost the "
                f"iterator {counted(peeked, 'batch', 'batches')}."
            ) * bool(peeked)
            what = (
                "ignores its index and calls next()" if _ignores(seen) else "calls next() on an iterator that it keeps"
            )
            message = (
                f"`__getitem__` {what}: the iterator inside ran out (StopIteration)"
                f"{'' if index is None else f' when fit asked for item {index}'}.{early}"
            )
            yield self.finding("error", message, fix=fix, batches=[] if index is None else [index])
        elif (spot_check := seen.profile.spot_check) is not None and spot_check.goes_on:
            if spot_check.ignores_index:
                counters = " and ".join(f"self.{name}" for name in spot_check.counters)
                yield self._finding(seen, f"and with {counters} put back item 1 is the very same as item 0", fix)
            elif _goes_on(seen):
                yield self._finding(seen, "in the order of the last pass", fix)

    def _finding(self, seen: Evidence, proof: str, fix: str) -> Finding:
        message = (
            "The source ignores the index: asked for item 0 three times in a row, `__getitem__` gives three "
            f"different batches, {proof}. So each pass starts where the one before stopped"
        )
        if peeked := len(seen.profile.peeks):
            message += f", and the {counted(peeked, 'item')} that fit reads before training shift what it trains on"
        return self.finding("warning", f"{message}.", fix=fix, batches=[0])

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        yield streams.kept(
            at(seen, finding), costs="each epoch has the batches of the first pass (no new augmentation)"
        )

    def broken(self) -> Any:
        return _items(by_index=False)

    def mended(self) -> Any:
        return _items(by_index=True)


def _ran_out(seen: Evidence) -> bool:
    """Whether ``next()`` on an iterator that the dataset keeps, not on one made in that line, ran out."""
    failure, error = seen.profile.failure, seen.profile.error
    if failure is None or seen.failure is None or "StopIteration" not in f"{failure.type} {failure.line}":
        return False
    line = failing_line(error)
    if line is None or _ignores(seen):
        return _ignores(seen)
    asked = [node.args[0] for node in line.find(ast.Call) if getattr(node.func, "id", "") == "next" and node.args]
    return any(hasattr(line.value(each), "__next__") and isinstance(each, ast.Attribute) for each in asked)


def _ignores(seen: Evidence) -> bool:
    """Whether an item that fit peeked at was another one when it was asked for again."""
    first = {batch.index: batch.digests for batch in seen.batches}
    return any(peek.digests != first.get(peek.index, peek.digests) for peek in seen.profile.peeks)


def _goes_on(seen: Evidence) -> bool:
    """Whether the three batches came in an order in which the passes before had them."""
    spot_check = seen.profile.spot_check
    again = [] if spot_check is None else [batch.digests for batch in spot_check.again]
    made = {batch.index: batch.digests for batch in seen.batches}
    orders = ([delivery.digests for delivery in seen.rehearsal.deliveries], [made[i] for i in seen.profile.read_order])
    return any(_goes_round(order) and set(pairwise(again)) <= set(pairwise([*order, *order[:1]])) for order in orders)


def _goes_round(order: Sequence[Hashable]) -> bool:
    """Whether each batch is followed by the same one wherever it comes; random ones are not."""
    return len(set(pairwise(order))) == len(set(order[:-1]))


def _items(*, by_index: bool) -> Any:
    import keras

    class Items(keras.utils.PyDataset):
        def __init__(self) -> None:
            super().__init__()
            self.parts, self.position = list(sound()), 0

        def __len__(self) -> int:
            return len(self.parts)

        def __getitem__(self, index: int) -> Any:
            self.position += 1
            return self.parts[index if by_index else self.position % len(self.parts)]

    return Items()
