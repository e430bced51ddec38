from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from gendiag.batches.values import Array
from gendiag.records import Finding, Severity
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import first_pass, held
from gendiag.rules.evidence.to_type import code
from gendiag.rules.rule import Rule

LEAST_SAMPLES, LEAST_VALUES, MOST_SAMPLES = 16, 8, 4000
MOST_POSITIONS = 4096  # of one sample that are looked at
WINDOW_AXES = 2
LEAST_COLUMNS = 8  # of a table; a smaller one is often a problem of a textbook
SHARED = 0.5  # of the windows, whose last step is an earlier one of another; of the steps in one that differ


@dataclass(frozen=True, slots=True)
class Leak:
    """Where the label stands in the input of every sample, and whether these are windows over one series."""

    place: str
    is_last: bool
    slides: bool
    samples: int


class LabelLeak(Rule):
    """The label of every sample stands in its own input, always at the same place.

    What fit does
        Trains on it: copying one number of x is an answer without a fault.

    Why it hurts
        The loss falls to nearly 0 and the validation agrees, because the answer is handed over with the question; on
        new data, where it is not known yet, the model is worth nothing.

    How to mend it
        Let the target stand behind its window:
        ``timeseries_dataset_from_array(data[:-n], data[n:], sequence_length=n)``. Leave the column of
        the target out of the features.

    Known limits
        A warning for windows over a series, of which each holds its own target. Else a note, and only of at least 8
        columns, since small problems of a textbook copy a column on purpose. An input that is its own target as a
        whole (an autoencoder), and sequences that are moved by one step, are sound.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "label-leak", "The label stands in its own input"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        if seen.failure is not None or (seen.model is not None and not seen.model_facts.outputs):
            return
        x, y = _stacked(seen)
        if y is None or len(y) < LEAST_SAMPLES or not _is_telling(y):
            return
        for path, array in x.items():
            leak = _leak(path, array, y)
            if leak is not None:
                yield self._finding(seen, leak)
                return

    def _finding(self, seen: Evidence, leak: Leak) -> Finding:
        where = "the last step of its own window" if leak.is_last else "a step of its own window"
        what = f"{where}, {leak.place}" if leak.slides else f"a part of its own input, {leak.place}"
        message = (
            f"y is {what}, in all {leak.samples} samples of the first pass, from {seen.place(0)} on: the answer is "
            "handed over with the question."
        )
        fix = (
            f"Let the target stand behind its window: {_behind(seen)}, or take that step out of x."
            if leak.slides
            else f"Leave {leak.place} out of x, if it is not known when the model is used."
        )
        severity: Severity = "warning" if leak.slides else "note"
        return self.finding(severity, message, fix=fix, batches=[0], leaf="y", samples=leak.samples)

    def broken(self) -> Iterator[Any]:
        return _windows(ahead=0)

    def mended(self) -> Iterator[Any]:
        return _windows(ahead=1)


def _windows(*, ahead: int) -> Iterator[Any]:
    series = np.cumsum(np.random.default_rng(0).normal(size=40)).astype("float32") / 8
    x = np.stack([series[start : start + 3] for start in range(36)])
    y = np.stack([series[start + 2 + ahead : start + 3 + ahead] for start in range(36)])
    return ((x[start : start + 6], y[start : start + 6]) for start in range(0, 36, 6))


def _behind(seen: Evidence) -> str:
    return code(
        seen.source,
        "x, y = data[i:i + n], targets[i + n]",
        "timeseries_dataset_from_array(data[:-n], targets[n:], sequence_length=n)",
    )


def _stacked(seen: Evidence) -> tuple[dict[str, Array], Array | None]:
    """The inputs and the only target of the first pass, all samples on top of each other; y is None where not held."""
    columns: dict[str, list[Array]] = {}
    total = 0
    for batch in first_pass(seen):
        arrays = held(seen, batch.index)
        rows = {len(array) for array in arrays.values()}
        if len(rows) != 1 or sum(path.startswith("y") for path in arrays) != 1 or total > MOST_SAMPLES:
            return {}, None
        total += rows.pop()
        for path, array in arrays.items():
            columns.setdefault(path, []).append(array)
    whole = {path: column for path, column in columns.items() if len({array.shape[1:] for array in column}) == 1}
    stacked = {path: np.concatenate(column) for path, column in whole.items()}
    stacked = {path: array for path, array in stacked.items() if len(array) == total and array.dtype.kind in "iuf"}
    targets = [array for path, array in stacked.items() if path.startswith("y")]
    inputs = {path: array for path, array in stacked.items() if path.startswith("x")}
    return inputs, targets[0] if len(targets) == 1 else None


def _is_telling(y: Array) -> bool:
    """Whether the labels are numbers that no input meets by chance."""
    if y.dtype.kind != "f" or not np.isfinite(y).all():
        return False
    return len(np.unique(y.reshape(len(y), -1)[:, 0])) >= LEAST_VALUES and bool((y != np.floor(y)).any())


def _leak(path: str, x: Array, y: Array) -> Leak | None:
    """Find where in x the label stands in every sample."""
    flat, target = x.reshape(len(x), -1), y.reshape(len(y), -1)
    width = target.shape[1]
    if width >= flat.shape[1] or flat.shape[1] % width or flat.shape[1] > MOST_POSITIONS:
        return None
    if width > 1 and (x.ndim <= WINDOW_AXES or x.shape[-1] != width):
        return None
    blocks = flat.reshape(len(x), -1, width)
    same = np.flatnonzero((blocks == target[:, None, :]).all(axis=(0, 2)))
    if not same.size:
        return None
    place = int(same[-1])
    index = np.unravel_index(place * width, x.shape[1:])
    shown = ", ".join(str(number) for number in (index if width == 1 else index[:-1]))
    steps = len(x[0]) - 1
    if not _slides(x) and flat.shape[1] < LEAST_COLUMNS:
        return None
    return Leak(f"{path}[:, {shown}]", index[0] == steps, _slides(x), len(x))


def _slides(x: Array) -> bool:
    """Whether the samples are windows over one series: the last step of most is an earlier step of another."""
    if x.ndim < WINDOW_AXES or x.shape[1] <= WINDOW_AXES:
        return False
    keys = np.array([[hash(step.tobytes()) for step in sample] for sample in np.ascontiguousarray(x)])
    distinct = np.mean([len(set(sample)) for sample in keys.tolist()]) / x.shape[1]
    return bool(np.isin(keys[:, -1], keys[:, :-1]).mean() >= SHARED and distinct >= SHARED)
