"""What a batch is: tuples, dicts, Nones, lists."""

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
    dense,
    generator,
    source,
)
from tests.truth.surface.row import Call, fault

BAD = 3


@fault(first="not-a-tuple", verdict="raises", batch=0, says=r"tuple", variants=(list, dict, np.ndarray))
def no_tuple_from_a_generator(kind: type) -> Call:
    batches: list[Any] = batches_of(*arrays())
    if kind is dict:
        return Call(generator([{"x": x, "y": y} for x, y in batches]), dense())
    return Call(generator([list(batch) if kind is list else batch[0] for batch in batches]), dense())


@no_tuple_from_a_generator.sound
def a_list_from_a_pydataset() -> Call:
    return Call(Items([list(batch) for batch in batches_of(*arrays())]), dense())


@no_tuple_from_a_generator.sound
def a_tuple_from_a_generator() -> Call:
    return Call(generator(batches_of(*arrays())), dense())


@fault(first="xy-length-mismatch", verdict="raises", batch=BAD, variants=KINDS)
def one_label_short(kind: str) -> Call:
    batches: list[Any] = batches_of(*arrays())
    batches[BAD] = batches[BAD][0], batches[BAD][1][:-1]
    return Call(source(kind, batches), dense(), shuffle=False)


@one_label_short.sound
def the_last_batch_is_smaller() -> Call:
    return Call(source(KINDS[0], batches_of(*arrays(45))), dense())


@fault(first="xy-length-mismatch", batch=BAD, says=r"broadcast", variants=("x", "y"))
def one_row_is_broadcast(role: str) -> Call:
    batches: list[Any] = batches_of(*arrays())
    x, y = batches[BAD]
    batches[BAD] = (x[:1], y) if role == "x" else (x, y[:1])
    return Call(generator(batches), dense())


@one_row_is_broadcast.sound
def the_last_batch_is_one_row() -> Call:
    return Call(generator(batches_of(*arrays(41))), dense())


@fault(first="xy-length-mismatch", verdict="raises", batch=0, says=r"rows")
def every_batch_is_a_label_short() -> Call:
    return Call(generator([(x, y[1:]) for x, y in batches_of(*arrays())]), dense())


@fault(first="arity", verdict="raises", batch=0, says=r"three", variants=KINDS[:2])
def four_elements(kind: str) -> Call:
    return Call(source(kind, [(x, x, y, y) for x, y in batches_of(*arrays())]), dense())


@fault(first="none-in-batch", verdict="raises", batch=BAD, says=r"None", variants=("batch", "y", "item"))
def nothing_in_the_place_of(part: str) -> Call:
    batches: list[Any] = batches_of(*arrays())
    batches[BAD] = (batches[BAD][0], None) if part == "y" else None
    return Call(Items(batches) if part == "item" else generator(batches), dense(), shuffle=False)


@fault(first="structure-drift", verdict="raises", batch=BAD, variants=("weights", "keys", "alone"))
def another_structure(kind: str) -> Call:
    batches: list[Any] = batches_of(*arrays())
    if kind == "keys":
        batches = [({"a": x}, y) for x, y in batches]
    x, y = batches[BAD]
    odd = {
        "weights": (x, y, np.ones(len(y))),
        "keys": ({"b": 0} if kind != "keys" else {"b": x["a"]}, y),
        "alone": (x,),
    }
    batches[BAD] = odd[kind]
    return Call(generator(batches), keyed() if kind == "keys" else dense())


def keyed(*names: str) -> Any:
    given = {name: keras.Input((FEATURES,), name=name) for name in names or ("a",)}
    joined = keras.layers.Concatenate()(list(given.values())) if len(given) > 1 else next(iter(given.values()))
    model = keras.Model(given, keras.layers.Dense(1)(joined))
    model.compile("sgd", "mse")
    return model


@another_structure.sound
def keys_in_another_order() -> Call:
    batches = batches_of(*arrays())
    return Call(
        generator([({"b": x, "a": x} if k % 2 else {"a": x, "b": x}, y) for k, (x, y) in enumerate(batches)]),
        keyed("a", "b"),
    )


