from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from gendiag.batches.tree import flatten
from gendiag.batches.values import Array, as_array
from gendiag.records import Delivery, Finding
from gendiag.rehearsal.profile import Profile
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import FEATURES, Rule

LEAST_FEATURES, LEAST_VALUES, MOST_VALUES = 3, 16, 10**7  # different values of a feature; of all of them
MOST_AT_END = 2  # rows with the smallest or the largest value: more, and the values are cut off there
TABLE, WINDOWS, LEAST_ROWS = 2, 3, 16
EXACT = 1e-5
ENDS = ((0.0, 1.0), (-1.0, 1.0))


class ScaledApart(Rule):
    """Each feature has the same exact limits, or mean 0 and deviation 1, in training and validation data alike.

    What fit does
        Trains on the one and evaluates on the other, whatever a number stands for in each.

    Why it hurts
        A scaler was likely fitted to each set: the same measurement is another number in the two, so val_loss is about
        other inputs than those that the model has learnt, and so is all that the model is given later.

    How to mend it
        Fit the scaler to the training rows alone, and transform both with it: ``scaler.fit(x_train)``, then
        ``scaler.transform(x_train)`` and ``scaler.transform(x_val)``.

    Known limits
        A note, of at least 3 features with many values each. One scaler for both gives only one of them the smallest
        and the largest value of a feature. Nothing is said of images, of values that are cut off at the limits, or
        where each window is scaled on its own; sets that are each scaled on purpose (by person, by sensor) look the
        same.

    Source
        the numbers of both, compared.
    """

    name, title = "scaled-apart", "Training and validation data are likely scaled each on its own"
    severity = "note"

    @property
    def fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]  # arrays of its own
        return {"epochs": 1, "validation_data": _rows(_scaled(_late()), 1)}

    @property
    def mended_fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]
        return {"epochs": 1, "validation_data": _rows(_scaled(_late(), _early()), 1)}

    def check(self, seen: Evidence) -> Iterator[Finding]:
        if not seen.rehearsal.validation or seen.rehearsal.method != "fit" or not seen.by_epoch:
            return
        mine, theirs = _trained(seen), _evaluated(seen)
        for path in mine.keys() & theirs.keys():
            if (told := _alike(mine[path], theirs[path])) is not None:
                yield self._finding(path, *told)
                return

    def _finding(self, path: str, what: str, count: int) -> Finding:
        message = (
            f"All {count} features of {path} {what} exactly, in the training batches and in validation_data: likely "
            "each set was scaled by its own numbers, so that the same value stands for another measurement in the two."
        )
        fix = (
            "Fit the scaler to the training rows alone and use it for both: `scaler.fit(x_train)`, then "
            "`scaler.transform(x_val)`, not `fit_transform`. Nothing needs fixing if each is scaled so on purpose."
        )
        return self.finding("note", message, fix=fix, leaf=path, source="validation", features=count)

    def broken(self) -> Any:
        return _rows(_scaled(_early()), 0)

    def mended(self) -> Any:
        return _rows(_scaled(_early()), 0)


def _early() -> Array:
    return np.random.default_rng(0).uniform(0, 100, (48, FEATURES))


def _late() -> Array:
    return np.random.default_rng(1).uniform(60, 100, (24, FEATURES))


def _scaled(rows: Array, by: Array | None = None) -> Array:
    by = rows if by is None else by
    scaled: Array = ((rows - by.min(0)) / (by.max(0) - by.min(0))).astype("float32")
    return scaled


def _rows(x: Array, shift: int) -> tuple[Array, Array]:
    return x, (x[:, :1] + shift / 100).astype("float32")


def _trained(seen: Evidence) -> dict[str, Array]:
    if seen.source.is_sliced and not seen.fit_args.get("validation_split"):
        return _inputs([seen.source.value])
    return _of_steps(seen.profile, seen.by_epoch[0])


def _evaluated(seen: Evidence) -> dict[str, Array]:
    given = seen.fit_args.get("validation_data")
    if seen.validation_source is not None:
        return _of_steps(seen.validation, next((steps for steps in seen.validation_by_epoch if steps), ()))
    return _inputs([tuple(given)]) if isinstance(given, (tuple, list)) else {}


def _of_steps(profile: Profile, steps: Iterable[Delivery]) -> dict[str, Array]:
    indices = [step.batch for step in steps]
    if any(index is None or index not in profile.store for index in indices):
        return {}
    return _inputs([profile.raw(index) for index in indices if index is not None])


def _inputs(batches: list[Any]) -> dict[str, Array]:
    """Each x by path, one row per step and sample, each row once; nothing of images and of whole numbers."""
    found: dict[str, list[Array]] = {}
    for raw in batches:
        for part in flatten(raw):
            array = as_array(part.value) if part.role == "x" else None
            if array is not None and array.dtype.kind == "f" and array.ndim in (TABLE, WINDOWS):
                found.setdefault(part.path, []).append(array)
    return {
        path: np.unique(np.concatenate([array.reshape(-1, array.shape[-1]) for array in arrays]), axis=0)
        for path, arrays in found.items()
        if sum(array.size for array in arrays) <= MOST_VALUES
        and len({array.shape[-1] for array in arrays}) == 1
        and not _is_scaled_by_window(arrays[0])
    }


def _is_scaled_by_window(array: Array) -> bool:
    return array.ndim == WINDOWS and all(_what(sample) is not None for sample in array[:2])


def _alike(mine: Array, theirs: Array) -> tuple[str, int] | None:
    if min(len(mine), len(theirs)) < LEAST_ROWS or mine.shape[1] < LEAST_FEATURES or mine.shape[1] != theirs.shape[1]:
        return None
    what = _what(mine)
    if what is None or what != _what(theirs) or not (_has_many(mine) and _has_many(theirs)):
        return None
    return what, mine.shape[1]


def _what(rows: Array) -> str | None:
    """What all features have in common: their limits, or their mean and deviation."""
    if not rows.size or not np.isfinite(rows).all():
        return None
    rows = rows.astype("float64")
    low, high = rows.min(0), rows.max(0)
    for least, most in ENDS:
        if np.allclose(low, least, atol=EXACT) and np.allclose(high, most, atol=EXACT):
            at_ends = np.maximum((rows <= low).sum(0), (rows >= high).sum(0))
            return f"go from {least:g} to {most:g}" if at_ends.max() <= MOST_AT_END else None
    centred = np.allclose(rows.mean(0), 0, atol=EXACT)
    spread = any(np.allclose(rows.std(0, ddof=less), 1, atol=EXACT) for less in (0, 1) if len(rows) > less)
    return "have a mean of 0 and a standard deviation of 1" if centred and spread else None


def _has_many(rows: Array) -> bool:
    return all(len(np.unique(rows[:, column])) >= LEAST_VALUES for column in range(rows.shape[1]))
