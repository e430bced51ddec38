"""What type the values are, and what is lost where one becomes another."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import Items, arrays, batches_of, classifier, dense, generator, labels
from tests.truth.surface.row import Call, fault


def sigmoid() -> Any:
    return dense(loss="binary_crossentropy", activation="sigmoid")


@fault(
    first="dtype-drift", batch=1, says=(r"int64", r"float64", r"no value changed"), variants=("generator", "PyDataset")
)
def labels_that_alternate_without_loss(kind: str) -> Call:
    batches = [(x, y.astype(float) if i % 2 else y) for i, (x, y) in enumerate(batches_of(*labels(classes=2)))]
    return Call(generator(batches) if kind == "generator" else Items(batches), sigmoid(), shuffle=False)


@labels_that_alternate_without_loss.sound
def labels_of_one_type() -> Call:
    return Call(generator(batches_of(*labels(classes=2))), sigmoid())


@labels_that_alternate_without_loss.sound
def labels_of_true_and_false() -> Call:
    x, y = labels(classes=2)
    return Call(generator(batches_of(x, y.astype(bool))), sigmoid())


@fault(
    first="silent-cast", verdict="trains on altered data", says=r"astype", variants=("targets", "inputs", "PyDataset")
)
def values_cut_to_the_type_of_batch_0(kind: str) -> Call:
    x, y = arrays()
    batches = batches_of(x * 9, y)
    first = (
        (batches[0][0].astype("int16"), batches[0][1])
        if kind == "inputs"
        else (batches[0][0], batches[0][1].astype(int))
    )
    batches = [first, *batches[1:]]
    return Call(Items(batches) if kind == "PyDataset" else generator(batches), dense(), shuffle=False)


@values_cut_to_the_type_of_batch_0.sound
def a_shorter_float_after_a_longer_one() -> Call:
    batches = [(x.astype("float64") if i else x, y) for i, (x, y) in enumerate(batches_of(*arrays()))]
    return Call(generator(batches), dense())


@fault(first="object-or-string-dtype", verdict="raises", says=r"StringLookup", variants=("arrays", "generator"))
def labels_of_text(kind: str) -> Call:
    x, y = labels()
    named = np.array(["cat", "dog", "fox"])[y]
    return Call((x, named) if kind == "arrays" else generator(batches_of(x, named)), classifier())


@fault(first="object-or-string-dtype", verdict="raises", says=r"objects", variants=("arrays", "generator"))
def inputs_of_objects(kind: str) -> Call:
    x, y = arrays()
    return Call((x.astype(object), y) if kind == "arrays" else generator(batches_of(x.astype(object), y)), dense())


@fault(
    first="object-or-string-dtype", verdict="raises", says=(r"dates", r"timedelta64"), variants=("arrays", "generator")
)
def targets_of_dates(kind: str) -> Call:
    x, _ = arrays()
    days = np.datetime64("2020-01-01") + np.arange(48)
    return Call((x, days) if kind == "arrays" else generator(batches_of(x, days)), dense())


@targets_of_dates.sound
def days_since_the_first() -> Call:
    x, _ = arrays()
    days = np.datetime64("2020-01-01") + np.arange(48)
    since = ((days - days.min()) / np.timedelta64(48, "D")).astype("float32")
    return Call((x, since), dense())


@fault(first="complex-dtype", batch=0, says=r"real", variants=("complex64", "complex128"))
def complex_inputs(dtype: str) -> Call:
    x, y = arrays()
    return Call(generator(batches_of((x + 1j * x[::-1]).astype(dtype), y)), dense())


@complex_inputs.sound
def two_channels_of_a_complex_number() -> Call:
    x, y = arrays()
    wave = x + 1j * x[::-1]
    return Call((np.concatenate([wave.real, wave.imag], axis=1)[:, :4], y), dense())


@fault(first="rounded-in-model", batch=0, says=r"1[67]\d{8}", variants=("int64", "float64"))
def times_in_milliseconds(dtype: str) -> Call:
    x, y = arrays()
    model = dense()
    model.compile(keras.optimizers.SGD(1e-12), "mae")
    return Call(generator(batches_of(x, (1.7e12 + y.astype("float64") * 1000).astype(dtype))), model)


@times_in_milliseconds.sound
def times_in_days_since_a_start() -> Call:
    x, y = arrays()
    return Call(generator(batches_of(x, (y * 1000).astype("int64") / 1000)), dense())


@fault(first="nan-inf", verdict="trains to NaN", says=r"inf", variants=("y", "x"))
def infinity(where: str) -> Call:
    x, y = arrays()
    (y if where == "y" else x)[19, 0] = np.inf
    return Call(generator(batches_of(x, y)), dense())


@infinity.sound
def the_largest_half_precision_number() -> Call:
    x, y = arrays()
    return Call(generator(batches_of(x.astype("float16"), y.astype("float16"))), dense())
