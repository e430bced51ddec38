"""Training and validation rows that are scaled each on its own, and others that only look so."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.truth.surface.build import FEATURES, Items, batches_of, dense, generator
from tests.truth.surface.row import Call, fault


def between(rows: Any, by: Any) -> Any:
    return (rows - by.min(0)) / (by.max(0) - by.min(0))


def about_zero(rows: Any, by: Any) -> Any:
    return between(rows, by) * 2 - 1


def centred(rows: Any, by: Any) -> Any:
    return (rows - by.mean(0)) / by.std(0)


def days() -> tuple[Any, Any]:
    random = np.random.default_rng(0)
    return random.uniform(0, 100, (48, FEATURES)), random.uniform(60, 100, (24, FEATURES))


def parts(scale: Any, *, apart: bool) -> tuple[Any, Any]:
    early, late = days()
    x, other = scale(early, early).astype("float32"), scale(late, late if apart else early).astype("float32")
    return (x, x[:, :1]), (other, other[:, :1] + 0.01)


@fault(first="scaled-apart", says=(r"4 features", r"own numbers", r"likely", r"transform"),
       variants=(between, about_zero, centred))  # fmt: skip
def a_scaler_for_each_set(scale: Any) -> Call:
    train, validation = parts(scale, apart=True)
    return Call(train, dense(), epochs=2, batch_size=8, validation_data=validation)


@fault(first="scaled-apart", says=r"from 0 to 1", variants=("PyDataset", "generator"))
def a_scaler_for_each_source(kind: str) -> Call:
    train, validation = (batches_of(*each) for each in parts(between, apart=True))
    source = Items(train) if kind == "PyDataset" else generator(train)
    return Call(source, dense(), validation_data=Items(validation))


@a_scaler_for_each_set.sound
def one_scaler_for_both() -> Call:
    train, validation = parts(between, apart=False)
    return Call(train, dense(), epochs=2, validation_data=validation)
