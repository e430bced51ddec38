from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from gendiag.batches.tree import flatten
from gendiag.records import Finding, counted, format_shape
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.validation_shapes import single_samples
from gendiag.rules.rule import Rule, sound

AMBIGUOUS = "Data cardinality is ambiguous"  # the training arrays were taken before
PARTS = ("x", "y", "sample_weight")


class ValidationForm(Rule):
    """``validation_data`` is arrays, in a form that fit does not take.

    What fit does
        Takes ``(x, y)`` and ``(x, y, sample_weight)``. Four elements raise before training; arrays of different
        lengths, or a list of batches, raise after the whole first epoch.

    Why it hurts
        "Data cardinality is ambiguous" names neither the argument nor the epoch: the training data, which are sound,
        seem to be at fault.

    How to mend it
        ``validation_data=(x_val, y_val)``, arrays with one row per sample.

    Known limits
        Only where fit raised.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "validation-form", "validation_data has no form that fit takes"
    severity = "error"

    @property
    def fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]  # arrays of its own
        x, y = _arrays()
        return {"epochs": 1, "validation_data": (x, y[:-1])}

    @property
    def mended_fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]
        return {"epochs": 1, "validation_data": _arrays()}

    def check(self, seen: Evidence) -> Iterator[Finding]:
        given = seen.fit_args.get("validation_data")
        if seen.failure is None or not isinstance(given, (tuple, list)) or not _is_about_it(seen, given):
            return
        told = _of_elements(given) or _of_one_sample(seen, given) or _of_lengths(given)
        if told is None:
            return
        when = "" if seen.rehearsal.deliveries else " before it trains on any batch"
        message = f"{told[0]}: fit raises {seen.failure.type}{when}. The training source is not at fault."
        fix = f"{told[1]} Pass `validation_data=(x_val, y_val)`, arrays with one row per sample."
        yield self.finding("error", message, fix=fix, source="validation")

    def broken(self) -> Iterator[Any]:
        return sound()

    def mended(self) -> Iterator[Any]:
        return sound()


def _is_about_it(seen: Evidence, given: Any) -> bool:
    """Whether fit failed at the validation data: in the evaluation, or before any step at more elements than three."""
    run, rehearsal = seen.model_run, seen.rehearsal
    late = rehearsal.failed_in == "validation" or (run is not None and run.failed_in_validation)
    late = late or (
        bool(rehearsal.deliveries) and rehearsal.failure is not None and AMBIGUOUS in rehearsal.failure.line
    )
    return late or (len(given) > len(PARTS) and not rehearsal.deliveries)


def _of_elements(given: Any) -> tuple[str, str] | None:
    nested = [part for part in given if isinstance(part, tuple)]
    if nested and len(nested) == len(given):
        what = f"validation_data is a {type(given).__name__} of {counted(len(given), 'tuple')}, likely batches"
        return what, "Join them, `np.concatenate`, or wrap them in a PyDataset."
    if len(given) > len(PARTS):
        return (
            f"validation_data has {len(given)} elements, where fit takes x, y and sample_weight",
            "Leave the rest out.",
        )
    return None


def _of_one_sample(seen: Evidence, given: Any) -> tuple[str, str] | None:
    parts = flatten(tuple(given))
    shapes = {part.path: tuple(np.shape(part.value)) for part in parts}
    pairs = single_samples(seen, shapes)
    if not pairs:
        return None
    leaf, shape = pairs[0]
    what = (
        f"validation_data is a single sample: {leaf.path} has shape {format_shape(shape)}, where {leaf.path} of a "
        f"training batch has {format_shape(leaf.shape)}; the batch axis, the first one, is missing"
    )
    return what, f"Pass all samples, `x_val` and not `x_val[0]`; for a single one add the axis: `{leaf.path}[None]`."


def _of_lengths(given: Any) -> tuple[str, str] | None:
    parts = flatten(tuple(given))
    rows = {part.path: int(part.value.shape[0]) for part in parts if len(getattr(part.value, "shape", ()))}
    if len(set(rows.values())) <= 1:
        return None
    told = " and ".join(f"{path} has {counted(count, 'row')}" for path, count in rows.items())
    return f"In validation_data {told}", "Every array needs the same number of rows."


def _arrays() -> Any:
    return tuple(np.concatenate(part) + 1 for part in zip(*sound(), strict=True))
