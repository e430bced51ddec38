"""Questions to the evidence about passes over the data: which batches make one, and when a batch was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gendiag.batches.signature import PEEKED
from gendiag.batches.tree import flatten
from gendiag.batches.values import Array, as_array, digest
from gendiag.records import Batch, Leaf, Role
from gendiag.rehearsal.profile import Profile
from gendiag.rules.evidence.evidence import Evidence

LEAST_BATCHES = 3  # of an epoch, to tell its order
IMAGE_AXES, CHANNELS = 4, (1, 3, 4)
Column = list[tuple[int, Leaf]]  # one leaf through the batches


def first_pass(seen: Evidence) -> tuple[Batch, ...]:
    """Return the batches that fit trained on in epoch 1, in the order of the source."""
    if not seen.by_epoch:
        return ()
    delivered = {delivery.batch for delivery in seen.by_epoch[0]}
    return tuple(batch for batch in seen.batches if batch.index in delivered)


def repeats(seen: Evidence) -> bool:
    """Whether every epoch that was rehearsed has the same batches in the same order."""
    epochs = [tuple(delivery.digests for delivery in epoch) for epoch in seen.by_epoch]
    whole = len(epochs) > 1 and len(epochs[0]) >= LEAST_BATCHES and all(all(step) for step in epochs[0])
    return whole and len(set(epochs)) == 1 and len(set(epochs[0])) > 1


def in_read_order(profile: Profile) -> list[Batch]:
    """Every batch in the order in which the source was done with them, which of an indexed one is any."""
    by_index = {batch.index: batch for batch in profile.batches}
    return [by_index[index] for index in profile.read_order or sorted(by_index)]


def epoch_of(seen: Evidence, index: int) -> int:
    """Return the epoch in which the batch was first trained on, else that in which it was read."""
    trained = (delivery.epoch for delivery in seen.rehearsal.deliveries if delivery.batch == index)
    read = seen.profile.find(index)
    return next(trained, 0 if read is None else read.epoch)


def columns(seen: Evidence, *roles: Role) -> dict[str, Column]:
    """Every leaf of these roles through the batches, as far as it was measured."""
    measured = {
        path: [(index, leaf) for index, leaf in column if leaf.role in roles and leaf.mean is not None]
        for path, column in seen.leaves.items()
    }
    return {path: column for path, column in measured.items() if column}


def held(seen: Evidence, index: int) -> dict[str, Array]:
    """Return the arrays of numbers and text of a batch by path; empty if the batch is not held as it was measured.

    Of an indexed source items 0 and 1 are held as fit peeked at them, which an epoch hook may have changed since.
    """
    if index not in seen.profile.store:
        return {}
    raw: Any = seen.profile.raw(index)
    parts = flatten(raw)
    if index < PEEKED:
        measured = {leaf.path: leaf.digest for b in seen.batches[:PEEKED] if b.index == index for leaf in b.leaves}
        if any(digest(part.value) != measured.get(part.path) for part in parts):
            return {}
    arrays = {part.path: as_array(part.value) for part in parts}
    return {path: a for path, a in arrays.items() if a is not None and a.ndim and a.dtype.kind in "biufUS"}


def size_of(leaf: Leaf) -> int:
    """Return the number of values."""
    total = 1
    for length in leaf.shape or ():
        total *= length or 0
    return total


def is_image(leaf: Leaf) -> bool:
    """Whether the leaf looks like a batch of images: four axes, the last of 1, 3 or 4 channels."""
    return leaf.shape is not None and len(leaf.shape) == IMAGE_AXES and leaf.shape[-1] in CHANNELS


def period(batches: Sequence[Batch], *, at_least_one_whole: bool = False) -> int | None:
    """Length of the pass, where the batches repeat in the same order: at least two of them, or a whole pass."""
    contents = [batch.digests for batch in batches]
    if not all(map(all, contents)):
        return None
    longest = len(contents) // 2 if at_least_one_whole else len(contents) - 2
    return next((n for n in range(1, longest + 1) if contents[n:] == contents[:-n]), None)


def are_two_views(seen: Evidence) -> bool:
    """Whether a step of the model's own is given two arrays of one shape: two views, or samples of two domains."""
    first = seen.batches[0].leaves if seen.batches else ()
    shapes = [leaf.shape[1:] if leaf.shape else None for leaf in first if leaf.role in {"x", "y"}]
    return "train_step" in seen.model_facts.own_steps and len(shapes) == 2 and shapes[0] == shapes[1]  # noqa: PLR2004
