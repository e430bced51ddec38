from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from gendiag.batches.tree import flatten
from gendiag.batches.values import as_array, digest
from gendiag.records import Batch, Finding, Leaf, format_shape
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.source_code import draws, goes_round
from gendiag.rules.rule import Rule, sound
from gendiag.runtime.short_value import short
from gendiag.sources.spot_check import SpotCheck

WIDER = 1.5  # of the spread of x: more is another stage


class EpochHookEarly(Rule):
    """``on_epoch_end`` runs before epoch 1, and what it counts is one ahead.

    What fit does
        Reads items 0 and 1 to learn the shapes, calls ``on_epoch_end``, and only then begins epoch 1. So the hook runs
        once more than there are epochs.

    Why it hurts
        Shuffling once more does no harm. A counter, a schedule or a curriculum is one epoch ahead: its first stage is
        never trained on.

    How to mend it
        Set the state in ``on_epoch_begin``, or start the counter one lower.

    Known limits
        Told by plain attributes (numbers, texts) that the hook changed before epoch 1, where item 0 was another before
        it and is the same each time it is asked for. Nothing is said where the samples came all the same, in another
        order, or where the class draws random numbers and the item is of the same shape and scale: then it is likely
        a seed; or where not all epochs were rehearsed and the code takes remainders, so that it may come round again.

    Source
        measured on keras 3.15.1, 3.12.0, 3.10.0, 3.8.0 and 3.7.0. Keras 3.6.0 and 3.5.0 call it at the end of epochs
        only.
    """

    name, title = "epoch-hook-early", "on_epoch_end has run before epoch 1"
    since = "3.7"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        if (shapes := _other_shapes(seen)) is not None:
            yield self._refused(seen, *shapes)
        spot_check = seen.profile.spot_check
        if spot_check is None or not spot_check.hook or not _changes_the_data(seen, spot_check):
            return
        is_whole = seen.rehearsal.epochs_run >= seen.rehearsal.epochs - seen.first_epoch
        if not _is_a_stage(seen) or (not is_whole and goes_round(seen.source.value)):
            return
        message = (
            f"`on_epoch_end` of the source ran before epoch 1 and changed {_changed(spot_check.hook)}; "
            f"no epoch {'of this fit' if seen.rehearsal.live else 'that was rehearsed'} has batch 0 as it was before: "
            "the first stage is never trained on."
        )
        fix = "Count in `on_epoch_begin`, or start one lower, if epoch 1 is to be trained on the first state."
        yield self.finding("warning", message, fix=fix, batches=[0], changed=dict(spot_check.hook))

    def _refused(self, seen: Evidence, before: Leaf, after: Leaf, index: int) -> Finding:
        hook = seen.profile.early_hook
        message = (
            f"fit learnt the shapes from items 0 and 1, where {before.path} was {format_shape(before.shape)}, and then "
            f"called `on_epoch_end`{f', which changed {_changed(hook)}' if hook else ''}: in {seen.place(index)} "
            f"{before.path} is {format_shape(after.shape)}, and fit raises."
        )
        fix = "Count in `on_epoch_begin`, or start one lower; and let all epochs have one shape, or pad to the largest."
        return self.finding("error", message, fix=fix, batches=[index], leaf=before.path, changed=dict(hook))

    def broken(self) -> Any:
        return _items("on_epoch_end")

    def mended(self) -> Any:
        return _items("on_epoch_begin")


def _changed(hook: Mapping[str, tuple[Any, Any]]) -> str:
    return ", ".join(f"self.{name} from {short(old)} to {short(new)}" for name, (old, new) in hook.items())


def _other_shapes(seen: Evidence) -> tuple[Leaf, Leaf, int] | None:
    """A leaf that had one shape in the items peeked at and another in every batch since, where fit raised at once."""
    if seen.failure is None or seen.fails_at is None or seen.rehearsal.deliveries or not seen.profile.peeks:
        return None
    for before in seen.profile.peeks[0].leaves:
        column = [leaf for _, leaf in seen.leaves.get(before.path, ()) if leaf.shape]
        peeked = {peek.leaf(before.path) for peek in seen.profile.peeks}
        fixed = {leaf.shape[1:] for leaf in peeked if leaf is not None and leaf.shape}
        if column and len(fixed) == 1 and all(leaf.shape[1:] not in fixed for leaf in column if leaf.shape):
            return before, column[0], seen.fails_at
    return None


def _changes_the_data(seen: Evidence, spot_check: SpotCheck) -> bool:
    before = next((peek.digests for peek in seen.profile.peeks if peek.index == 0), ())
    delivered = {batch.digests for batch in seen.batches}
    is_read = any(batch.index == 0 for batch in seen.batches)
    return spot_check.repeatable and is_read and all(before) and bool(before) and before not in delivered


def _is_a_stage(seen: Evidence) -> bool:
    """Whether what the hook moved is more than an order or a seed."""
    before = next(peek for peek in seen.profile.peeks if peek.index == 0)
    after = next(batch for batch in seen.batches if batch.index == 0)
    if set(_rows(seen, before)) & {row for batch in seen.batches for row in _rows(seen, batch)}:
        return False
    return not draws(seen.source.value) or not _alike(before, after)


def _rows(seen: Evidence, batch: Batch) -> Iterator[bytes]:
    """Each sample of a batch that is held as it was measured."""
    if batch.index not in seen.profile.store:
        return
    parts = flatten(seen.profile.raw(batch.index))
    if tuple(digest(part.value) for part in parts) != batch.digests:
        return
    arrays = [array for part in parts if part.role == "x" and (array := as_array(part.value)) is not None]
    yield from (b"".join(np.ascontiguousarray(row).tobytes() for row in rows) for rows in zip(*arrays, strict=False))


def _alike(before: Batch, after: Batch) -> bool:
    """Whether two batches have the same shapes, and x about the same level and spread."""
    pairs = list(zip(before.leaves, after.leaves, strict=False))
    if len(before.leaves) != len(after.leaves) or any(a.shape != b.shape for a, b in pairs):
        return False
    return all(_same_scale(a, b) for a, b in pairs if a.role == "x")


def _same_scale(before: Leaf, after: Leaf) -> bool:
    """By level and spread; by the largest magnitude, where a live fit measured no more."""
    if before.std and after.std:
        near = abs((before.mean or 0.0) - (after.mean or 0.0)) <= before.std
        return near and 1 / WIDER <= after.std / before.std <= WIDER
    one, other = (max(abs(leaf.low or 0.0), abs(leaf.high or 0.0)) for leaf in (before, after))
    return one == other or (one > 0 and 1 / WIDER <= other / one <= WIDER)


def _items(hook: str) -> Any:
    import keras

    class Items(keras.utils.PyDataset):
        def __init__(self) -> None:
            super().__init__()
            self.stage = 1

        def __len__(self) -> int:
            return 6

        def __getitem__(self, index: int) -> Any:
            x, y = list(sound())[index]
            return x * self.stage, y

    def advance(self: Any) -> None:
        self.stage += 1

    setattr(Items, hook, advance)
    return Items()
