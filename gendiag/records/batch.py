"""What was yielded and what was delivered: a leaf, a batch, a training step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

Role = Literal["x", "y", "sample_weight", "batch"]

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Leaf:
    """One array of a batch, measured.

    Attributes
    ----------
    path
        ``x``, ``y``, ``x['image']``, ``x[0]``, ``sample_weight``; ``batch[3]`` for what fit has no name for.
    role
        Which argument of ``train_step`` the leaf belongs to.
    kind
        What it is: ``array``, ``tensor``, ``ragged``, ``sparse``, ``list`` (of Python scalars), ``scalar``,
        ``None``, ``frame`` (pandas), ``masked array`` (with values masked), or the class name of anything else. Only
        arrays, tensors, lists, scalars and frames of numbers are measured further; nothing unknown is ever converted.
    shape, dtype, nbytes
        As the array itself says; ``None`` / ``""`` / 0 where it says nothing.
    low, high, mean, std
        Over the finite values; ``None`` where there are none.
    n_nan, n_inf, zeros
        How many values are NaN, infinite, exactly 0.
    distinct
        How many different values; ``None`` above 65,536 values.
    digest
        Hash of dtype, shape and bytes; equal digests mean equal content. Empty where nothing was measured.
    shared
        Whether the leaf is the very memory, whole, of the same leaf of the batch read before.
    """

    path: str
    role: Role
    kind: str
    shape: tuple[int | None, ...] | None = None
    dtype: str = ""
    nbytes: int = 0
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    std: float | None = None
    n_nan: int = 0
    n_inf: int = 0
    zeros: int = 0
    distinct: int | None = None
    digest: str = ""
    shared: bool = False

    @property
    def rows(self) -> int | None:
        """Length of the batch axis, or None where there is none."""
        return self.shape[0] if self.shape else None

    def __str__(self) -> str:
        """``y: float64 (10,)``, the form in which messages name a leaf."""
        if self.shape is None:
            return f"{self.path}: {self.kind}"
        return f"{self.path}: {self.dtype} {format_shape(self.shape)}"


@dataclass(frozen=True, slots=True)
class Batch:
    """One thing that the source yielded.

    Attributes
    ----------
    index
        Counted over the whole run in the order yielded. Where a source is indexed (``PyDataset``) item ``k`` of pass
        ``p`` is batch ``p * len(source) + k``, in whatever order fit asks.
    epoch
        Epoch of fit, or pass over the source when it was only profiled.
    structure
        Its nesting, such as ``(array, array)`` or ``({'a': array}, array)``.
    rows
        Rows of the first leaf that has a batch axis, or None.
    leaves
        In the order in which Keras flattens them.
    wait_s
        How long the source took to yield it.
    rss_bytes
        Memory of this process just after.
    """

    index: int
    epoch: int
    structure: str
    rows: int | None
    leaves: tuple[Leaf, ...]
    wait_s: float = 0.0
    rss_bytes: int = 0

    def leaf(self, path: str) -> Leaf | None:
        """Return the leaf at ``path``, or None."""
        return next((leaf for leaf in self.leaves if leaf.path == path), None)

    @property
    def digests(self) -> tuple[str, ...]:
        """Of all its leaves in order: equal ones mean equal content."""
        return tuple(leaf.digest for leaf in self.leaves)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One training step of the rehearsal: what reached ``train_step``.

    Attributes
    ----------
    epoch, step
        Where fit stood.
    batch
        Which yielded batch this is, by content, by order where contents repeat; None if nothing yielded matches.
    leaves
        Measured after everything that fit does to a batch.
    changed
        Per leaf path, how many values differ from what was yielded. Leaves that arrived untouched are absent.
    examples
        Per changed leaf path, one ``(yielded, delivered)`` pair as text.
    """

    epoch: int
    step: int
    batch: int | None
    leaves: tuple[Leaf, ...]
    changed: Mapping[str, int] = field(default_factory=lambda: NOTHING)
    examples: Mapping[str, tuple[str, str]] = field(default_factory=lambda: NOTHING)

    def leaf(self, path: str) -> Leaf | None:
        """Return the leaf at ``path``, or None."""
        return next((leaf for leaf in self.leaves if leaf.path == path), None)

    @property
    def digests(self) -> tuple[str, ...]:
        """Of all its leaves in order: equal ones mean equal content."""
        return tuple(leaf.digest for leaf in self.leaves)


def format_shape(shape: tuple[int | None, ...] | None) -> str:
    """``(10, 4)``, with None for a free axis."""
    if shape is None:
        return "no shape"
    return f"({', '.join(str(size) for size in shape)}{',' if len(shape) == 1 else ''})"
