"""What the panels show: of a whole diagnosis one value per batch read, as arrays; NaN where nothing was measured."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import takewhile
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np

from gendiag.views.kept import kept

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.records import Batch, Leaf, ModelRun

SAMPLED = 2000  # batches looked at to say which leaves there are
STANDS_OUT, FEW = 4, 2  # times what is usual; among so few batches nothing is


@kept
def leaves(diagnosis: Diagnosis) -> list[str]:
    """Paths of the measured leaves, in the order in which batches name them."""
    read = diagnosis.profile.batches[:SAMPLED]
    return list(dict.fromkeys(leaf.path for batch in read for leaf in batch.leaves if leaf.shape is not None))


def main_leaf(diagnosis: Diagnosis) -> str | None:
    """Return the leaf that the first finding is about, else the first of all."""
    known = leaves(diagnosis)
    told = next((f.leaf for f in diagnosis.findings if f.leaf in known and not f.in_validation), None)
    return told or next(iter(known), None)


@kept
def varying_leaf(diagnosis: Diagnosis) -> str | None:
    """Return the first leaf whose size differs between batches behind the batch axis, or None."""
    return next((path for path in leaves(diagnosis) if sizes(diagnosis, path)), None)


@kept
def jumping_leaf(diagnosis: Diagnosis) -> str | None:
    """Return the first leaf that holds values far beyond what is usual in its batches, the main one before others."""
    paths = dict.fromkeys([main_leaf(diagnosis), *leaves(diagnosis)])
    return next((path for path in paths if _jumps(diagnosis, path)), None)


def _jumps(diagnosis: Diagnosis, path: str | None) -> bool:
    extent = np.maximum(*(np.abs(figure(diagnosis, path, name)) for name in ("low", "high")))
    known = extent[np.isfinite(extent)]
    return bool(len(known) > FEW and known.max() > STANDS_OUT * np.median(known))


def telling_leaf(diagnosis: Diagnosis) -> str | None:
    """Return the leaf whose values are worth seeing: one that jumps, else the main one."""
    return jumping_leaf(diagnosis) or main_leaf(diagnosis)


@kept
def rows(diagnosis: Diagnosis, path: str | None = None) -> NDArray[np.float64]:
    """Rows of each batch, or of one of its leaves."""
    if path is not None:
        return figure(diagnosis, path, "rows")
    return _floats(map(attrgetter("rows"), diagnosis.profile.batches))


@kept
def figure(diagnosis: Diagnosis, path: str | None, name: str) -> NDArray[np.float64]:
    """One figure of a leaf, called as in its record."""
    found = _at(diagnosis, path)
    values = _floats(None if leaf is None else getattr(leaf, name) for leaf in found)
    return np.where(np.isfinite(values), values, np.nan)  # an extended double may be beyond a double


@kept
def waits(diagnosis: Diagnosis) -> NDArray[np.float64]:
    """Seconds until the source yielded each batch."""
    return _floats(map(attrgetter("wait_s"), diagnosis.profile.batches))


@kept
def not_finite(diagnosis: Diagnosis) -> NDArray[np.float64]:
    """How many values of each batch are NaN or infinite."""
    return _floats(sum([leaf.n_nan + leaf.n_inf for leaf in batch.leaves]) for batch in diagnosis.profile.batches)


@kept
def memory(diagnosis: Diagnosis) -> NDArray[np.float64]:
    """Bytes of the process after each batch."""
    found = _floats(map(attrgetter("rss_bytes"), diagnosis.profile.batches))
    return np.where(found > 0, found, np.nan)


@kept
def epochs(diagnosis: Diagnosis) -> NDArray[np.int64]:
    """In which epoch each batch was read."""
    return np.array([batch.epoch for batch in diagnosis.profile.batches], dtype=np.int64)


@kept
def sizes(diagnosis: Diagnosis, path: str | None) -> list[tuple[int, NDArray[np.float64]]]:
    """The axes behind the batch axis in which the leaf varies, each with its size in every batch."""
    found = _at(diagnosis, path)
    shapes = {leaf.shape for leaf in found if leaf is not None and leaf.shape is not None}
    longest = max(map(len, shapes), default=0)
    varying = [axis for axis in range(1, longest) if len({s[axis] for s in shapes if len(s) > axis} - {None}) > 1]
    return [(axis, _floats(map(partial(_size, axis), found))) for axis in varying]


@kept
def losses(diagnosis: Diagnosis) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Batches that the model was given, each with the loss of its step; of several steps the last counts."""
    run = diagnosis.model_run
    if run is None:
        return np.array([], dtype=np.int64), np.array([], dtype=np.float64)
    batches = _of_the_last_epoch(diagnosis, run) if diagnosis.rehearsal.live else run.batches
    last = dict(zip(batches, run.losses, strict=False))
    return np.array(list(last), dtype=np.int64), np.array(list(last.values()), dtype=np.float64)


def _of_the_last_epoch(diagnosis: Diagnosis, run: ModelRun) -> list[int]:
    """The batches that a live fit's losses are of: none where it is not certain that they are of this epoch."""
    epoch = len(run.losses_before)
    given = [step.batch for step in diagnosis.rehearsal.deliveries if step.epoch == epoch]
    known = list(takewhile(lambda batch: batch is not None, given))
    return [batch for batch in known if batch is not None] if run.non_finite in known else []


@kept
def dtypes(diagnosis: Diagnosis) -> dict[str, list[str]]:
    """For every leaf the dtypes it has, in the order met."""
    found: dict[str, dict[str, None]] = {}
    for batch in diagnosis.profile.batches:
        for leaf in batch.leaves:
            found.setdefault(leaf.path, {})[leaf.dtype or leaf.kind] = None
    return {path: list(kinds) for path, kinds in found.items()}


@kept
def dtype_places(diagnosis: Diagnosis, path: str) -> NDArray[np.float64]:
    """The place of each batch's dtype among those of the leaf."""
    places = {dtype: place for place, dtype in enumerate(dtypes(diagnosis)[path])}
    found = _at(diagnosis, path)
    return _floats(None if leaf is None else places[leaf.dtype or leaf.kind] for leaf in found)


@kept
def _at(diagnosis: Diagnosis, path: str | None) -> list[Leaf | None]:
    """The leaf at that path of every batch; it mostly has the same place in all."""
    read = diagnosis.profile.batches
    first = next((names.index(path) for batch in read[:1] if path in (names := _paths(batch))), 0)
    return [
        parts[first] if len(parts := batch.leaves) > first and parts[first].path == path else batch.leaf(path or "")
        for batch in read
    ]


def _paths(batch: Batch) -> list[str | None]:
    return [leaf.path for leaf in batch.leaves]


def _floats(values: Iterable[float | None]) -> NDArray[np.float64]:
    return np.array(list(values), dtype=np.float64)


def _size(axis: int, leaf: Leaf | None) -> int | None:
    return leaf.shape[axis] if leaf is not None and leaf.shape is not None and len(leaf.shape) > axis else None
