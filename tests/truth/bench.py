"""Run scenarios: the real fit, the diagnosis, the comparison."""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass, field
from typing import Any

import keras

from gendiag import diagnose
from tests.truth.compare import Disagreement, compare
from tests.truth.models import make_model
from tests.truth.real_fit import Truth, real_fit
from tests.truth.scenario import Scenario
from tests.truth.sources import diagnose_source, fit_args

QUIET_S = 10.0


@dataclass(frozen=True)
class Result:
    """One scenario with what came of it."""

    scenario: Scenario
    truth: Truth
    report: Any = None
    disagreements: list[Disagreement] = field(default_factory=list)
    seconds: float = 0.0


def run(scenario: Scenario) -> Result:
    """Run the real fit and the diagnosis, and compare."""
    began = time.monotonic()
    truth = real_fit(scenario)
    try:
        report = diagnosed(scenario)
    except Exception:  # noqa: BLE001  (a crash of diagnose is a disagreement)
        crash = Disagreement("crash", traceback.format_exc(limit=-2)[-400:], truth.outcome)
        return Result(scenario, truth, None, [crash], time.monotonic() - began)
    found = compare(scenario, truth, report)
    keras.backend.clear_session()
    return Result(scenario, truth, report, found, time.monotonic() - began)


def diagnosed(scenario: Scenario) -> Any:
    """What gendiag says, with the same seeds."""
    model = make_model(scenario)
    source, arguments = diagnose_source(scenario), fit_args(scenario)
    keras.utils.set_random_seed(scenario.seed % 2**31)
    return diagnose(source, model, progress=False, quiet_s=QUIET_S, **arguments)
