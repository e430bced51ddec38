"""The light measurement of the commonest batch, a tuple of plain arrays, at a fifth of the price of the general one.

The records are equal to those of ``measure(full=False)``; a test holds it to that.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import xxhash

from gendiag.figures import ends
from gendiag.records import Batch, Leaf
from gendiag.tree import ROLES
from gendiag.values import Array

Memory = tuple[Any, ...]


def is_plain(raw: object) -> bool:
    """Whether ``quick`` takes this batch."""
    return (
        type(raw) is tuple
        and 0 < len(raw) <= len(ROLES)
        and all(type(leaf) is np.ndarray and leaf.dtype.kind in "iufb" and leaf.ndim and leaf.size for leaf in raw)
    )


class Later(NamedTuple):
    """What must be known of a batch to measure it later, beside its copy.

    ``before`` and ``memory`` say where the arrays of the batch before and its own stood.
    """

    number: int
    place: int
    epoch: int
    wait_s: float
    rss_bytes: int
    before: tuple[Memory, ...]
    memory: tuple[Memory, ...]


def quick(raw: tuple[Array, ...], later: Later) -> Batch:
    """Measure a batch, or a copy of it."""
    leaves = tuple(
        _leaf(role, leaf, shared=place < len(later.before) and later.memory[place] == later.before[place])
        for place, (role, leaf) in enumerate(zip(ROLES, raw, strict=False))
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


def memory(array: Array) -> Memory:
    """Where an array stands, and how it is laid out."""
    told = array.__array_interface__
    return told["data"], array.shape, array.strides, array.dtype


@lru_cache(maxsize=64)
def name_of(dtype: np.dtype[Any]) -> str:
    """The name of a dtype, which NumPy makes anew each time."""
    return str(dtype.name)


@lru_cache(maxsize=8)
def _structure(count: int) -> str:
    return "(array,)" if count == 1 else f"({', '.join(['array'] * count)})"
