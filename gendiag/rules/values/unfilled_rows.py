from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from gendiag.batches.values import Array
from gendiag.model.facts import ONE_HOT
from gendiag.records import Batch, Finding, counted, listed
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import held
from gendiag.rules.rule import BAD, Rule, sound

LEAST_BATCHES = 3
FEW = 0.34  # of the batches: one in each pass
LEAST_ROWS = 2
BY_CHANCE, RARE = 1e-6, 1e-3
HUGE, NOTHING = 1e8, 1e-30  # times the usual row; below, no number that was measured or computed
LEAST_BITS = 40.0  # of one row, for two to be equal by something else than chance

Tail = Callable[[Mapping[str, Array], Mapping[str, Array]], int]


class UnfilledRows(Rule):
    """A batch was allocated at full size and its last rows were never written.

    What fit does
        Trains on every row: rows of zeros, or those left over from the batch before, are samples like any other.

    Why it hurts
        The model learns that nothing means class 0, or is shown some samples twice with each pass.

    How to mend it
        Yield only what was written: ``yield x[:n], y[:n]``. fit takes a shorter last batch.

    Known limits
        Only where such a tail is in a few batches and in no other. Rows of ``np.empty`` hold whatever was in memory:
        they are known by numbers millions of times as large, or as small, as those of all other rows. Zeros in x alone
        are told of at the end of a pass. Padded rows with sample_weight 0 are sound and left out; so are rows of
        zeros where a class is marked in each row, as they add 0 to the loss.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "unfilled-rows", "The last rows of a batch were never written"
    consequence_of = ("buffer-reuse",)

    def check(self, seen: Evidence) -> Iterator[Finding]:
        if len(seen.batches) >= LEAST_BATCHES:
            told = [
                *self._with(seen, _zero_tail, "are all zeros in x and y"),
                *self._with(seen, _stale_tail, "repeat the same rows of the batch before"),
                *self._with(seen, _foreign_tail, "hold numbers of quite another size than all rows before"),
            ]
            yield from told or self._with(seen, _blank_tail, "are all zeros in x")

    def _with(self, seen: Evidence, tail: Tail, what: str) -> Iterator[Finding]:
        ends = {delivery.batch for epoch in seen.by_epoch for delivery in epoch[-1:]} | {seen.batches[-1].index}
        tails = {i: count for i, count in _tails(seen, tail) if count >= LEAST_ROWS or i in ends}
        if not tails or len(tails) > FEW * len(seen.batches):
            return
        if tail is _blank_tail and not (set(tails) <= ends and _is_rare(seen, tails, "x")):
            return
        if tail is _zero_tail and not (_is_rare(seen, tails, "x", "y") and _counts(seen)):
            return
        if tail is _stale_tail and _is_chance(seen, *next(iter(tails.items()))):
            return
        index, count = next(iter(tails.items()))
        rows = next(batch.rows or 0 for batch in seen.batches if batch.index == index)
        more = f" (and so in {listed(list(tails)[1:])})" if len(tails) > 1 else ""
        message = (
            f"In {seen.place(index)} the last {counted(count, 'row')} of {rows} {what}{more}, as in no other batch: "
            "likely an array of full size that was not filled to its end."
        )
        word = "return" if seen.source.is_indexed else "yield"
        fix = f"Give only the rows that were written, `{word} x[:n], y[:n]` (here n = {rows - count})."
        if seen.source.is_graph or seen.source.is_sliced:
            fix = "Look at how the samples are collected, and keep only the rows that were written."
        yield self.finding("warning", message, fix=fix, batches=tails, leaf="x", rows=count)

    def broken(self) -> Iterator[Any]:
        for step, (x, y) in enumerate(sound(4)):
            if step == BAD:
                x[2:], y[2:] = 0, 0
            yield x, y

    def mended(self) -> Iterator[Any]:
        return ((x[:2], y[:2]) if step == BAD else (x, y) for step, (x, y) in enumerate(sound(4)))


def _tails(seen: Evidence, tail: Tail) -> Iterator[tuple[int, int]]:
    """Yield every held batch with such a tail, and its number of rows."""
    before: Mapping[str, Array] = {}
    for batch in seen.batches:
        arrays = _samples(batch, held(seen, batch.index))
        if arrays and 0 < (count := tail(arrays, before)) < (batch.rows or 0):
            yield batch.index, count
        before = arrays


def _samples(batch: Batch, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """X and y, where both are there and of one length; nothing where the last row has the weight 0."""
    roles = {leaf.path: leaf.role for leaf in batch.leaves}
    weights = [array for path, array in arrays.items() if roles.get(path) == "sample_weight"]
    found = {path: array for path, array in arrays.items() if roles.get(path) in {"x", "y"}}
    whole = {"x", "y"} == {roles[path] for path in found} and (batch.rows or 0) >= LEAST_ROWS
    same = all(array.size and len(array) == batch.rows and array.dtype.kind in "biuf" for array in found.values())
    unweighted = any(array.size and array.shape[:1] == (batch.rows,) and not array[-1].any() for array in weights)
    return found if whole and same and not unweighted else {}


def _zero_tail(arrays: Mapping[str, Array], _before: Mapping[str, Array]) -> int:
    if any(array[-1].any() for array in arrays.values()):
        return 0
    count = min(_trailing(array.reshape(len(array), -1) == 0) for array in arrays.values())
    filled = [array[: array.shape[0] - count] for array in arrays.values()]
    return count if any(_chance_of_zeros(part, count) < BY_CHANCE for part in filled) else 0


def _stale_tail(arrays: Mapping[str, Array], before: Mapping[str, Array]) -> int:
    if arrays.keys() != before.keys():
        return 0
    pairs = [(array, before[path]) for path, array in arrays.items()]
    if any(a.shape != b.shape or not np.array_equal(a[-1], b[-1]) for a, b in pairs):
        return 0
    if not any(_bits(a) >= LEAST_BITS for a, _ in pairs):
        return 0
    return min(_trailing((a == b).reshape(len(a), -1)) for a, b in pairs)


def _foreign_tail(arrays: Mapping[str, Array], _before: Mapping[str, Array]) -> int:
    """Rows of memory that was never written: its numbers are huge or next to nothing beside the other rows."""
    return max(_foreign(array) for array in arrays.values())


def _foreign(array: Array) -> int:
    if array.dtype.kind != "f":
        return 0
    sizes = np.abs(array.reshape(len(array), -1).astype(np.float64))
    largest = sizes.max(axis=1)
    odd = ((largest > 0) & (largest < NOTHING)) | (largest > HUGE * max(1.0, float(np.median(largest))))
    count = _trailing(odd[:, None])
    return count if count and not odd[: len(odd) - count].any() else 0


def _blank_tail(arrays: Mapping[str, Array], before: Mapping[str, Array]) -> int:
    """Rows of zeros in every input, where y is not all zeros too."""
    if _zero_tail(arrays, before):
        return 0
    inputs = [array for path, array in arrays.items() if path.startswith("x")]
    count = min(_trailing(array.reshape(len(array), -1) == 0) for array in inputs)
    filled = [array[: array.shape[0] - count] for array in inputs]
    return count if count and any(_chance_of_zeros(part, count) < BY_CHANCE for part in filled) else 0


def _is_rare(seen: Evidence, tails: Mapping[int, int], *roles: str) -> bool:
    """Whether no other row is all zeros in the leaves of these roles."""
    inputs = [leaf.path for leaf in seen.batches[0].leaves if leaf.role in roles]
    blank = 0
    for batch in seen.batches:
        arrays = [array for path, array in held(seen, batch.index).items() if path in inputs and len(array)]
        rows: list[Any] = [array.reshape(len(array), -1).any(axis=1) for array in arrays]
        blank += int((~np.any(rows, axis=0)).sum()) if rows and len({len(each) for each in rows}) == 1 else 0
    return blank == sum(tails.values())


def _counts(seen: Evidence) -> bool:
    """Whether a target of zeros adds to the loss; it is padding without a cost where rows mark classes."""
    losses = [output.loss for _, leaf, output in seen.scored() if len(leaf.shape or ()) > 1]
    return not losses or any(loss is None or loss.key not in ONE_HOT for loss in losses)


def _chance_of_zeros(filled: Array, count: int) -> float:
    """How likely the tail is 0 by chance, from the share of zeros in the rows before it."""
    if not filled.size:
        return 1.0
    share = 1 - int(np.count_nonzero(filled)) / filled.size
    if filled.dtype.kind != "f":
        share = max(share, 1 / filled.size)
    return math.pow(share, count * filled[0].size)


def _is_chance(seen: Evidence, index: int, count: int) -> bool:
    """Whether samples drawn anew for each batch may repeat like this, to judge by the rows up to this batch."""
    batches = [batch.index for batch in seen.batches if batch.index <= index]
    inputs = [leaf.path for leaf in seen.batches[0].leaves if leaf.role == "x"]
    rows = [row.tobytes() for i in batches for row in held(seen, i).get(inputs[0] if inputs else "", ())]
    repeated = len(rows) - len(set(rows)) - count
    return not rows or repeated > 0 or len(batches) * (2 / len(rows) ** 2) ** count > RARE


def _bits(array: Array) -> float:
    """How much one row tells: many for real numbers, the log of the number of values for whole ones."""
    row = array[-1]
    if array.dtype.kind == "f" and (row != np.floor(row)).any():
        return LEAST_BITS
    return float(row.size * np.log2(len(np.unique(array))))


def _trailing(equal: Array) -> int:
    """Return how many rows at the end are equal throughout."""
    whole = np.all(equal, axis=1)
    return int(whole.size if whole.all() else np.argmin(whole[::-1]))
