"""What the rules say of a source."""

from gendiag import diagnose
from tests.support.streams import stream


def found(source, model=None, **fit_args):
    report = diagnose(source, model, progress=False, **fit_args)
    return {finding.rule: finding for finding in report.findings}


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
