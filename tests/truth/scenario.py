"""One random scenario: a source, its faults, a model and fit's arguments, all drawn from one seed."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from packaging.version import Version

from tests.support.versions import KERAS
from tests.truth.anomalies import FOR_ARRAYS, LATER, fitting

KINDS = {  # with the share of the scenarios that draw it
    "generator function": 0.3,
    "generator": 0.16,
    "PyDataset": 0.18,
    "PyDataset, 2 workers": 0.12,
    "tf.data": 0.14,
    "arrays": 0.1,
}
Y_DTYPES = {
    "mse": ("float32", "float64"),
    "binary_crossentropy": ("float32", "int64", "uint8"),
    "sparse_categorical_crossentropy": ("int64", "int32", "uint8"),
    "categorical_crossentropy": ("float32", "int64"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """An anomaly at one batch, or from it on."""

    name: str
    at: int
    onwards: bool = False


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything that a scenario is made from; drawn by ``draw``."""

    seed: int
    kind: str = "generator function"
    structure: str = "plain"  # plain, dict, tuple
    model: str = "sequential"  # sequential, unbuilt, functional, two outputs, own step, embedding
    loss: str = "mse"
    shape: tuple[int, ...] = (3,)
    x_dtype: str = "float32"
    y_dtype: str = "float32"
    weighted: bool = False
    n: int = 6
    ragged: bool = False
    endless: bool = False
    once: bool = False  # a tf.data.Dataset around one generator object
    reused: bool = False  # one buffer filled again and again
    faults: tuple[Fault, ...] = ()
    epochs: int = 1
    steps: int | None = None
    per_execution: int = 1
    validation: str = "none"  # none, generator, arrays
    validation_faults: tuple[Fault, ...] = ()
    eagerly: bool = False
    optimizer: str = "sgd"
    shuffle: bool = False
    class_weight: bool = False
    rate: float | None = None  # of learning, where it is none that holds
    initial_epoch: int = 0
    callback: str = "none"  # none, stops, raises, exits: none of them is run by diagnose

    @property
    def one_shot(self) -> bool:
        """Whether the source can be read once only."""
        return self.kind.startswith("generator") or self.once

    @property
    def races(self) -> bool:
        """Whether what is delivered hangs on timing: Keras before 3.7 stopped its workers at each epoch's end."""
        return Version("3.7") > KERAS and "workers" in self.kind and (self.steps is not None or self.shuffle)

    def __str__(self) -> str:
        said = [f"{f.name}={value!r}" for f in fields(self) if (value := getattr(self, f.name)) != f.default]
        return f"Scenario({', '.join(said)})"


def draw(seed: int, version: int = 1) -> Scenario:
    """Draw the scenario of this seed; a later version changes what the first one draws, which stays as it is."""
    first = _draw(seed)
    return first if version == 1 else _changed(first, np.random.default_rng([seed, version]))


def _changed(given: Scenario, random: np.random.Generator) -> Scenario:
    """Put in what the first version does not draw."""
    by_batch = given.kind != "arrays"
    names = [*fitting({"structure": given.structure, "weighted": given.weighted, "loss": given.loss}), *LATER]
    names = [name for name in names if by_batch or name in FOR_ARRAYS]
    changes: dict[str, Any] = {
        "rate": _one(random, (None, 1e3, 1e18), weights=(0.75, 0.1, 0.15)),
        "initial_epoch": _one(random, (0, given.epochs - 1, given.epochs), weights=(0.88, 0.06, 0.06)),
        "callback": _one(random, ("none", "stops", "raises", "exits"), weights=(0.7, 0.1, 0.1, 0.1)),
        "per_execution": _one(random, (given.per_execution, 2, 3), weights=(0.6, 0.2, 0.2)),
        "shuffle": given.shuffle or (given.kind.startswith("PyDataset") and random.random() < 0.4),
    }
    if by_batch and given.kind != "tf.data" and random.random() < 0.15:
        changes["faults"] = (*given.faults, _fault(random, list(LATER), given.n))
    elif random.random() < 0.2:
        changes["faults"] = (*given.faults, *(_fault(random, names, given.n) for _ in range(2)))
    return replace(given, **changes)


