from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gendiag.batches.signature import infer
from gendiag.records import Finding, Leaf, counted, format_shape
from gendiag.rules.edits import shapes
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.to_type import code
from gendiag.rules.rule import Edits, Rule, sound


class RankDrift(Rule):
    """The number of dimensions of a leaf changes between batches.

    What fit does
        Raises at that batch, before the first step where it is batch 1.

    Why it hurts
        It mostly comes from ``np.squeeze`` on a last batch of one sample, and so shows up at the end of an epoch.

    How to mend it
        Name the axis: ``np.squeeze(y, axis=1)``; or ``y.reshape(-1)``.

    Known limits
        Only what fit itself holds the batch to.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0; the same on 3.8.0.
    """

    name, title = "rank-drift", "The number of dimensions changes"
    batchwise = True
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        specs = infer(seen.batches)
        for path, column in seen.leaves.items():
            spec = specs.get(path)
            odd = [
                (i, leaf)
                for i, leaf in column
                if spec and leaf.rows != 0 and not spec.takes_rank(leaf) and seen.refused(i)
            ]
            if spec is not None and spec.shape is not None and odd:
                yield self._finding(seen, path, spec.shape, odd)

    def _finding(
        self, seen: Evidence, path: str, wanted: tuple[int | None, ...], odd: list[tuple[int, Leaf]]
    ) -> Finding:
        index, leaf = odd[0]
        rank, usual = len(leaf.shape or ()), len(wanted)
        scalar, keeps = " (a scalar)" if rank == 0 else "", _keeps_rows(seen, index, leaf)
        message = (
            f"{path} of {seen.place(index)} has rank {rank}, shape {format_shape(leaf.shape)}{scalar}; "
            f"batch 0 has rank {usual}, {format_shape(wanted)}. {_hint(rank, usual, keeps_rows=keeps)}"
        )
        fix = _fix(seen, path, rank, wanted)
        batches = [i for i, _ in odd]
        return self.finding("error", message, fix=fix, batches=batches, leaf=path, rank=rank, usual=usual)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        place = at(seen, finding)
        leaf = place.leaves.get(finding.leaf or "")
        if leaf is not None:
            yield shapes.like_rows(place, leaf.path, leaf.shape or ())

    def broken(self) -> Iterator[Any]:
        for x, y in [*sound(4), *((x[:1], y[:1]) for x, y in sound(1))]:
            yield x, y.squeeze()

    def mended(self) -> Iterator[Any]:
        for x, y in [*sound(4), *((x[:1], y[:1]) for x, y in sound(1))]:
            yield x, y.squeeze(axis=1)


def _fix(seen: Evidence, path: str, rank: int, wanted: tuple[int | None, ...]) -> str:
    if rank > len(wanted):
        squeeze = code(seen.source, f"np.squeeze({path}, axis=...)", f"tf.squeeze({path}, axis=...)")
        return f"Give {path} {counted(len(wanted), 'axis', 'axes')} in every batch: take the other out, {squeeze}."
    sizes = ", ".join(["-1", *(str(size) for size in wanted[1:])])
    reshape = code(seen.source, f"{path}.reshape({sizes})", f"tf.reshape({path}, [{sizes}])")
    if None in wanted[1:]:
        reshape = "as batch 0 has it"
    return f"Name the axis when you squeeze, `np.squeeze({path}, axis=1)`, or give {path} its shape back: {reshape}."


def _hint(rank: int, usual: int, *, keeps_rows: bool) -> str:
    if rank > usual:
        return "It has an axis too many."
    if keeps_rows:
        return "The batch axis is there, an axis behind it is gone, as np.squeeze or a flattening does."
    return "The batch axis is gone, as np.squeeze does to a batch of one sample."


def _keeps_rows(seen: Evidence, index: int, leaf: Leaf) -> bool:
    """Whether the other leaves of the batch have as many rows as this one."""
    others = [
        other.rows
        for batch in seen.batches
        if batch.index == index
        for other in batch.leaves
        if other.path != leaf.path and other.rows is not None
    ]
    return bool(others) and leaf.rows is not None and all(rows == leaf.rows for rows in others)
