"""Values of fit's arguments that fit cannot work with, or takes for something else."""

from __future__ import annotations

import numpy as np

from tests.truth.surface.build import Items, arrays, batches_of, dataset, dense, generator, labels
from tests.truth.surface.row import Call, fault

NAMED = "no argument"


@fault(
    first="impossible-argument",
    verdict="raises",
    says=(r"steps_per_epoch=6\.0 is a float", NAMED, r"`steps_per_epoch=6`"),
    variants=("arrays", "generator", "dataset", "PyDataset"),
)
def steps_per_epoch_from_a_division(kind: str) -> Call:
    made = {
        "arrays": arrays,
        "generator": lambda: generator(batches_of(*arrays())),
        "dataset": lambda: dataset(*arrays()),
    }
    source = made[kind]() if kind in made else Items(batches_of(*arrays()))
    return Call(source, dense(), steps_per_epoch=48 / 8)


@fault(first="impossible-argument", verdict="raises", says=(r"steps_per_epoch=2\.5 is a float", r"`steps_per_epoch=3`"))
def steps_per_epoch_of_half_a_batch() -> Call:
    return Call(generator(batches_of(*arrays()), endless=True), dense(), steps_per_epoch=20 / 8, epochs=2)


@fault(first="impossible-argument", verdict="raises", says=r"steps_per_epoch='6' is a str")
def steps_per_epoch_as_text() -> Call:
    return Call(dataset(*arrays()), dense(), steps_per_epoch="6")


@fault(
    first="impossible-argument",
    verdict="raises",
    says=r"validation_steps=2\.0 is a float",
    variants=("arrays", "dataset"),
)
def validation_steps_from_a_division(kind: str) -> Call:
    validation = arrays(16, seed=5)
    validation = validation if kind == "arrays" else dataset(*validation)
    return Call(generator(batches_of(*arrays())), dense(), validation_data=validation, validation_steps=16 / 8)


@fault(first="impossible-argument", verdict="raises", says=r"validation_freq=0")
def validation_freq_of_0() -> Call:
    return Call(arrays(), dense(), validation_data=arrays(16, seed=5), validation_freq=0, epochs=2)


@fault(first="impossible-argument", verdict="raises", says=r"epochs=2\.0 is a float")
def epochs_as_a_float() -> Call:
    return Call(dataset(*arrays()), dense(), epochs=2.0)


@fault(first="impossible-argument", verdict="raises", says=r"batch_size=8\.0 is a float")
def batch_size_as_a_float() -> Call:
    return Call(arrays(), dense(), batch_size=8.0)


@fault(first="impossible-argument", verdict="raises", says=r"steps_per_epoch=-1 is below 0")
def steps_per_epoch_below_0_with_arrays() -> Call:
    return Call(arrays(), dense(), steps_per_epoch=-1)


@steps_per_epoch_from_a_division.sound
def steps_per_epoch_of_numpy() -> Call:
    return Call(generator(batches_of(*arrays())), dense(), steps_per_epoch=np.int64(48) // 8)


@steps_per_epoch_from_a_division.sound
def a_list_of_epochs_to_validate_after() -> Call:
    return Call(arrays(), dense(), validation_data=arrays(16, seed=5), validation_freq=[1, 3], epochs=3)


@fault(
    first="unsupported-argument",
    verdict="raises",
    says="validation_split",
    variants=("generator", "PyDataset", "dataset"),
)
def validation_split_without_arrays(kind: str) -> Call:
    batches = batches_of(*arrays())
    source = {"generator": generator(batches), "PyDataset": Items(batches)}.get(kind) or dataset(*arrays())
    return Call(source, dense(), validation_split=0.2)


@fault(
    first="unsupported-argument", verdict="raises", says="sample_weight", variants=("generator", "PyDataset", "dataset")
)
def sample_weight_beside_a_source_of_batches(kind: str) -> Call:
    batches = batches_of(*arrays())
    source = {"generator": generator(batches), "PyDataset": Items(batches)}.get(kind) or dataset(*arrays())
    return Call(source, dense(), sample_weight=np.ones(48))


@fault(first="unsupported-argument", verdict="raises", says=r"yield x, y, class_weights\[y\]")
def class_weight_with_a_generator() -> Call:
    from tests.truth.surface.build import classifier

    return Call(generator(batches_of(*labels())), classifier(), class_weight={0: 1.0, 1: 2.0, 2: 2.0})


@validation_split_without_arrays.sound
def validation_split_of_arrays() -> Call:
    return Call(arrays(), dense(), validation_split=0.2)


@validation_split_without_arrays.sound
def a_batch_size_beside_arrays() -> Call:
    return Call(arrays(), dense(), batch_size=16, validation_split=0.25, validation_batch_size=4)
