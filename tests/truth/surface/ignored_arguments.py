"""Arguments that fit ignores, refuses or takes for something else, beside each kind of source."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.truth.surface.build import KINDS, Items, arrays, batches_of, classifier, dataset, dense, generator, labels
from tests.truth.surface.build import source as made
from tests.truth.surface.row import Call, fault

EACH = ("arrays", *KINDS)


def of(kind: str) -> Any:
    return arrays() if kind == "arrays" else made(kind, batches_of(*arrays()))


def other() -> Any:
    return arrays(16, seed=5)


@fault(first="unsupported-argument", says=(r"batch_size=4 is ignored", r"its own batches"), variants=KINDS)
def a_batch_size_beside_batches(kind: str) -> Call:
    return Call(of(kind), dense(), batch_size=4)


@fault(first="unsupported-argument", says=(r"validation_steps=2 is ignored", r"nothing to validate on"), variants=EACH)
def validation_steps_without_validation_data(kind: str) -> Call:
    return Call(of(kind), dense(), validation_steps=2)


@fault(first="unsupported-argument", says=r"is ignored", variants=("validation_batch_size", "validation_freq"))
def an_argument_of_a_validation_that_there_is_not(name: str) -> Call:
    return Call(arrays(), dense(), **{name: 2})


@fault(first="unsupported-argument", says=r"brings its own batches", variants=("PyDataset", "tf.data"))
def a_validation_batch_size_beside_batches(kind: str) -> Call:
    return Call(arrays(), dense(), validation_data=made(kind, batches_of(*other())), validation_batch_size=4)


@fault(first="unsupported-argument", says=(r"validation_split is ignored", r"validates on validation_data"))
def a_share_beside_validation_data() -> Call:
    return Call(arrays(), dense(), validation_split=0.25, validation_data=other())


@fault(
    first="unsupported-argument",
    verdict="raises",
    says=(r"super\(\).__init__\((workers=3|use_multiprocessing=True|max_queue_size=20)\)",),
    variants=("workers", "use_multiprocessing", "max_queue_size"),
)
def workers_of_a_dataset_given_to_fit(name: str) -> Call:
    value = {"workers": 3, "use_multiprocessing": True, "max_queue_size": 20}[name]
    return Call(Items(batches_of(*arrays())), dense(), **{name: value})


@fault(
    first="unsupported-argument", verdict="raises", says=(r"does not take y=", r"second element|zip"), variants=KINDS
)
def targets_beside_batches(kind: str) -> Call:
    return Call(of(kind), dense(), y=arrays()[1])


@fault(first="steps-not-positive", says=(r"batch_size is 0", r"32 samples"), variants=("numpy", "int"))
def a_batch_size_of_0(kind: str) -> Call:
    return Call(arrays(), dense(), batch_size=48 // 64 if kind == "int" else np.int64(0))


@fault(first="impossible-argument", verdict="raises", says=(r"0\.99\d* leaves no sample", r"0\.2"), variants=(48, 12))
def a_share_that_leaves_nothing(rows: int) -> Call:
    return Call(arrays(rows), dense(), validation_split=0.999)


@fault(
    first="class-weight-mismatch",
    verdict="raises",
    says=(r"the text 'balanced'", r"np\.unique\(y\)"),
    variants=("arrays", "PyDataset"),
)
def weights_asked_for_by_name(kind: str) -> Call:
    source = labels() if kind == "arrays" else Items(batches_of(*labels()))
    return Call(source, classifier(), class_weight="balanced")


@validation_steps_without_validation_data.sound
def validation_steps_beside_validation_data() -> Call:
    return Call(arrays(), dense(), validation_data=other(), validation_batch_size=8, validation_steps=1)


@validation_steps_without_validation_data.sound
def shuffled_by_batch() -> Call:
    return Call(arrays(), dense(), batch_size=8, shuffle="batch")


@a_batch_size_beside_batches.sound
def a_batch_size_beside_arrays_and_a_dataset_to_validate_on() -> Call:
    return Call(arrays(), dense(), batch_size=16, validation_data=dataset(*other()), validation_freq=1)


@a_share_beside_validation_data.sound
def a_share_alone() -> Call:
    return Call(arrays(), dense(), validation_split=0.25, validation_batch_size=4, validation_freq=2, epochs=2)


@targets_beside_batches.sound
def targets_in_the_batches() -> Call:
    return Call(generator(batches_of(*arrays())), dense(), steps_per_epoch=6)
