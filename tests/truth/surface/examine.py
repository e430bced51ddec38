"""What gendiag says of a row, through ``diagnose`` and ``watch`` beside the real fit, against what it must say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import keras

import gendiag
from tests.truth.surface.row import Call, Make, Row

SEED = 0


def through_diagnose(row: Row) -> list[str]:
    """Everything in which ``diagnose`` says something else than it must."""
    return list(_amiss(row, _diagnosed(row.make))) if row.method == "fit" else []


def through_watch(row: Row) -> list[str]:
    """Everything in which ``watch`` says something else than it must, and whether the row itself is true of fit."""
    report, raised = _watched(row.make, row.method)
    untrue = [] if (raised is None) == row.verdict.startswith("trains") else [f"the real fit: {raised!r:.300}"]
    return untrue + list(_amiss(row, report))


def look_alikes(row: Row, *, live: bool = False) -> list[str]:
    """Every finding above a note on a sound look-alike, and every verdict but ``trains``."""
    if row.method != "fit" and not live:
        return []
    return [amiss for make in row.sound for amiss in _of_sound(make, row.method, live=live)]


def _of_sound(make: Make, method: str, *, live: bool) -> Iterator[str]:
    raised: BaseException | None = None
    if live:
        report, raised = _watched(make, method)
    else:
        report = _diagnosed(make)
    if raised is not None:
        yield f"{make.__name__}: the real fit: {raised!r:.300}"
    if report.verdict != "trains":
        yield f"{make.__name__}: verdict {report.verdict}"
    yield from (f"{make.__name__}: {_short(found)}" for found in report.findings if found.severity != "note")


def _amiss(row: Row, report: Any) -> Iterator[str]:
    if report.verdict != row.verdict:
        yield f"verdict {report.verdict}, not {row.verdict}"
    if row.first is None:
        yield from (_short(found) for found in report.findings if found.severity != "note")
        return
    if not report.findings:
        yield "no finding"
        return
    first = report.findings[0]
    if first.rule != row.first:
        yield f"first is {_short(first)}"
        return
    if row.batch is not None and row.batch not in (*first.batches, report.fails_at):
        yield f"batches {first.batches[:8]}, not {row.batch}"
    told = f"{first.message} {first.fix}"
    yield from (f"/{words}/ is not in: {told}" for words in row.says if not re.search(words, told, re.IGNORECASE))


def _short(found: Any) -> str:
    return f"{found.rule} ({found.severity}): {found.message:.300}"


def _diagnosed(make: Make) -> Any:
    call = _fresh(make)
    return gendiag.diagnose(call.source, call.model, progress=False, **call.fit)


def _watched(make: Make, method: str) -> tuple[Any, BaseException | None]:
    call = _fresh(make)
    return watched(call.source, call.model, call.fit, method)


def watched(source: Any, model: Any, fit: Mapping[str, Any], method: str = "fit") -> tuple[Any, BaseException | None]:
    """Record the real fit of a source as ``diagnose`` takes it, and return the report and what fit raised."""
    raised: BaseException | None = None
    with gendiag.watch() as flight:
        try:
            getattr(model, method)(**_x_and_y(source), **{"verbose": 0} | dict(fit))
        except BaseException as error:  # noqa: BLE001  (whatever fit raises is the truth)
            raised = error
    return flight.report, raised


def _x_and_y(source: Any) -> dict[str, Any]:
    """Arguments for a source as diagnose takes it: a function is called, a tuple of arrays spread out."""
    if callable(source) and not hasattr(source, "__getitem__") and not hasattr(source, "__iter__"):
        source = source()
    if isinstance(source, tuple):
        return dict(zip(("x", "y", "sample_weight"), source, strict=False))
    return {"x": source}


def _fresh(make: Make) -> Call:
    keras.backend.clear_session()
    keras.utils.set_random_seed(SEED)
    return make()
