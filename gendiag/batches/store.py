"""Copies of raw batches, bounded in bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from gendiag.batches.signature import PEEKED
from gendiag.errors import NotKeptError
from gendiag.records.ranges import ranges

MIB = 2**20


class Store:
    """Raw batches by index: pinned ones stay, of the others the newest.

    Parameters
    ----------
    keep_bytes
        Most bytes held, pinned ones included. A batch that does not fit is not held at all.
    dropping
        Called with each batch that makes room for a newer one.
    """

    def __init__(
        self, keep_bytes: int = 256 * MIB, dropping: Callable[[int, Any], None] = lambda _i, _raw: None
    ) -> None:
        self.keep_bytes, self._dropping = keep_bytes, dropping
        self._pinned: dict[int, tuple[Any, int]] = {}
        self._newest: OrderedDict[int, tuple[Any, int]] = OrderedDict()
        self._nbytes = 0
        self._seen: set[int] = set()

    @property
    def nbytes(self) -> int:
        """Bytes held now."""
        return self._nbytes

    @property
    def pinned_nbytes(self) -> int:
        """Bytes held of the first two batches, and of those that were pinned."""
        return sum(nbytes for _, nbytes in self._pinned.values())

    def put(self, index: int, raw: Any, nbytes: int, *, pin: bool = False) -> None:
        """Hold ``raw`` (already a copy) under ``index``, in place of what was there; the oldest unpinned make room."""
        self._seen.add(index)
        self._drop(index)
        if nbytes > self.keep_bytes:
            return
        if pin or index < PEEKED:  # every trial needs these
            self._make_room(nbytes)
            if self._nbytes + nbytes <= self.keep_bytes:
                self._pinned[index] = (raw, nbytes)
                self._nbytes += nbytes
            return
        self._newest[index] = (raw, nbytes)
        self._nbytes += nbytes
        self._make_room(0)

    def _drop(self, index: int) -> None:
        for held in (self._pinned, self._newest):
            _, freed = held.pop(index, (None, 0))
            self._nbytes -= freed

    def pin(self, index: int) -> None:
        """Keep the batch, if it is still held, whatever comes after."""
        if index in self._newest:
            self._pinned[index] = self._newest.pop(index)

    def get(self, index: int) -> Any:
        """Return the batch held under ``index``.

        Raises
        ------
        NotKeptError
            If it is not held.
        """
        for held in (self._pinned, self._newest):
            if index in held:
                return held[index][0]
        raise NotKeptError(self._why_not(index))

    def peeked(self) -> list[Any]:
        """Return those batches that fit makes its signature from, as far as they are held."""
        return [self.get(index) for index in range(PEEKED) if index in self]

    def __contains__(self, index: int) -> bool:
        return index in self._pinned or index in self._newest

    def __iter__(self) -> Iterator[int]:
        return iter(sorted([*self._pinned, *self._newest]))

    def _make_room(self, nbytes: int) -> None:
        while self._newest and self._nbytes + nbytes > self.keep_bytes:
            index, (raw, freed) = self._newest.popitem(last=False)
            self._nbytes -= freed
            self._dropping(index, raw)

    def _why_not(self, index: int) -> str:
        shown = ranges(self, len(self._seen)) or "none"
        if index not in self._seen:
            return f"batch {index} was never read; {len(self._seen)} batches were. Held are {shown}."
        return (
            f"batch {index} was read but is not held: the store keeps at most {self.keep_bytes / MIB:.0f} MiB "
            f"(held are {shown}). Pass a larger keep_bytes=."
        )
