from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from gendiag.records import Finding
from gendiag.rules.edits import streams
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Edits, Rule, sound
from gendiag.sources.spot_check import MOST_AGAIN


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
        Proven where each batch was always followed by the same one, and item 0, asked for three times in a row, gives
        three batches in that order; or where StopIteration comes out of ``__getitem__``. State behind random batches is
        not told from randomness.

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
            message = (
                "`__getitem__` ignores its index and calls next(): the iterator inside ran out (StopIteration) when "
                f"fit asked for item {index}. fit had asked for {peeked} extra items before training, to learn the "
                "shapes."
            )
            yield self.finding("error", message, fix=fix, batches=[] if index is None else [index])
        elif _goes_on(seen):
            message = (
                "The source ignores the index: asked for item 0 three times in a row, `__getitem__` gives three "
                "different batches, in the order of the last pass. So each pass starts where the one before stopped, "
                f"and the {len(seen.profile.peeks)} items that fit reads before training shift what it trains on."
            )
            yield self.finding("warning", message, fix=fix, batches=[0])

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        yield streams.kept(
            at(seen, finding), costs="each epoch has the batches of the first pass (no new augmentation)"
        )

    def broken(self) -> Any:
        return _items(by_index=False)

    def mended(self) -> Any:
        return _items(by_index=True)


def _ran_out(seen: Evidence) -> bool:
    failure = seen.profile.failure
    if failure is None or seen.failure is None or "StopIteration" not in f"{failure.type} {failure.line}":
        return False
    first = {batch.index: batch.digests for batch in seen.batches}
    return any(peek.digests != first.get(peek.index, peek.digests) for peek in seen.profile.peeks)


def _goes_on(seen: Evidence) -> bool:
    spot_check = seen.profile.spot_check
    again = [] if spot_check is None else [batch.digests for batch in spot_check.again]
    if len(again) < MOST_AGAIN or len(set(again)) < len(again) or not all(map(all, again)):
        return False
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
