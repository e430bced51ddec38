"""Run scenarios: the real fit, the diagnosis, the comparison."""

from __future__ import annotations

import gc
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import keras

import gendiag
from tests.truth.compare import NO_END, Disagreement, compare
from tests.truth.models import make_model
from tests.truth.real_fit import Truth, real_fit
from tests.truth.scenario import Scenario
from tests.truth.sources import callbacks, diagnose_source, fit_args, fit_source

QUIET_S = 10.0


@dataclass(frozen=True)
class Result:
    """One scenario with what came of it."""

    scenario: Scenario
    truth: Truth
    report: Any = None
    disagreements: list[Disagreement] = field(default_factory=list)
    seconds: float = 0.0


def run(scenario: Scenario, *, watch: bool = False) -> Result:
    """Run the real fit and the diagnosis, or a fit that is watched, and compare."""
    began = time.monotonic()
    truth = real_fit(scenario, watched=watch)
    if watch and truth.outcome in NO_END:  # nobody waits for it once more
        return Result(scenario, truth, seconds=time.monotonic() - began)
    try:
        report = watched(scenario) if watch else diagnosed(scenario)
    except Exception:  # noqa: BLE001  (a crash of diagnose is a disagreement)
        crash = Disagreement("crash", traceback.format_exc(limit=-2)[-400:], truth.outcome)
        return Result(scenario, truth, None, [crash], time.monotonic() - began)
    found = compare(scenario, truth, report)
    keras.backend.clear_session()
    gc.collect()
    return Result(scenario, truth, report, found, time.monotonic() - began)


def watched(scenario: Scenario) -> Any:
    """What gendiag says of the real fit, with the same seeds; it ends, or this was not asked for."""
    model = make_model(scenario)
    arguments = fit_source(scenario) | fit_args(scenario) | {"callbacks": callbacks(scenario)}
    keras.utils.set_random_seed(scenario.seed % 2**31)
    with gendiag.watch() as flight, suppress(BaseException):  # whatever fit raises is on record
        model.fit(**arguments, verbose=0)
    return flight.report


def diagnosed(scenario: Scenario) -> Any:
    """What gendiag says, with the same seeds."""
    model = make_model(scenario)
    source, arguments = diagnose_source(scenario), fit_args(scenario)
    keras.utils.set_random_seed(scenario.seed % 2**31)
    return gendiag.diagnose(source, model, progress=False, quiet_s=QUIET_S, **arguments)
