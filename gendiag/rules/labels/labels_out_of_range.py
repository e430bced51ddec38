from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from gendiag.model.facts import ONE_HOT, SPARSE, Output
from gendiag.records import Batch, Finding, Leaf, Severity, counted, listed
from gendiag.rules.edits import numbers
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.label_form import is_other_form
from gendiag.rules.evidence.reach import REACH, share_beyond
from gendiag.rules.rule import BAD, Edits, Rule, dense, sound

CLASSES, BYTE = 3, 255
PROBABILITIES = (
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "dice",
    "tversky",
    "kl_divergence",
)
CLIPPED = {  # what each makes of a target below 0
    "poisson": "its loss falls without end as the output grows",
    "mean_squared_logarithmic_error": "it takes them for 0",
}  # fmt: skip
SHARES = ("dice", "tversky", "kl_divergence")  # of PROBABILITIES
DISTANCES = ("mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error", "huber", "log_cosh")
ROUNDING, CLEARLY = 1e-3, 0.5
SLACK, MANY = 0.02, 0.05  # of the width that the activation has; of the targets


class Case(NamedTuple):
    """A leaf beyond its bounds."""

    leaf: Leaf
    output: Output
    low: float
    high: float


class LabelsOutOfRange(Rule):
    """y holds values that the loss does not know, or that the output can never reach.

    What fit does
        A class number of at least the number of outputs, or below 0, raises at that step on a CPU. Targets beyond 0..1
        under a cross-entropy train: the loss has no minimum there and goes below 0 without end. Targets beyond what
        a sigmoid, a softmax, a tanh or a relu can give are never met; where the relu is at 0 it has no gradient.

    Why it hurts
        The error comes at the first batch with such a label, maybe epochs later. The silent kinds give a model that
        answers the extremes for everything.

    How to mend it
        Count classes from 0; give the last layer one unit per class; scale masks to 0..1 as the images are.

    Known limits
        Only Keras's own losses. Fewer than 1 in 20 targets that the output cannot reach are a note. A label that
        ``ignore_class`` leaves out is none of this.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0; on JAX a wrong class number trains too.
    """

    name, title = "labels-out-of-range", "Labels outside the range of the loss or the output"
    batchwise = True
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        for path, found in _beyond(seen, seen.batches).items():
            trained = {index: case for index, case in found.items() if seen.trained_on(index)}
            if seen.model_raised_at(found) and _is_sparse(found) and not seen.raised_in_layer():
                yield self._finding(seen, path, "error", found, seen.place)
            elif trained and (severity := _severity(seen, path, trained)) is not None:
                yield self._finding(seen, path, severity, trained, seen.place)
        if seen.model_run is not None and seen.model_run.failure is None and not _beyond(seen, seen.batches):
            for path, found in _beyond(seen, seen.validation.batches).items():
                if not all(_is_clear(case) for case in found.values()):
                    continue
                place = "batch {} of validation_data".format
                yield self._finding(seen, path, "warning", found, place, source="validation")

    def _finding(
        self, seen: Evidence, path: str, severity: Severity, found: dict[int, Case], place: Any, **evidence: Any
    ) -> Finding:
        index, case = next(iter(found.items()))
        low = float(min(each.leaf.low or 0.0 for each in found.values()))
        high = float(max(each.leaf.high or 0.0 for each in found.values()))
        is_first = (case.leaf.low, case.leaf.high) == (low, high)
        first = "" if is_first else f" (in {place(index)} from {case.leaf.low:g} to {case.leaf.high:g})"
        data = " of validation_data" if evidence else ""
        where = f"{listed(found)}{data}" if len(found) > 1 else place(index)
        is_other = bool(evidence) or seen.evaluates  # than the data that the model is trained on
        runs = f"is {low:g} throughout" if low == high else f"runs from {low:g} to {high:g}"
        message = f"{path} {runs} in {where}{first}; {_bounds(case)}."
        return self.finding(
            severity,
            message,
            fix=_fix(path, case, low, high, is_other=is_other),
            batches=found,
            leaf=path,
            low=low,
            high=high,
            **evidence,
        )

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        place = at(seen, finding)
        path, low, high = finding.leaf or "", finding.evidence["low"], finding.evidence["high"]
        outputs = [output for leaf, output in seen.model_facts.scored(seen.batches[0]) if leaf.path == path]
        sparse = bool(outputs) and outputs[0].loss is not None and outputs[0].loss.key == SPARSE
        if low >= 0 and high == BYTE:
            yield numbers.shift(place, path, "// 255") if sparse else numbers.scale(place, path, "/ 255")
        elif sparse:
            if low == 1:
                yield numbers.shift(place, path, "- 1")
            yield numbers.clip(place, path, 0, (outputs[0].channels or 1) - 1)
        else:
            yield numbers.to_range(place, path, low, high)

    def broken(self) -> Iterator[Any]:
        return ((x, np.arange(len(x)) % CLASSES + (step == BAD)) for step, (x, _) in enumerate(sound()))

    def mended(self) -> Iterator[Any]:
        return ((x, np.arange(len(x)) % CLASSES) for x, _ in sound())

    def model(self) -> Any:
        return dense(CLASSES, loss=SPARSE, activation="softmax")


def _beyond(seen: Evidence, batches: tuple[Batch, ...]) -> dict[str, dict[int, Case]]:
    found: dict[str, dict[int, Case]] = {}
    for batch in batches:
        for leaf, output in seen.model_facts.scored(batch):
            range_ = _range(output)
            if range_ is None or leaf.low is None or leaf.high is None or is_other_form(leaf, output):
                continue
            low, high, slack = range_
            if leaf.low < low - slack or leaf.high > high + slack:
                found.setdefault(leaf.path, {})[batch.index] = Case(leaf, output, low, high)
    return found


