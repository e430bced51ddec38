"""The public names as users type them: read by mypy, never run."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from typing_extensions import assert_type  # in typing from Python 3.11 on

import gendiag


def make_batches() -> Iterator[tuple[Any, Any]]:
    yield 0, 0


def diagnosed(model: Any) -> gendiag.Report:
    report = gendiag.diagnose(make_batches, model, budget_s=10, epochs=3, validation_data=make_batches)
    assert_type(report.verdict, Literal["trains", "trains on altered data", "trains to NaN", "raises", "never ends"])
    assert_type(report.fails_at, int | None)
    assert_type(report.findings, tuple[gendiag.Finding, ...])
    assert_type(report.profile, gendiag.Profile)
    assert_type(report.deliveries, pd.DataFrame)
    assert_type(report.save(Path("report.html")), Path)
    assert_type(report.reproducer("bug/", anonymous=True).verified, bool)
    assert_type(report.shrink(4, max_trials=10).samples, tuple[int, ...])
    assert isinstance(report.output_signature(), str)
    return report


def found(finding: gendiag.Finding) -> str:
    assert_type(finding.severity, Literal["error", "warning", "note"])
    assert_type(finding.batches, tuple[int, ...])
    assert_type(finding.leaf, str | None)
    assert_type(finding.evidence, Mapping[str, Any])
    return f"{finding.rule}: {finding.title}. {finding.message} {finding.why} {finding.fix}"


def tried(report: gendiag.Report, batch: int) -> float | None:
    trial: gendiag.Trial = report.trial(batch, fresh_weights=True)
    assert_type(trial.outcome, Literal["trains", "non-finite", "raises", "no answer", "not tried"])
    assert_type(trial.error, str | None)
    return trial.loss


def mended(report: gendiag.Report) -> gendiag.Report:
    repairs: tuple[gendiag.Repair, ...] = report.repairs(budget_s=5)
    best = repairs[0]
    assert_type(best.verified, bool)
    best.apply(make_batches)
    return report.after(best) if best.snippet else report


def profiled() -> pd.DataFrame:
    profile: gendiag.Profile = gendiag.profile(make_batches, max_batches=10, keep_bytes=2**20, progress=False)
    assert_type(profile.summary(), pd.DataFrame)
    return profile.frame


def watched(model: Any) -> tuple[gendiag.Report, ...]:
    with gendiag.watch(keep_bytes=2**20, level="full") as flight:
        for _batch in flight.wrap(make_batches()):
            model.fit(make_batches())
    assert_type(flight.report, gendiag.Report)
    return flight.reports


def taught(report: gendiag.Report) -> list[str]:
    assert_type(gendiag.explain("nan-inf").sections, dict[str, str])
    assert_type(gendiag.explain(report.findings[0]).title, str)
    assert_type(gendiag.explain().chapters[0].family, str)
    return [rule.name for rule in gendiag.rules.RULES]


def caught() -> str:
    try:
        gendiag.diagnose(None)
    except gendiag.GendiagError as error:
        return str(error)
    return gendiag.__version__