def _draw(seed: int) -> Scenario:
    random = np.random.default_rng(seed)
    chosen = _source(random) | _data(random)
    chosen |= _training(random, chosen)
    chosen["faults"] = _faults(random, chosen)
    if chosen["validation"] == "generator" and random.random() < 0.4:
        chosen["validation_faults"] = (_fault(random, fitting(chosen), 3),)
    return Scenario(seed, **chosen)


def _source(random: np.random.Generator) -> dict[str, Any]:
    kind = _one(random, tuple(KINDS), weights=tuple(KINDS.values()))
    by_generator = kind.startswith("generator")
    return {
        "kind": kind,
        "n": int(random.integers(2, 9)),
        "ragged": kind != "arrays" and random.random() < 0.3,
        "endless": by_generator and random.random() < 0.25,
        "once": kind == "tf.data" and random.random() < 0.3,
        "reused": by_generator and random.random() < 0.06,
    }


def _data(random: np.random.Generator) -> dict[str, Any]:
    structure = _one(random, ("plain", "dict", "tuple"), weights=(0.6, 0.2, 0.2))
    models = (
        ("sequential", "unbuilt", "two outputs", "own step", "embedding") if structure == "plain" else ("functional",)
    )
    model = _one(random, models)
    loss = "mse" if model in {"two outputs", "own step"} else _one(random, tuple(Y_DTYPES))
    x_dtype = _one(random, ("float32", "float64", "uint8", "int32"), weights=(0.6, 0.15, 0.15, 0.1))
    if model == "embedding":
        x_dtype = _one(random, ("int32", "uint8"))
    return {
        "structure": structure,
        "model": model,
        "loss": loss,
        "shape": _one(random, ((3,), (5,), (1,), (4, 4, 1)), weights=(0.5, 0.2, 0.1, 0.2)),
        "x_dtype": x_dtype,
        "y_dtype": _one(random, Y_DTYPES[loss]),
        "weighted": model not in {"two outputs", "own step"} and random.random() < 0.2,
    }


def _training(random: np.random.Generator, chosen: dict[str, Any]) -> dict[str, Any]:
    n = chosen["n"]
    steps = _one(random, (None, max(1, n // 2), n - 1, n, n + 2), weights=(0.5, 0.15, 0.1, 0.15, 0.1))
    if chosen["endless"] and random.random() < 0.9:
        steps = steps or n
    return {
        "epochs": _one(random, (1, 2, 3, 4), weights=(0.4, 0.2, 0.2, 0.2)),
        "steps": steps,
        "per_execution": _one(random, (1, 2, 4), weights=(0.75, 0.15, 0.1)),
        "validation": _one(random, ("none", "generator", "arrays"), weights=(0.7, 0.2, 0.1)),
        "eagerly": random.random() < 0.2,
        "optimizer": _one(random, ("sgd", "adam")),
        "shuffle": chosen["kind"].startswith("PyDataset") and random.random() < 0.15,
        "class_weight": random.random() < 0.03,
    }


def _faults(random: np.random.Generator, chosen: dict[str, Any]) -> tuple[Fault, ...]:
    names = [name for name in fitting(chosen) if chosen["kind"] != "arrays" or name in FOR_ARRAYS]
    count = _one(random, (0, 1, 2), weights=(0.2, 0.55, 0.25))
    return tuple(_fault(random, names, chosen["n"]) for _ in range(count))


def _fault(random: np.random.Generator, names: list[str], n: int) -> Fault:
    return Fault(_one(random, names), int(random.integers(n)), onwards=bool(random.random() < 0.15))


def _one(random: np.random.Generator, among: Any, weights: tuple[float, ...] | None = None) -> Any:
    return among[int(random.choice(len(among), p=weights))]
