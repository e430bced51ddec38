"""Samples by content: which were trained on, and which were evaluated on."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

import numpy as np

from gendiag.batches.samples import count_rows, take
from gendiag.batches.tree import flatten
from gendiag.batches.values import Array, as_array, digest
from gendiag.records import Delivery
from gendiag.rehearsal.profile import Profile
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import held

MOST_ROWS = 20_000  # samples compared
MOST_BYTES = 2**30
FRACTIONS, LOOKED_AT = 3, 8  # different values that are no whole numbers, in the first few samples
PARTS = ("x", "y", "sample_weight")
MOST_PASSES = 8
Samples = Counter[bytes]
Passes: TypeAlias = dict[int, list[tuple[bytes, int]]]  # by epoch: content of each sample, and its batch


def trained(seen: Evidence) -> Samples:
    """Samples of the first training pass, x and y; empty where their content is not known."""
    source = seen.source
    if source.is_sliced:
        share = seen.fit_args.get("validation_split") or 0
        rows = count_rows(source.value) or 0
        return of_batch(source.value, rows - _split_off(rows, share))
    return _of_steps(seen.profile, next((steps for steps in seen.by_epoch if steps), ()))


def evaluated(seen: Evidence) -> Samples:
    """Samples of the first evaluation."""
    given = seen.fit_args.get("validation_data")
    if seen.validation_source is not None:
        steps = next((steps for steps in seen.validation_by_epoch if steps), ())
        return _of_steps(seen.validation, steps)
    if given is not None:
        return of_batch(tuple(given) if isinstance(given, (tuple, list)) else given)
    share = seen.fit_args.get("validation_split") or 0
    rows = count_rows(seen.source.value) or 0 if seen.source.is_sliced else 0
    count = _split_off(rows, share)
    return of_batch(take(seen.source.value, range(rows - count, rows))) if count else Counter()


def of_batch(raw: Any, most: int | None = None) -> Samples:
    """Content of each sample of a batch, as the floats that fit makes of it; empty where it cannot be cut."""
    return Counter(contents(raw, most))


def contents(raw: Any, most: int | None = None) -> Iterator[bytes]:
    """Give the same in the order of the samples."""
    parts = [part for part in flatten(raw) if part.role in {"x", "y"} and part.value is not None]
    arrays = [as_array(part.value) for part in parts]
    if not parts or any(a is None or not a.ndim or a.dtype.kind not in "biuf" for a in arrays):
        return iter(())
    rows = {len(a) for a in arrays if a is not None}
    if len(rows) != 1 or sum(a.nbytes for a in arrays if a is not None) > MOST_BYTES:
        return iter(())
    count = min(rows.pop() if most is None else most, MOST_ROWS)
    return _contents([_as_floats(a[:count]) for a in arrays if a is not None])


def passes_of(seen: Evidence) -> Passes:
    """Give the samples of each epoch with their batches, in the order of training, as far as all of them are held.

    So the first epoch of an indexed source is left out where fit peeked at other items than it trained on.
    """
    found: Passes = {}
    for number, steps in enumerate(seen.by_epoch[:MOST_PASSES]):
        if rows := _in_order(seen, steps):
            found[number] = rows
    return found


def _in_order(seen: Evidence, steps: Iterable[Delivery]) -> list[tuple[bytes, int]]:
    found: list[tuple[bytes, int]] = []
    for step in steps:
        if step.batch is None or not held(seen, step.batch) or len(found) > MOST_ROWS:
            return []
        rows = list(contents(seen.profile.raw(step.batch)))
        if not rows:
            return []
        found += [(key, step.batch) for key in rows]
    return found


def is_rich(seen: Evidence) -> bool:
    """Whether two samples can hardly be alike by chance: several different fractions in the x of each."""
    held = seen.source.value if seen.source.is_sliced else None
    if held is None:
        index = next((batch.index for batch in seen.batches if batch.index in seen.profile.store), None)
        held = None if index is None else seen.profile.raw(index)
    arrays = [] if held is None else [as_array(part.value) for part in flatten(held) if part.role == "x"]
    floats = [a for a in arrays if a is not None and a.dtype.kind == "f" and a.ndim > 1 and len(a)]
    return any(all(_fractions(row) >= FRACTIONS for row in each[:LOOKED_AT]) for each in floats)


def _fractions(row: Array) -> int:
    values = row.reshape(-1)
    return len(np.unique(values[np.isfinite(values) & (values % 1 != 0)]))


def _of_steps(profile: Profile, steps: Iterable[Delivery]) -> Samples:
    found: Samples = Counter()
    met: set[str] = set()
    for step in steps:
        if step.batch is None or step.batch not in profile.store:
            continue
        raw = profile.raw(step.batch)
        key = "".join(digest(part.value) for part in flatten(raw))
        if key in met:  # a pass begins again
            continue
        met.add(key)
        found += of_batch(raw)
        if found.total() >= MOST_ROWS:
            break
    return found


def _as_floats(array: Array) -> Array:
    """One form for what fit makes the same of: a pass in float64 and one in float32 are the same samples."""
    return np.ascontiguousarray(array.reshape(len(array), math.prod(array.shape[1:])).astype(np.float32))


def _contents(arrays: list[Array]) -> Iterator[bytes]:
    for rows in zip(*arrays, strict=True):
        yield digest(np.concatenate(rows)).encode()


def _split_off(rows: int, share: float) -> int:
    return rows - math.floor(rows * (1.0 - share)) if 0 < share < 1 else 0  # keras 3.15.1, array_slicing.py
