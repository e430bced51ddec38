"""What changes from batch to batch: the dtypes and the shapes of each leaf, and whether it is there at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from gendiag.records import Batch


@dataclass(slots=True)
class Looks:
    """How a leaf looked, each way once, in the order of the batches.

    Attributes
    ----------
    dtypes, shapes
        As yielded; the batch axis of a shape is None, and a shape None where there is none.
    missing
        In how many batches it was not there.
    """

    dtypes: dict[str, None] = field(default_factory=dict)
    shapes: dict[tuple[int | None, ...] | None, None] = field(default_factory=dict)
    missing: int = 0

    @property
    def drifts(self) -> bool:
        """Whether not all batches are alike in it."""
        return len(self.dtypes) > 1 or len(self.shapes) > 1 or self.missing > 0


def looks_of(batches: Iterable[Batch]) -> dict[str, Looks]:
    """How each leaf looked, by its path."""
    found: dict[str, Looks] = {}
    there: dict[str, int] = {}
    count = 0
    for count, batch in enumerate(batches, 1):  # noqa: B007  (used behind the loop)
        for leaf in batch.leaves:
            looks = found.setdefault(leaf.path, Looks())
            there[leaf.path] = there.get(leaf.path, 0) + 1
            looks.dtypes[leaf.dtype] = None
            looks.shapes[(None, *leaf.shape[1:]) if leaf.shape else leaf.shape] = None
    for path, looks in found.items():
        looks.missing = count - there[path]
    return found
