"""The signature that fit makes from the first two batches and holds every later one to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gendiag.records import Batch, Leaf

PEEKED = 2  # keras 3.15.1, data_adapter_utils.NUM_BATCHES_FOR_TENSOR_SPEC


@dataclass(frozen=True, slots=True)
class Spec:
    """What one leaf is held to."""

    dtype: str
    shape: tuple[int | None, ...] | None

    def takes_rank(self, leaf: Leaf) -> bool:
        """Whether the number of dimensions fits."""
        return self.shape is None or leaf.shape is None or len(leaf.shape) == len(self.shape)

    def takes(self, leaf: Leaf) -> bool:
        """Whether rank and every fixed dimension fit."""
        if self.shape is None or leaf.shape is None:
            return True
        return self.takes_rank(leaf) and all(
            fixed is None or fixed == size for fixed, size in zip(self.shape, leaf.shape, strict=True)
        )


def infer(batches: Sequence[Batch]) -> Mapping[str, Spec]:
    """Infer what ``fit`` holds every later batch to.

    Parameters
    ----------
    batches
        Any number; only those with index 0 and 1 are read.

    Returns
    -------
    mapping
        Per leaf path: the dtype of batch 0 alone, and the shape common to both; the batch axis, and every dimension in
        which the two differ, is free (None).

    Notes
    -----
    keras 3.15.1, data_adapter_utils.get_keras_tensor_spec.
    """
    peeked = sorted((batch for batch in batches if batch.index < PEEKED), key=lambda batch: batch.index)
    if not peeked or peeked[0].index:
        return {}
    second = peeked[-1]
    return {leaf.path: Spec(leaf.dtype, _common(leaf, second.leaf(leaf.path))) for leaf in peeked[0].leaves}


def _common(leaf: Leaf, other: Leaf | None) -> tuple[int | None, ...] | None:
    if not leaf.shape:
        return leaf.shape
    if other is None or other.shape is None or len(other.shape) != len(leaf.shape):
        return (None, *leaf.shape[1:])
    return (None, *(size if size == also else None for size, also in zip(leaf.shape[1:], other.shape[1:], strict=True)))
