"""evaluate and predict on what the model does not take, as ``watch`` records them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import (
    FEATURES,
    KINDS,
    Items,
    arrays,
    batches_of,
    classifier,
    dataset,
    dense,
    generator,
    labels,
    source,
)
from tests.truth.surface.row import Call, fault


@fault(first="input-mismatch", method="predict", verdict="raises", batch=0, says=r"\(8, 3\)", variants=KINDS)
def features_that_are_missing_in_a_prediction(kind: str) -> Call:
    x, _ = arrays()
    return Call(source(kind, batches_of(x[:, :3])), dense())


@features_that_are_missing_in_a_prediction.sound
def a_prediction_on_arrays() -> Call:
    return Call((arrays()[0],), dense())


@features_that_are_missing_in_a_prediction.sound
def a_prediction_on_pairs_of_whatever_labels() -> Call:
    x, _ = arrays()
    return Call(Items([(part, np.zeros(5)) for (part,) in batches_of(x)]), dense())


@features_that_are_missing_in_a_prediction.sound
def a_prediction_on_images_with_labels_that_are_none() -> Call:
    x, _ = arrays()
    return Call(dataset(x, np.zeros((48, 3))), dense())


@fault(first="input-mismatch", method="evaluate", verdict="raises", batch=0, says=r"\((8|None), 3\)", variants=KINDS)
def features_that_are_missing_in_an_evaluation(kind: str) -> Call:
    x, y = arrays()
    return Call(source(kind, batches_of(x[:, :3], y)), dense())


@features_that_are_missing_in_an_evaluation.sound
def an_evaluation_on_arrays() -> Call:
    return Call(arrays(), dense())


@features_that_are_missing_in_an_evaluation.sound
def an_evaluation_on_classes() -> Call:
    return Call(Items(batches_of(*labels())), classifier())


@fault(first="missing-batch-axis", method="predict", verdict="raises", says=r"x\[None\]", variants=((4,), (8, 8, 3)))
def one_sample_in_the_place_of_a_batch(shape: tuple[int, ...]) -> Call:
    model = keras.Sequential([keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(1)])
    return Call((np.ones(shape, "float32"),), model)


@one_sample_in_the_place_of_a_batch.sound
def a_batch_of_one_sample() -> Call:
    return Call((arrays()[0][:1],), dense())


@fault(
    first="input-count",
    method="predict",
    verdict="raises",
    says=(r"predict takes the first element of the tuple for x, the second for y", r"\(a, b\),\)"),
    variants=KINDS,
)
def two_inputs_beside_each_other(kind: str) -> Call:
    x, _ = arrays()
    return Call(source(kind, batches_of(x, x)), two_inputs())


@fault(
    first="input-count",
    method="evaluate",
    verdict="raises",
    says=(r"the second for y, the third for sample_weight", r"\(a, b\), y"),
    variants=KINDS,
)
def two_inputs_and_labels_in_a_row(kind: str) -> Call:
    x, y = arrays()
    return Call(source(kind, batches_of(x, x, y)), two_inputs())


@fault(first="input-count", verdict="raises", says=(r"the second for y", r"\(a, b\), y"), variants=KINDS)
def two_inputs_and_labels_in_a_row_of_fit(kind: str) -> Call:
    return two_inputs_and_labels_in_a_row.rows[KINDS.index(kind)].make()


@fault(first="input-count", method="predict", verdict="raises", says=r"'b'", variants=("array", "dict"))
def an_input_that_is_not_given(kind: str) -> Call:
    x, _ = arrays()
    return Call((x if kind == "array" else {"a": x, "c": x},), two_inputs())


@two_inputs_beside_each_other.sound
def two_inputs_within_a_tuple() -> Call:
    x, _ = arrays()
    return Call(generator([((a, b),) for a, b in batches_of(x, x)]), two_inputs())


@two_inputs_beside_each_other.sound
def two_inputs_by_name() -> Call:
    x, _ = arrays()
    return Call(({"a": x, "b": x},), two_inputs())


@fault(
    first="arity",
    method="evaluate",
    verdict="raises",
    says=(r"there is no y", r"x, y"),
    variants=("arrays", "generator", "PyDataset", "tf.data"),
)
def an_evaluation_without_targets(kind: str) -> Call:
    x, _ = arrays()
    return Call((x,) if kind == "arrays" else source(kind, batches_of(x)), dense())


@fault(first="label-shape", method="evaluate", verdict="raises", says=r"evaluate raises there", variants=KINDS)
def labels_of_another_width_in_an_evaluation(kind: str) -> Call:
    x, _ = arrays()
    return Call(source(kind, batches_of(x, x[:, :2])), dense(3))


@fault(first="labels-out-of-range", method="evaluate", verdict="raises", batch=0, variants=(3, 7))
def classes_that_the_model_does_not_know(label: int) -> Call:
    x, y = labels()
    return Call(Items(batches_of(x, np.where(y == 1, label, y))), classifier())


@fault(first="ids-out-of-range", method="predict", verdict="raises", batch=2, says=r"predict raises", variants=KINDS)
def ids_that_the_model_does_not_know(kind: str) -> Call:
    ids = np.ones((24, FEATURES), "int64")
    ids[16:] = 99
    layers = [keras.Input((FEATURES,)), keras.layers.Embedding(10, 2), keras.layers.Flatten(), keras.layers.Dense(1)]
    return Call(source(kind, batches_of(ids)), keras.Sequential(layers))


def two_inputs() -> Any:
    inputs = [keras.Input((FEATURES,), name=name) for name in "ab"]
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Add()(inputs)))
    model.compile("sgd", "mse")
    return model