@fault(first="input-count", verdict="raises", batch=0, says=r"input", variants=KINDS)
def one_input_of_two(kind: str) -> Call:
    return Call(source(kind, [({"a": x}, y) for x, y in batches_of(*arrays())]), keyed("a", "b"))


@fault(first="list-of-inputs", verdict="raises", batch=0, says=r"list|tuple")
def a_list_of_inputs() -> Call:
    one, two = keras.Input((FEATURES,)), keras.Input((FEATURES,))
    model = keras.Model([one, two], keras.layers.Dense(1)(keras.layers.Concatenate()([one, two])))
    model.compile("sgd", "mse")
    return Call(generator([([x, x], y) for x, y in batches_of(*arrays())]), model)


@a_list_of_inputs.sound
def a_tuple_of_inputs() -> Call:
    call = a_list_of_inputs.rows[0].make()
    return Call(generator([((x, x), y) for x, y in batches_of(*arrays())]), call.model)


@fault(first="target-structure", verdict="raises", batch=0, says=r"output", variants=KINDS)
def targets_by_other_names(kind: str) -> Call:
    given = keras.Input((FEATURES,))
    model = keras.Model(given, {name: keras.layers.Dense(1, name=name)(given) for name in ("left", "right")})
    model.compile("sgd", "mse")
    return Call(source(kind, [(x, {"left": y, "wrong": y}) for x, y in batches_of(*arrays())]), model)


@targets_by_other_names.sound
def two_outputs() -> Call:
    call = targets_by_other_names.rows[0].make()
    return Call(Items([(x, {"left": y, "right": y}) for x, y in batches_of(*arrays())]), call.model)


@fault(first="python-list-leaf", verdict="raises", says=r"np\.(array|stack)", variants=("x", "y", "weights"))
def a_python_list_in_the_batch(role: str) -> Call:
    made = {
        "x": [(x.tolist(), y) for x, y in batches_of(*arrays())],
        "y": [(x, y[:, 0].tolist()) for x, y in batches_of(*arrays())],
        "weights": [(x, y, [1.0] * len(y)) for x, y in batches_of(*arrays())],
    }
    return Call(Items(made[role]), dense())


@fault(first="not-iterable", verdict="raises", says=r"generator", variants=(zip, map, list))
def no_source_of_fits(kind: Any) -> Call:
    batches = batches_of(*arrays())
    made = {zip: lambda: zip(*zip(*batches)), map: lambda: map(tuple, batches), list: lambda: batches}  # noqa: B905
    return Call(made[kind](), dense())


@fault(first="unsupported-argument", verdict="raises", variants=("y", "sample_weight", "validation_split"))
def an_argument_for_arrays_alone(name: str) -> Call:
    given: Any = 0.5 if name == "validation_split" else np.ones((48, 1), "float32")
    return Call(generator(batches_of(*arrays())), dense(), **{name: given})


@fault(first="object-or-string-dtype", verdict="raises", batch=0, says=r"dates", variants=("generator", "PyDataset"))
def dates_for_labels(kind: str) -> Call:
    x, _ = arrays()
    return Call(source(kind, batches_of(x, np.arange(len(x)).astype("datetime64[D]"))), dense())


@fault(
    first="fit-refuses",
    verdict="raises",
    says=(r"Invalid dtype", r"Look at batch 0, which is x float32 \(8, 4\), y void32 \(8,\)"),
    variants=("generator", "PyDataset"),
)
def bytes_of_no_kind_for_labels(kind: str) -> Call:
    x, _ = arrays()
    return Call(source(kind, batches_of(x, np.zeros(len(x), "V4"))), dense())


@fault(
    first="fit-refuses",
    verdict="raises",
    says=(r"in the validation", r"look at validation_data, which is .*y void32", r"model\.evaluate"),
    variants=("generator", "PyDataset"),
)
def bytes_of_no_kind_in_validation(kind: str) -> Call:
    x, _ = arrays(16, seed=5)
    given = source(kind, batches_of(x, np.zeros(len(x), "V4")))
    return Call(Items(batches_of(*arrays())), dense(), validation_data=given() if kind == "generator" else given)


