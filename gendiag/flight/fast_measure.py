"""The light measurement of the commonest batch, a tuple of plain arrays, at a fifth of the price of the general one.

The records are equal to those of ``measure(full=False)``; a test holds it to that.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import zip_longest
from typing import Any, NamedTuple, TypeGuard

import numpy as np
import xxhash

from gendiag.batches.measure import same_memory
from gendiag.batches.statistics import ends
from gendiag.batches.tree import ROLES
from gendiag.batches.values import Array
from gendiag.records import Batch, Leaf


def is_plain(raw: object) -> TypeGuard[tuple[Array, ...]]:
    """Whether ``quick`` takes this batch."""
    return (
        type(raw) is tuple
        and 0 < len(raw) <= len(ROLES)
        and all(type(leaf) is np.ndarray and leaf.dtype.kind in "iufb" and leaf.ndim and leaf.size for leaf in raw)
    )


class Later(NamedTuple):
    """What must be known of a batch to measure it later, beside its copy.

    ``shared`` says of each array whether it stood in the memory of the one before.
    """

    number: int
    place: int
    epoch: int
    wait_s: float
    rss_bytes: int
    shared: tuple[bool, ...]


def quick(raw: tuple[Array, ...], later: Later) -> Batch:
    """Measure a batch, or a copy of it."""
    leaves = tuple(
        _leaf(role, leaf, shared=shared) for role, leaf, shared in zip(ROLES, raw, later.shared, strict=False)
    )
    structure = _structure(len(raw))
    return Batch(later.number, later.epoch, structure, raw[0].shape[0], leaves, later.wait_s, later.rss_bytes)


def _leaf(role: Any, array: Array, *, shared: bool) -> Leaf:
    name, prefix = _told(array.dtype, array.shape)
    return Leaf(
        role, role, "array", array.shape, name, array.nbytes, **ends(array), digest=_digest(array, prefix),
        shared=shared,
    )  # fmt: skip


def _digest(array: Array, prefix: bytes) -> str:
    hasher = xxhash.xxh3_128(prefix)
    hasher.update(array.data if array.flags.c_contiguous else np.ascontiguousarray(array).data)
    return hasher.hexdigest()


@lru_cache(maxsize=256)
def _told(dtype: np.dtype[Any], shape: tuple[int, ...]) -> tuple[str, bytes]:
    return dtype.name, f"{dtype.name}{shape}".encode()


def shared(raw: tuple[Array, ...], before: object) -> tuple[bool, ...]:
    """Say of each array of a batch whether it stands in the memory of its counterpart, which is still alive."""
    others = before if type(before) is tuple else ()
    return tuple(same_memory(leaf, other) for leaf, other in zip_longest(raw, others[: len(raw)]))


@lru_cache(maxsize=64)
def name_of(dtype: np.dtype[Any]) -> str:
    """The name of a dtype, which NumPy makes anew each time."""
    return str(dtype.name)


@lru_cache(maxsize=8)
def _structure(count: int) -> str:
    return "(array,)" if count == 1 else f"({', '.join(['array'] * count)})"
