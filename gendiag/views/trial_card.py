"""A trial: what the user's own model did with one batch, each way it was tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gendiag.diagnosis.failing_samples import said
from gendiag.views import findings, layer_table, markup, wording

if TYPE_CHECKING:
    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.records import Failure, Shrunk, Trial, TrialStep

HEAD = ("way", "outcome", "loss", "metrics", "gradient norm", "time")
NUMERIC = ("loss", "gradient norm", "time")
SAYS = {
    "trains": "fit takes a step on it",
    "non-finite": "fit takes a step on it and is left with NaN or infinity",
    "raises": "fit raises on it",
    "no answer": "fit gave no answer",
    "not tried": "it was not tried",
}


def of(diagnosis: Diagnosis, trial: Trial) -> markup.Html:
    """Draw a trial beside its diagnosis: what a finding or the batch says already is left out."""
    chip = wording.outcome(diagnosis, trial)
    return to_html(trial, diagnosis.shrunk.get(trial.batch), told=_told(diagnosis, trial), chip=chip)


def to_html(
    trial: Trial, shrunk: Shrunk | None = None, *, told: str = "", chip: tuple[str, wording.Tone] | None = None
) -> markup.Html:
    """Outcome, the error if there is one, the samples that bring it, and one row per way."""
    name = markup.tag("b", f"Trial of batch {trial.batch}")
    drawn = markup.tag(
        "p", markup.chip(*chip or [trial.outcome]), " ", name, f": {SAYS[trial.outcome]}.", css_class="gd-trial-head"
    )
    return markup.tag("div", drawn, _body(trial, shrunk, told), css_class="gd-trial", aria_live="polite")


def folded(diagnosis: Diagnosis, trial: Trial) -> markup.Html:
    """Draw the same with all but the outcome folded away."""
    content = _body(trial, diagnosis.shrunk.get(trial.batch), _told(diagnosis, trial))
    chip = markup.chip(*wording.outcome(diagnosis, trial))
    name = markup.join([markup.heading(f"Trial of batch {trial.batch}"), " ", chip])
    head = markup.join([name, f" {SAYS[trial.outcome]}"])
    return markup.details(head, content, key=f"trial {trial.batch}", css_class="gd-folded gd-result")


def _told(diagnosis: Diagnosis, trial: Trial) -> str:
    shrunk = diagnosis.shrunk.get(trial.batch)
    return "\n".join([findings.told(diagnosis), *([said(shrunk)] if shrunk else [])])


def _body(trial: Trial, shrunk: Shrunk | None, told: str) -> markup.Html:
    """Draw what stands below the outcome; ``told`` stands elsewhere on the page."""
    parts = []
    if trial.failure is not None:
        parts.append(_failure(trial.failure, told))
    elif trial.error:
        parts.append(markup.tag("p", trial.error, css_class="gd-line"))
    if shrunk is not None and said(shrunk) not in told:
        parts.append(markup.tag("p", said(shrunk), css_class="gd-failing-samples"))
    if trial.steps:
        rows = [_row(step) for step in trial.steps]
        parts.append(markup.table(HEAD, rows, f"Ways in which batch {trial.batch} was tried", numeric=NUMERIC))
    if trial.inside is not None:
        samples = shrunk.samples if shrunk is not None else ()
        parts.append(layer_table.to_html(trial.inside, samples, name=f"batch {trial.batch}"))
    took = f"{wording.duration(trial.seconds)} in all. " if trial.seconds else ""
    return markup.join([*parts, markup.tag("p", f"{took}Your model is as it was.", css_class="gd-quiet")])


def _row(step: TrialStep) -> list[object]:
    metrics = ", ".join(f"{name} {wording.figure(value)}" for name, value in step.metrics.items())
    return [
        step.way, markup.chip(step.outcome), wording.figure(step.loss), metrics or "–", wording.figure(step.grad_norm),
        wording.duration(step.seconds) if step.seconds else "–",
    ]  # fmt: skip


def _failure(failure: Failure, told: str) -> markup.Html:
    parts = []
    if failure.line not in told:
        parts.append(markup.tag("p", markup.tag("b", failure.type), ": ", failure.line, css_class="gd-line"))
    places = {"in": failure.layer, "at": failure.frame}
    where = [markup.join((f"{word} ", markup.tag("code", place))) for word, place in places.items() if place]
    if where:
        parts.append(markup.tag("p", markup.Html(", ".join(where)), css_class="gd-quiet"))
    if failure.code:
        parts.append(markup.pre(failure.code))
    if failure.details:
        parts.append(markup.details("Full text", markup.pre(failure.details), key="full text"))
    return markup.join(parts)
