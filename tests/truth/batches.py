"""Scenario -> the batches of one pass, each with its number at the first place of x, and with its faults."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.truth.anomalies import apply
from tests.truth.scenario import Fault, Scenario

ROWS, CLASSES = 4, 3


def batches(scenario: Scenario) -> list[Any]:
    """Every batch of one pass, with its faults."""
    rows = [ROWS] * scenario.n
    if scenario.ragged:
        rows[-1] = 1 + scenario.seed % (ROWS - 1)
    return with_faults(clean(scenario, rows), scenario.faults)


def clean(scenario: Scenario, rows: list[int]) -> list[Any]:
    """Batches without a fault, of so many rows each."""
    random = np.random.default_rng(scenario.seed)
    return [_batch(scenario, number, count, random) for number, count in enumerate(rows)]


def with_faults(given: list[Any], faults: tuple[Fault, ...]) -> list[Any]:
    """Put the faults in."""
    for fault in faults:
        for place in range(fault.at, len(given) if fault.onwards else min(fault.at + 1, len(given))):
            given[place] = apply(fault.name, given[place])
    return given


def _batch(scenario: Scenario, number: int, rows: int, random: np.random.Generator) -> tuple[Any, ...]:
    x = _x(scenario, rows, random)
    x.reshape(-1)[0] = number
    other = _x(scenario, rows, random)
    inputs = {"plain": x, "dict": {"a": x, "b": other}, "tuple": (x, other)}[scenario.structure]
    y = _y(scenario, rows, random)
    weights = (random.random(rows).astype("float32") + np.float32(0.1),) if scenario.weighted else ()
    return (inputs, (y, _y(scenario, rows, random)) if scenario.model == "two outputs" else y, *weights)


def _x(scenario: Scenario, rows: int, random: np.random.Generator) -> Any:
    size = (rows, *scenario.shape)
    whole = scenario.x_dtype in {"uint8", "int32"}
    return (random.integers(0, 9, size) if whole else random.normal(size=size)).astype(scenario.x_dtype)


def _y(scenario: Scenario, rows: int, random: np.random.Generator) -> Any:
    labels = random.integers(0, CLASSES, rows)
    made = {
        "mse": random.normal(size=(rows, 1)),
        "binary_crossentropy": (labels > 0)[:, None],
        "sparse_categorical_crossentropy": labels,
        "categorical_crossentropy": np.eye(CLASSES)[labels],
    }
    return made[scenario.loss].astype(scenario.y_dtype)