@fault(first="model-rejects", verdict="raises", batch=0, says=(r"raises", r"[Ll]ook at|Compare"), variants=KINDS)
def a_loss_of_its_own_that_wants_pairs(kind: str) -> Call:
    def pairs(y: Any, predicted: Any) -> Any:
        return keras.ops.square(keras.ops.matmul(y, keras.ops.ones((2, 1))) - predicted)

    return Call(source(kind, batches_of(*arrays())), dense(loss=pairs))


@fault(first="compile-argument", verdict="raises", batch=0, says=(r"loss_weights", r"metrics="), variants=KINDS)
def metrics_by_position(kind: str) -> Call:
    model = dense()
    model.compile("sgd", "mse", ["mae"])
    return Call(source(kind, batches_of(*arrays())), model)


@metrics_by_position.sound
def weights_of_losses() -> Call:
    model = dense()
    model.compile("sgd", "mse", [0.5], ["mae"])
    return Call(generator(batches_of(*arrays())), model)


def stateful(size: int) -> Any:
    layers = [keras.Input(batch_shape=(size, 2, 2)), keras.layers.GRU(2, stateful=True), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile("sgd", "mse")
    return model


def sequences(rows: int = 48) -> tuple[Any, Any]:
    x, y = arrays(rows)
    return x.reshape(-1, 2, 2), y


@fault(first="static-batch", verdict="raises", batch=5, says=r"drop_remainder|full batches", variants=KINDS)
def a_smaller_last_batch_for_a_state(kind: str) -> Call:
    return Call(source(kind, batches_of(*sequences(43))), stateful(8), shuffle=False)


@fault(first="static-batch", verdict="raises", batch=0, says=r"batch axis", variants=KINDS)
def one_sample_and_an_open_batch_axis(kind: str) -> Call:
    return Call(source(kind, batches_of(*sequences(8), size=1)), stateful(1), shuffle=False)


@one_sample_and_an_open_batch_axis.sound
def one_sample_and_a_known_batch_axis() -> Call:
    import tensorflow as tf

    return Call(tf.data.Dataset.from_tensor_slices(sequences(8)).batch(1, drop_remainder=True), stateful(1))


@one_sample_and_an_open_batch_axis.sound
def whole_batches_for_a_state() -> Call:
    return Call(generator(batches_of(*sequences())), stateful(8))


@fault(
    first="static-batch",
    verdict="raises",
    batch=5,
    says=(r"validation_data", r"\b3 samples"),
    variants=(*KINDS, "arrays"),
)
def a_smaller_last_validation_batch_for_a_state(kind: str) -> Call:
    x, y = arrays(43, seed=5)
    parts = x.reshape(-1, 2, 2), y
    validation = parts if kind == "arrays" else source(kind, batches_of(*parts))
    training = sequences() if kind == "arrays" else Items(batches_of(*sequences()))
    fit = {"batch_size": 8} if kind == "arrays" else {}
    made = validation() if kind == "generator" else validation
    return Call(training, stateful(8), shuffle=False, validation_data=made, **fit)


@a_smaller_last_validation_batch_for_a_state.sound
def validation_arrays_cut_as_the_training_data() -> Call:
    x, y = arrays(40, seed=5)
    parts = x.reshape(-1, 2, 2), y
    return Call(sequences(), stateful(8), shuffle=False, batch_size=8, validation_data=parts)


@a_smaller_last_validation_batch_for_a_state.sound
def a_split_of_whole_batches() -> Call:
    return Call(sequences(), stateful(8), shuffle=False, batch_size=8, validation_split=1 / 3)


@fault(first="feature-shape-drift", verdict="raises", says=r"batch [35]\b", variants=(3, 5))
def one_item_of_another_shape_among_equal_ones(place: int) -> Call:
    x, y = arrays(8)
    batches = [(x, y)] * 6
    batches[place] = (x[:, :3], y)
    return Call(Items(batches), dense(), shuffle=False)
