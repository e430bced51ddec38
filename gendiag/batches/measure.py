"""Raw batch -> Batch: what each leaf is and holds."""

from __future__ import annotations

import os

import numpy as np
import psutil

from gendiag.batches.statistics import ends, figures
from gendiag.batches.tree import Part, flatten, structure
from gendiag.batches.values import MASKED, as_array, digest, kind_of, shape_of
from gendiag.records import Batch, Leaf

_PROCESS = psutil.Process(os.getpid())


def measure(  # noqa: PLR0913  (keyword-only options)
    raw: object, *, index: int, epoch: int, wait_s: float = 0.0, before: object = None, full: bool = True
) -> Batch:
    """Measure one raw batch.

    Parameters
    ----------
    raw
        What the source yielded.
    index, epoch
        Where it belongs.
    wait_s
        How long the source took.
    before
        The raw batch before, still alive, to tell whether both use the same memory.
    full
        Whether to take all figures, or the range, NaN, infinities and the digest alone.
    """
    earlier = {part.path: part.value for part in flatten(before)} if before is not None else {}
    leaves = tuple(measure_leaf(part, earlier.get(part.path), full=full) for part in flatten(raw))
    rows = next((leaf.rows for leaf in leaves if leaf.rows is not None), None)
    return Batch(index, epoch, structure(raw), rows, leaves, wait_s, resident())


def resident() -> int:
    """Memory of this process, in bytes."""
    return int(_PROCESS.memory_info().rss)


def measure_leaf(part: Part, before: object = None, *, full: bool = True) -> Leaf:
    """Measure one leaf; ``before`` is the same leaf of the batch before."""
    path, role, value = part
    kind = kind_of(value)
    array = as_array(value)
    if array is None:
        dtype = getattr(value, "dtype", "")
        return Leaf(path, role, kind, shape_of(value), str(getattr(dtype, "name", dtype)))
    shape = shape_of(value) if kind == "sparse" else array.shape
    if np.ma.is_masked(value):
        kind = MASKED
    dtype = array.dtype.name
    if kind == "tensor" and dtype == "object":  # text, which NumPy has no type for
        dtype = str(getattr(value.dtype, "name", dtype))
    return Leaf(
        path, role, kind, shape, dtype, array.nbytes, **(figures if full else ends)(array),
        digest=digest(value), shared=same_memory(value, before),
    )  # fmt: skip


def nbytes(batch: Batch) -> int:
    """Bytes of all leaves."""
    return sum(leaf.nbytes for leaf in batch.leaves)


def same_memory(value: object, before: object) -> bool:
    """Whether both are views of the very same bytes: windows that overlap are not, and neither is written over."""
    if not isinstance(value, np.ndarray) or not isinstance(before, np.ndarray) or not value.size:
        return False
    if value is before or (value.base is None and before.base is None):  # what owns its memory shares it with nobody
        return value is before
    one, other = value.__array_interface__, before.__array_interface__
    return all(one[key] == other[key] for key in ("data", "shape", "strides", "typestr"))
