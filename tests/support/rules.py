"""What the rules say of a source."""

from gendiag import diagnose
from tests.support.streams import stream

# Of the faults that show in values, and of those that show with a model.
VALUES = {
    "batch-too-big", "blank-batches", "constant-labels", "double-scaled", "duplicate-batches", "never-reshuffled",
    "torn-pairs", "unfilled-rows", "unscaled", "value-drift",
}  # fmt: skip
MODEL = {
    "complex-dtype", "extra-axis", "input-count", "input-mismatch", "label-shape", "labels-out-of-range",
    "labels-vs-loss", "loss-dtype", "missing-batch-axis", "negative-weights", "output-vs-loss", "rounded-in-model",
    "single-class", "static-batch", "weights-shape",
}  # fmt: skip
FAMILY = VALUES | MODEL


def found(source, model=None, **fit_args):
    report = diagnose(source, model, progress=False, **fit_args)
    return {f.rule: f for f in report.findings if f.rule in FAMILY}


def alarms(source, model=None, **fit_args):
    return {name for name, finding in found(source, model, **fit_args).items() if finding.severity != "note"}


def named(rule, draw):
    """The batches that ``rule`` names, or None."""
    finding = found(lambda: stream(draw)).get(rule)
    return None if finding is None else finding.batches


def findings(source, model=None, **fit_args):
    report = diagnose(source, model, progress=False, quiet_s=10.0, **fit_args)
    return {finding.rule: finding for finding in report.findings}


def diagnosed(source, model=None, **fit_args):
    """Names of the findings, and the report; most rules read no model, which takes longest."""
    report = diagnose(source, model, progress=False, quiet_s=10.0, **fit_args)
    return [finding.rule for finding in report.findings], report


def first(source, model, **fit_args):
    report = diagnose(source, model, progress=False, **fit_args)
    assert report.verdict == "raises"
    return report.findings[0]
