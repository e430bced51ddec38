from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any

from gendiag.batches.values import digest
from gendiag.records import Batch, Finding, counted, listed
from gendiag.rules.evidence.callbacks import reached
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import first_pass
from gendiag.rules.rule import Rule, sound
from gendiag.sources.dataset_chain import chain

LEAST_BATCHES = 3
LEAST_DISTINCT = 4  # values of an input with fewer may repeat by chance
LEAST_ROWS = 2
MANY = 0.25  # of the batches of a pass
LEAST_REPEATS = 2
LETS_BE = ("repeat", "prefetch", "options", "cache")  # steps of a dataset that leave its one element as it is


class DuplicateBatches(Rule):
    """One pass over the data yields the same batch again and again.

    What fit does
        Trains on every one of them; it keeps no account of what it was given.

    Why it hurts
        The model learns a part of the data by heart and never sees the rest, while every step looks normal.

    How to mend it
        Let the position move on: set the index to 0 before ``while True``, not inside of it; use the index that
        ``__getitem__`` is given.

    Known limits
        Compared are the inputs, exactly. Epochs that repeat the same batches are normal, and so is a generator that
        begins its data again within an epoch: only batches equal to the one just before count there.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "duplicate-batches", "The same batch comes again within one pass"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        batches = [batch for batch in first_pass(seen) if _is_telling(batch)]
        if len(batches) < LEAST_BATCHES or any(leaf.role == "sample_weight" for leaf in batches[0].leaves):
            return
        inputs = [_inputs(batch) for batch in batches]
        alike = _all_one(batches, inputs)
        if alike and _is_all_data(seen):
            return
        repeated = alike or _repeats(seen, batches, inputs)
        if repeated:
            yield self._finding(seen, batches, repeated)
        elif (last := _wraps(seen, batches)) is not None:
            yield self._wrapped(last)

    def _finding(self, seen: Evidence, batches: list[Batch], repeated: dict[int, int]) -> Finding:
        first, original = next(iter(repeated.items()))
        whole = self._equal_targets(batches, first, original)
        alike = "x and y" if whole else "x (y moves on)"
        if len(repeated) == len(batches) - 1 and len(set(repeated.values())) == 1:
            message = (
                f"All {len(batches)} batches of the first pass are identical in {alike}: every one repeats batch "
                f"{original}, so {'the source' if whole else 'x'} never moves past its first "
                f"{counted(batches[0].rows or 0, 'sample')}."
            )
        else:
            message = (
                f"{listed(repeated).capitalize()} of {len(batches)} in the first pass repeat an earlier batch "
                f"(batch {first} is identical to batch {original} in {alike})."
            )
        return self.finding("warning", message, fix=_fix(seen), batches=repeated, leaf="x", repeated=len(repeated))

    def _wrapped(self, last: int) -> Finding:
        message = (
            f"Items 0 and {last} of {last + 1}, the first and the last one, are identical in x and y: likely an index "
            f"below 0 counts from the end, or `__len__` is one too many, so this batch is trained on twice in a pass."
        )
        fix = "Let item `index` be `slice(index * size, (index + 1) * size)`, and `__len__` `math.ceil(len(x) / size)`."
        return self.finding("warning", message, fix=fix, batches=[last], leaf="x", repeated=1)

    @staticmethod
    def _equal_targets(batches: list[Batch], first: int, original: int) -> bool:
        by_index = {batch.index: batch.digests for batch in batches}
        return by_index[first] == by_index[original]

    def broken(self) -> Iterator[Any]:
        yield from islice(cycle(sound(1)), 6)

    def mended(self) -> Iterator[Any]:
        return sound()


def _fix(seen: Evidence) -> str:
    if seen.source.is_indexed:
        return "Make the batch from the index that `__getitem__(self, index)` is given."
    if seen.source.is_graph or seen.source.is_sliced:
        return "Look at what makes the samples: the same ones are given again where the position should move on."
    return "Let the position move on: set the index to 0 before `while True:`, not inside of it."


def _inputs(batch: Batch) -> tuple[str, ...]:
    return tuple(leaf.digest for leaf in batch.leaves if leaf.role == "x")


def _is_all_data(seen: Evidence) -> bool:
    """Whether one batch is all that the source reads: a dataset of one element, or arrays yielded as they are."""
    if seen.source.is_graph:
        return [step.name for step in chain(seen.source.value) if step.name not in LETS_BE] == ["tensor"]
    function = seen.source.maker if hasattr(seen.source.maker, "__code__") else None
    frame = getattr(seen.source.value, "gi_frame", None)
    named = [*(reached(function) if function is not None else ()), *(frame.f_locals.values() if frame else ())]
    known = [value for value in named if hasattr(value, "shape")]
    first = seen.batches[0].leaves
    return (
        bool(known)
        and {leaf.digest for leaf in first} <= {digest(value) for value in known}
        and all(len(value) == seen.batches[0].rows for value in known if len(value.shape))
    )


def _is_telling(batch: Batch) -> bool:
    """Whether the inputs were measured, and hold enough for chance not to make them equal."""
    inputs = [leaf for leaf in batch.leaves if leaf.role == "x"]
    distinct = [leaf.distinct for leaf in inputs if leaf.low != leaf.high]
    return all(leaf.digest for leaf in inputs) and any(d is None or d >= LEAST_DISTINCT for d in distinct)


def _all_one(batches: list[Batch], inputs: list[tuple[str, ...]]) -> dict[int, int]:
    same = len(set(inputs)) == 1
    return {batch.index: batches[0].index for batch in batches[1:]} if same else {}


def _repeats(seen: Evidence, batches: list[Batch], inputs: list[tuple[str, ...]]) -> dict[int, int]:
    """Return which batch repeats which: the one just before, or for an indexed source any one of the pass."""
    first: dict[tuple[str, ...], int] = {}
    repeated = {}
    for place, (batch, key) in enumerate(zip(batches, inputs, strict=True)):
        just_before = place > 0 and inputs[place - 1] == key
        if key in first and (just_before or seen.source.is_indexed) and (batch.rows or 0) >= LEAST_ROWS:
            repeated[batch.index] = first[key]
        first.setdefault(key, batch.index)
    many = len(repeated) >= max(LEAST_REPEATS, MANY * len(batches))
    is_cycle = _is_cycle(inputs)
    return repeated if many and not is_cycle else {}


def _wraps(seen: Evidence, batches: list[Batch]) -> int | None:
    """Return the last item of an indexed source, where it is the first one again and no other repeats."""
    length = seen.source.length
    if not seen.source.is_indexed or not length or [batch.index for batch in batches] != list(range(length)):
        return None
    contents = [batch.digests for batch in batches]
    only = len(set(contents)) == length - 1 and (batches[0].rows or 0) >= LEAST_ROWS
    return length - 1 if only and contents[0] == contents[-1] and all(contents[0]) else None


def _is_cycle(inputs: list[tuple[str, ...]]) -> bool:
    """Whether the data simply begin again: every batch comes equally often, in one order."""
    period = len(set(inputs))
    counts = set(Counter(inputs).values())
    whole = all(key == inputs[place % period] for place, key in enumerate(inputs))
    return whole and max(counts) - min(counts) <= 1
