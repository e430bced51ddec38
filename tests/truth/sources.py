"""Scenario -> the source that fit gets, and the one that ``diagnose`` gets."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tests.truth.anomalies import Raises
from tests.truth.batches import ROWS, batches, clean, with_faults
from tests.truth.leaves import each, leaves
from tests.truth.scenario import Scenario

VALIDATION = 3  # batches
SOURCE_RAISED, CALLBACK_RAISED = "raised by the source", "raised by the callback"


def fit_source(scenario: Scenario) -> dict[str, Any]:
    """What ``model.fit`` gets as data: ``x``, and ``y`` and ``sample_weight`` for arrays."""
    source = _source(scenario, batches(scenario))
    if scenario.kind == "generator function":
        return {"x": source()}
    return dict(zip(("x", "y", "sample_weight"), source, strict=False)) if scenario.kind == "arrays" else {"x": source}


def diagnose_source(scenario: Scenario) -> Any:
    """What ``diagnose`` gets."""
    return _source(scenario, batches(scenario))


def fit_args(scenario: Scenario) -> dict[str, Any]:
    """The arguments of fit, alike for both; a validation generator is made anew by each call."""
    chosen: dict[str, Any] = {"epochs": scenario.epochs, "shuffle": scenario.shuffle}
    chosen |= {"steps_per_epoch": scenario.steps} if scenario.steps else {}
    chosen |= {"initial_epoch": scenario.initial_epoch} if scenario.initial_epoch else {}
    chosen |= {"batch_size": ROWS} if scenario.kind == "arrays" else {}
    chosen |= {"class_weight": {0: 1.0, 1: 2.0, 2: 1.0}} if scenario.class_weight else {}
    if scenario.validation != "none":
        given = with_faults(clean(scenario, [ROWS] * VALIDATION), scenario.validation_faults)
        chosen["validation_data"] = _generator(given) if scenario.validation == "generator" else _arrays(given)
    return chosen


def callbacks(scenario: Scenario) -> list[Any]:
    """The callback of the scenario, which diagnose leaves out and watch does not."""

    class OwnCallback(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002  (Keras's signature)
            self.model.stop_training = scenario.callback == "stops"

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002  (Keras's signature)
            if scenario.callback in {"raises", "exits"} and batch >= 1:
                raise {"raises": ValueError, "exits": SystemExit}[scenario.callback](CALLBACK_RAISED)

    return [] if scenario.callback == "none" else [OwnCallback()]


def _source(scenario: Scenario, given: list[Any]) -> Any:
    endless, reused = scenario.endless, scenario.reused
    if scenario.kind == "generator function":
        return lambda: _generator(given, endless=endless, reused=reused)
    if scenario.kind == "generator":
        return _generator(given, endless=endless, reused=reused)
    if scenario.kind == "tf.data":
        return _dataset(scenario, given)
    if scenario.kind == "arrays":
        return _arrays(given)
    if scenario.kind.startswith("PyDataset"):
        return Items(given, workers=2 if "2" in scenario.kind else 1)
    msg = f"no source is made here for the kind {scenario.kind!r}: add it above"
    raise ValueError(msg)


def _generator(given: list[Any], *, endless: bool = False, reused: bool = False) -> Iterator[Any]:
    buffer: Any = None
    for batch in itertools.cycle(given) if endless else given:
        fresh = _yielded(batch)
        if reused:
            buffer = _refilled(buffer, fresh)
        yield buffer if reused else fresh


def _refilled(buffer: Any, fresh: Any) -> Any:
    old, new = leaves(buffer), leaves(fresh)
    if len(old) != len(new) or not all(map(_takes, old, new)):
        return fresh
    for before, after in zip(old, new, strict=True):
        before[...] = after
    return buffer


def _takes(buffer: Any, fresh: Any) -> bool:
    return isinstance(buffer, np.ndarray) and buffer.shape == np.shape(fresh) and buffer.dtype == fresh.dtype


def _yielded(batch: Any) -> Any:
    if isinstance(batch, Raises):
        raise batch.error(SOURCE_RAISED)
    return each(np.copy, batch)


class Items(keras.utils.PyDataset):
    """The batches by index."""

    def __init__(self, given: list[Any], workers: int) -> None:
        super().__init__(workers=workers)
        self.given = given

    def __len__(self) -> int:
        return len(self.given)

    def __getitem__(self, index: int) -> Any:
        return _yielded(self.given[index])


def _dataset(scenario: Scenario, given: list[Any]) -> Any:
    signature = _signature(clean(scenario, [ROWS])[0])
    one = _generator(given)
    make = (lambda: one) if scenario.once else (lambda: _generator(given))
    return tf.data.Dataset.from_generator(make, output_signature=signature)


def _signature(batch: Any) -> Any:
    return each(lambda leaf: tf.TensorSpec((None, *leaf.shape[1:]), leaf.dtype), batch)


def _arrays(given: list[Any]) -> Any:
    columns = [np.concatenate(column) for column in zip(*(leaves(batch) for batch in given), strict=True)]
    taken = iter(columns)
    first = next(batch for batch in given if isinstance(batch, tuple))
    return each(lambda _: next(taken), _sorted(first))


def _sorted(batch: Any) -> Any:
    x, *others = batch
    return ({key: x[key] for key in sorted(x)} if isinstance(x, dict) else x, *others)