def _range(output: Output) -> tuple[float, float, float] | None:
    """Lowest and highest target that makes sense, and how far beyond is still nothing to speak of."""
    loss, reach = output.loss, REACH.get(output.activation or "")
    if loss is None:
        return None
    if loss.key == SPARSE:
        left_out = 0 if loss.ignored is None else loss.ignored  # what lies between it and the classes is not told apart
        return (min(0, left_out), max(output.channels - 1, left_out), 0) if output.channels else None
    if loss.key in (*CLIPPED, *ONE_HOT):  # counts under a cross-entropy: the best answer is their share of the row
        return 0.0, math.inf, ROUNDING
    if loss.key in PROBABILITIES:
        return 0.0, 1.0, ROUNDING
    if loss.key in DISTANCES and reach is not None:
        return (*reach, _slack(*reach))
    return None


def _slack(low: float, high: float) -> float:
    return SLACK * (high - low) if math.isfinite(high) else ROUNDING


def _severity(seen: Evidence, path: str, found: dict[int, Case]) -> Severity | None:
    """A few targets that the output cannot reach are outliers; None where they are next to it, too."""
    case = next(iter(found.values()))
    if case.output.loss is None or case.output.loss.key not in DISTANCES:
        return "warning"
    slack = _slack(case.low, case.high)
    everywhere = [index for index, _ in seen.leaves.get(path, ()) if seen.trained_on(index)]
    share = share_beyond(seen, path, everywhere, case.low - slack, case.high + slack)
    is_clear = any(_is_clear(each) for each in found.values())
    if share is None:
        return "warning" if is_clear else None
    return "warning" if share >= MANY else "note" if is_clear and share else None


def _is_clear(case: Case) -> bool:
    """Whether the targets lie far beyond what the output can give; what a loss does not know is always far."""
    if case.output.loss is None or case.output.loss.key not in DISTANCES:
        return True
    return (case.leaf.low or 0.0) < case.low - CLEARLY or (case.leaf.high or 0.0) > case.high + CLEARLY


def _is_sparse(found: dict[int, Case]) -> bool:
    return all(case.output.loss is not None and case.output.loss.key == SPARSE for case in found.values())


def _bounds(case: Case) -> str:
    loss, channels = case.output.loss, case.output.channels
    key = loss.key if loss is not None else ""
    if key == SPARSE:
        last = (channels or 1) - 1
        knows = f"the classes 0 to {last}" if last else "class 0 only"
        if loss is not None and loss.ignored is not None:
            knows += f", and leaves out {loss.ignored} (ignore_class)"
        return f"the model has {counted(channels or 0, 'output')}, so {key} knows {knows}"
    if key in ONE_HOT:
        return f"{key} expects targets of at least 0, and falls the further the less likely such a class is made"
    if key in CLIPPED:
        return f"{key} expects targets of at least 0: of those below {CLIPPED[key]}"
    if key in SHARES:
        return f"{key} expects shares between 0 and 1, and does not measure what is beyond"
    if key in PROBABILITIES:
        return f"{key} expects targets between 0 and 1, and goes below 0 without end for these"
    gives = f"{case.low:g} to {case.high:g}" if math.isfinite(case.high) else f"nothing below {case.low:g}"
    return f"the output's {case.output.activation} gives {gives} and can never reach {_them(case)}"


def _them(case: Case) -> str:
    return "them" if math.isfinite(case.high) else f"those below {case.low:g}"


def _fix(path: str, case: Case, low: float, high: float, *, is_other: bool) -> str:
    key = case.output.loss.key if case.output.loss is not None else ""
    if low >= 0 and high == BYTE:
        ignore = (
            " (or, where 255 marks what is to be left out, `ignore_class=255` in the loss)" if key == SPARSE else ""
        )
        return f"If {path} is a mask of 0 and 255, divide it by 255{ignore}."
    if key == SPARSE:
        return _fix_classes(path, case, low, high, is_other=is_other)
    if key in CLIPPED:
        return f"Yield {path} of at least 0 (counts for poisson), or compile with a loss for any number, such as 'mse'."
    return _fix_numbers(path, case, low, high)


def _fix_numbers(path: str, case: Case, low: float, high: float) -> str:
    if not math.isfinite(case.high):
        return _fix_reach(path, case)
    if low == -1 and high == 1:
        return f"Map -1 and 1 to 0 and 1, `({path} + 1) / 2`, or compile with `loss='hinge'`."
    if low >= 0 and low.is_integer() and high.is_integer() and "int" in case.leaf.dtype:
        return f"For class numbers use `Dense({high + 1:g}, activation='softmax')` with `{SPARSE}`."
    return _fix_reach(path, case)


def _fix_reach(path: str, case: Case) -> str:
    linear = f"a linear output, `activation=None` in the last layer (instead of {case.output.activation!r})"
    if not math.isfinite(case.high):
        return f"Use {linear}; or scale {path} to 0..1 in the source, if none is to lie below."
    return f"Scale {path} to {case.low:g}..{case.high:g} in the source, or use {linear} with `loss='mse'`."


def _fix_classes(path: str, case: Case, low: float, high: float, *, is_other: bool) -> str:
    ignore = f"; where {low:g} marks what is to be left out, `ignore_class={low:g}` in the loss" if low < 0 else ""
    if low == 1 and high == case.high + 1:
        return f"Count the classes from 0: `{path} - 1`."
    if high <= case.high:
        return f"Map the labels to 0..{case.high:g}; none may be negative{ignore}."
    if is_other:
        return f"Number the classes as in the training data, from 0 to {case.high:g}{ignore}."
    return f"Give the last layer {high + 1:g} units, or map the labels to 0..{case.high:g}{ignore}."
