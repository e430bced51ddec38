"""A trial: what the user's own model did with one batch, each way it was tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gendiag.diagnosis.failing_samples import said
from gendiag.views import layer_table, markup, wording

if TYPE_CHECKING:
    from gendiag.records import Failure, Shrunk, Trial, TrialStep

HEAD = ("way", "outcome", "loss", "metrics", "gradient norm", "time")
NUMERIC = ("loss", "gradient norm", "time")
SAYS = {
    "trains": "fit takes a step on it.",
    "non-finite": "fit takes a step on it and is left with NaN or infinity.",
    "raises": "fit raises on it.",
    "no answer": "fit gave no answer.",
    "not tried": "it was not tried.",
}


def to_html(trial: Trial, shrunk: Shrunk | None = None) -> str:
    """Outcome, the error if there is one, the samples that bring it, and one row per way."""
    head = markup.tag(
        "p", markup.chip(trial.outcome), " ", markup.tag("b", f"Trial of batch {trial.batch}"), ": ",
        SAYS[trial.outcome], css_class="gd-trial-head",
    )  # fmt: skip
    parts = [head]
    if trial.failure is not None:
        parts.append(_failure(trial.failure))
    elif trial.error:
        parts.append(markup.tag("p", trial.error, css_class="gd-line"))
    if shrunk is not None and said(shrunk):
        parts.append(markup.tag("p", said(shrunk), css_class="gd-samples"))
    if trial.steps:
        parts.append(markup.table(HEAD, [_row(step) for step in trial.steps], numeric=NUMERIC))
    if trial.inside is not None:
        parts.append(layer_table.to_html(trial.inside, shrunk.samples if shrunk is not None else ()))
    foot = f"{wording.duration(trial.seconds)} in all. Your model is as it was."
    return markup.tag("div", *parts, markup.tag("p", foot, css_class="gd-quiet"), css_class="gd-trial")


def _row(step: TrialStep) -> list[object]:
    metrics = ", ".join(f"{name} {wording.figure(value)}" for name, value in step.metrics.items())
    return [
        step.way, markup.chip(step.outcome), wording.figure(step.loss), metrics or "–", wording.figure(step.grad_norm),
        wording.duration(step.seconds) if step.seconds else "–",
    ]  # fmt: skip


def _failure(failure: Failure) -> markup.Html:
    parts = [markup.tag("p", markup.tag("b", failure.type), ": ", failure.line, css_class="gd-line")]
    places = {"in": failure.layer, "at": failure.frame}
    where = [markup.join((f"{word} ", markup.tag("code", place))) for word, place in places.items() if place]
    if where:
        parts.append(markup.tag("p", markup.Html(", ".join(where)), css_class="gd-quiet"))
    if failure.code:
        parts.append(markup.tag("pre", failure.code))
    if failure.details:
        parts.append(markup.details("Full text", markup.tag("pre", failure.details)))
    return markup.join(parts)
