"""Rules about the model, its inputs, outputs and loss: silent on sound sources, and right about where the fault is."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from packaging.version import Version

from gendiag import diagnose
from gendiag.model.reader import read_model
from tests.support.small_models import MODELS, state
from tests.support.versions import KERAS

FAMILY = {
    "complex-dtype", "extra-axis", "input-count", "input-mismatch", "label-shape", "labels-out-of-range",
    "labels-vs-loss", "loss-dtype", "missing-batch-axis", "negative-weights", "output-vs-loss", "rounded-in-model",
    "single-class", "static-batch", "weights-shape",
}  # fmt: skip
ROWS, BATCHES = 4, 6
layers = keras.layers


def net(shape, *parts, loss="mse", **options):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input(shape, **options), *parts])
    model.compile("sgd", loss)
    return model


def dense(units, loss="mse", activation=None):
    return net((3,), layers.Dense(units, activation=activation), loss=loss)


def stream(*draws, count=BATCHES):
    """Batches whose parts are drawn by functions of a random generator and of the step."""
    random = np.random.default_rng(3)
    for step in range(count):
        yield tuple(draw(random, step) for draw in draws)


def normal(*shape, dtype="float32"):
    return lambda random, _: random.normal(size=(ROWS, *shape)).astype(dtype)


def unit(*shape, dtype="float32"):
    return lambda random, _: random.random((ROWS, *shape)).astype(dtype)


def whole(low, high, *shape, dtype="int64"):
    return lambda random, _: random.integers(low, high, (ROWS, *shape)).astype(dtype)


def one_hot(classes):
    return lambda random, _: np.eye(classes, dtype="float32")[random.integers(0, classes, ROWS)]


def images(*, scale=1.0, side=6, channels=3):
    return lambda random, _: (random.random((ROWS, side, side, channels)) * scale).astype("float32")


def found(source, model, **fit_args):
    report = diagnose(source, model, progress=False, **fit_args)
    return {f.rule: f for f in report.findings if f.rule in FAMILY}


def alarms(source, model, **fit_args):
    return {name for name, finding in found(source, model, **fit_args).items() if finding.severity != "note"}


def pooled(units=3, loss="sparse_categorical_crossentropy", shape=(6, 6, 3), *first):
    last = [layers.GlobalAveragePooling2D(), layers.Dense(units, activation="softmax")]
    return net(shape, *first, layers.Conv2D(2, 3), *last, loss=loss)


def two_inputs(**options):
    left, right = keras.Input((3,), name="left"), keras.Input((2,), name="right")
    given = [left, right] if not options.get("named") else {"left": left, "right": right}
    model = keras.Model(given, layers.Dense(1)(layers.Concatenate()([left, right])))
    model.compile("sgd", "mse")
    return model


def per_step(loss="mse", activation=None, units=1):
    return net((5, 2), layers.LSTM(3, return_sequences=True), layers.Dense(units, activation=activation), loss=loss)


def dices(y, p):
    return 1 - 2 * keras.ops.sum(y * p) / (keras.ops.sum(y) + keras.ops.sum(p))


SOUND = {
    "regression, (n,) against (n, 1)": (lambda: dense(1), [normal(3), normal()]),
    "regression, int64 target": (lambda: dense(1), [normal(3), whole(-50, 50)]),
    "regression, prices in float64": (lambda: dense(1), [normal(3), lambda r, _: r.random(ROWS) * 1e9]),
    "counts up to 2e9": (lambda: dense(1), [normal(3), whole(0, 2_000_000_000)]),
    "sparse labels": (lambda: dense(3, "sparse_categorical_crossentropy", "softmax"), [normal(3), whole(0, 3)]),
    "sparse labels (n, 1)": (
        lambda: dense(3, "sparse_categorical_crossentropy", "softmax"), [normal(3), whole(0, 3, 1)],
    ),
    "sparse labels, logits": (
        lambda: dense(3, keras.losses.SparseCategoricalCrossentropy(from_logits=True)), [normal(3), whole(0, 3)],
    ),
    "sparse labels with an ignored one": (
        lambda: dense(3, keras.losses.SparseCategoricalCrossentropy(ignore_class=-1), "softmax"),
        [normal(3), whole(-1, 3)],
    ),
    "fewer classes than units": (
        lambda: dense(9, "sparse_categorical_crossentropy", "softmax"), [normal(3), whole(0, 3)],
    ),
    "one-hot": (lambda: dense(3, "categorical_crossentropy", "softmax"), [normal(3), one_hot(3)]),
    "smoothed": (
        lambda: dense(3, "categorical_crossentropy", "softmax"),
        [normal(3), lambda r, s: one_hot(3)(r, s) * 0.9 + 0.03],
    ),
    "two classes, two units": (lambda: dense(2, "categorical_crossentropy", "softmax"), [normal(3), one_hot(2)]),
    "binary": (lambda: dense(1, "binary_crossentropy", "sigmoid"), [normal(3), whole(0, 2)]),
    "binary, logits": (
        lambda: dense(1, keras.losses.BinaryCrossentropy(from_logits=True)), [normal(3), whole(0, 2, 1)],
    ),
    "binary, logits after a sigmoid": (
        lambda: dense(1, keras.losses.BinaryCrossentropy(from_logits=True), "sigmoid"), [normal(3), whole(0, 2)],
    ),
    "bool labels": (lambda: dense(1, "binary_crossentropy", "sigmoid"), [normal(3), whole(0, 2, dtype="bool")]),
    "multi-label": (lambda: dense(4, "binary_crossentropy", "sigmoid"), [normal(3), whole(0, 2, 4)]),
    "hinge": (lambda: dense(1, "hinge", "tanh"), [normal(3), lambda r, _: r.choice([-1.0, 1.0], ROWS)]),
    "softmax inside an own loss": (lambda: dense(4, dices, "softmax"), [normal(3), one_hot(4)]),
    "images 0..255 rescaled": (
        lambda: pooled(3, "sparse_categorical_crossentropy", (6, 6, 3), layers.Rescaling(1 / 255)),
        [images(scale=255), whole(0, 3)],
    ),
    "images of any size": (lambda: pooled(shape=(None, None, 3)), [images(side=9), whole(0, 3)]),
    "grey images without their channel": (lambda: pooled(shape=(6, 6, 1)), [unit(6, 6), whole(0, 3)]),
    "square images, autoencoder": (
        lambda: net((6, 6, 1), layers.Conv2D(1, 3, padding="same", activation="sigmoid"), loss="binary_crossentropy"),
        [unit(6, 6, 1), lambda r, _: r.random((ROWS, 6, 6, 1))],
    ),
    "segmentation, sparse": (
        lambda: net((6, 6, 3), layers.Conv2D(4, 1, activation="softmax"), loss="sparse_categorical_crossentropy"),
        [images(), whole(0, 4, 6, 6)],
    ),
    "segmentation, sparse with a channel": (
        lambda: net((6, 6, 3), layers.Conv2D(4, 1, activation="softmax"), loss="sparse_categorical_crossentropy"),
        [images(), whole(0, 4, 6, 6, 1)],
    ),
    "segmentation, binary without a channel": (
        lambda: net((6, 6, 3), layers.Conv2D(1, 1, activation="sigmoid"), loss="binary_crossentropy"),
        [images(), whole(0, 2, 6, 6)],
    ),
    "a channel that the output lacks": (
        lambda: net((6, 6, 1), layers.Conv2D(1, 1), layers.Reshape((6, 6))), [unit(6, 6, 1), unit(6, 6, 1)],
    ),
    "weights per sample": (lambda: dense(3), [normal(3), normal(3), unit()]),
    "weights (n, 1)": (lambda: dense(3), [normal(3), normal(3), unit(1)]),
    "weights per pixel": (lambda: net((6, 6, 1), layers.Conv2D(1, 1)), [unit(6, 6, 1), unit(6, 6, 1), unit(6, 6)]),
    "weights per pixel with a channel": (
        lambda: net((6, 6, 1), layers.Conv2D(1, 1)), [unit(6, 6, 1), unit(6, 6, 1), unit(6, 6, 1)],
    ),
    "weights per image": (lambda: net((4, 4, 1), layers.Conv2D(1, 1)), [unit(4, 4, 1), unit(4, 4, 1), unit(1, 1)]),
    "equal weights per image, as many as columns": (
        lambda: net((4, 4, 1), layers.Conv2D(1, 1)), [unit(4, 4, 1), unit(4, 4, 1), lambda *_: np.ones(ROWS)],
    ),
    "weights per step": (per_step, [normal(5, 2), normal(5, 1), unit(5)]),
    "one weight for all steps": (per_step, [normal(5, 2), normal(5, 1), unit(1)]),
    "steps without their last axis": (per_step, [normal(5, 2), normal(5)]),
    "steps, sparse": (
        lambda: per_step("sparse_categorical_crossentropy", "softmax", 3), [normal(5, 2), whole(0, 3, 5)],
    ),
    "embedding of int64 ids": (
        lambda: net((5,), layers.Embedding(50, 2), layers.Flatten(), layers.Dense(1), dtype="int64"),
        [whole(0, 50, 5), normal(1)],
    ),
    "embedding of ids in a float input": (
        lambda: net((5,), layers.Embedding(50, 2), layers.Flatten(), layers.Dense(1)), [whole(0, 50, 5), normal(1)],
    ),
    "whole numbers in floats for an int input": (
        lambda: net((5,), layers.Embedding(50, 2), layers.Flatten(), layers.Dense(1), dtype="int32"),
        [whole(0, 50, 5, dtype="float64"), normal(1)],
    ),
    "half floats": (lambda: dense(1), [normal(3, dtype="float16"), normal(1, dtype="float16")]),
    "a fixed batch that is met": (
        lambda: net(None, layers.LSTM(2, stateful=True), layers.Dense(1), batch_shape=(ROWS, 5, 2)),
        [normal(5, 2), normal(1)],
    ),
    "own loss on labels of another shape": (
        lambda: dense(2, lambda y, p: keras.ops.mean(keras.ops.square(y[:, :2] - p))), [normal(3), normal(7)],
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", SOUND)
def test_a_sound_source_is_met_with_silence(name):
    make, draws = SOUND[name]
    assert alarms(lambda: stream(*draws), make()) == set()


@pytest.mark.slow
@pytest.mark.parametrize("case", MODELS.values(), ids=list(MODELS))
def test_every_kind_of_model_is_met_with_silence(case):
    assert alarms(lambda: iter_of(case.batches(5)), case.make()) == set()


def iter_of(batches):
    yield from batches


@pytest.mark.parametrize("case", MODELS.values(), ids=list(MODELS))
def test_reading_a_model_changes_and_builds_nothing(case):
    model = case.make()
    before, built, train_function = state(model), model.built, model.train_function
    read_model(model)
    assert (model.built, model.train_function) == (built, train_function)
    assert all((a == b).all() for a, b in zip(before, state(model), strict=True))


@pytest.mark.parametrize("odd", [None, object(), 3, "model"])
def test_what_is_no_model_is_read_without_a_word(odd):
    facts = read_model(odd)
    assert (facts.inputs, facts.outputs, facts.scales) == ((), (), "unknown")


def test_facts_name_inputs_outputs_and_losses_as_a_source_does():
    facts = read_model(MODELS["branching"].make())
    assert [port.path for port in facts.inputs] == ["x['left']", "x['right']"]
    assert [(port.path, port.loss.key, port.loss.from_logits) for port in facts.outputs] == [
        ("y['kind']", "sparse_categorical_crossentropy", True),
        ("y['size']", "mean_squared_error", None),
    ]


@pytest.mark.parametrize(
    "given",
    ["kld", "kl_divergence", "KLDivergence", keras.losses.KLDivergence(), keras.losses.kl_divergence],
    ids=lambda given: type(given).__name__,
)
def test_a_loss_has_one_key_however_it_is_given(given):
    assert read_model(dense(2, given)).outputs[0].loss.key == "kl_divergence"


def test_nothing_is_claimed_of_a_loss_or_a_step_of_ones_own():
    assert read_model(dense(2, lambda y, p: y - p)).outputs[0].loss.key == ""
    assert read_model(MODELS["own train_step"].make()).inputs == ()


def test_an_input_is_known_to_take_ids_and_a_model_to_scale():
    assert read_model(net((5,), layers.Embedding(9, 2))).inputs[0].takes_ids
    assert not read_model(dense(1)).inputs[0].takes_ids
    assert read_model(dense(1)).scales == "no"
    assert read_model(pooled(3, "mse", (6, 6, 3), layers.Rescaling(1 / 255))).scales == "yes"
    assert read_model(MODELS["lambdas"].make()).scales == "unknown"
    assert read_model(MODELS["own train_step"].make()).scales == "unknown"


# ------------------------------------------------------------------ faults, and where they are
@pytest.mark.slow
@pytest.mark.parametrize("at", [0, 1, 2, 5])
def test_a_class_beyond_the_outputs_is_found_where_it_is(at):
    draws = [normal(3), lambda random, step: np.full(ROWS, 3 if step == at else random.integers(0, 3))]
    report = diagnose(lambda: stream(*draws), dense(3, "sparse_categorical_crossentropy", "softmax"), progress=False)
    assert (report.findings[0].rule, report.fails_at) == ("labels-out-of-range", at)
    assert report.findings[0].batches == (at,)
    assert "the classes 0 to 2" in report.findings[0].message


@pytest.mark.slow
@pytest.mark.parametrize(("rest", "severity"), [(1, "warning"), (2, "error"), (3, "error")])
def test_a_rest_for_a_stateful_layer_is_found_also_where_it_is_broadcast(rest, severity):
    def source():
        for step in range(4):
            rows = rest if step == 3 else ROWS
            yield np.ones((rows, 5, 2), "float32"), np.ones((rows, 1), "float32")

    model = net(None, layers.LSTM(2, stateful=True), layers.Dense(1), batch_shape=(ROWS, 5, 2))
    finding = found(source, model)["static-batch"]
    assert (finding.severity, finding.batches) == (severity, (3,))


@pytest.mark.slow
def test_a_fixed_batch_size_without_state_is_not_enforced_and_no_finding():
    def source():
        for rows in (4, 4, 4, 1):
            yield np.ones((rows, 5, 2), "float32"), np.ones((rows, 1), "float32")

    assert alarms(source, net(None, layers.LSTM(2), layers.Dense(1), batch_shape=(ROWS, 5, 2))) == set()


WRONG = {
    "mse, (n, 1) against (n, 3)": ("label-shape", "warning", lambda: dense(3), [normal(3), normal(1)]),
    "mse, (n,) against (n, n)": ("label-shape", "warning", lambda: dense(ROWS), [normal(3), normal()]),
    "mse, (n,) against (n, 3)": ("label-shape", "error", lambda: dense(3), [normal(3), normal()]),
    "mse, (n, 1, 3) against (n, 3)": ("label-shape", "warning", lambda: dense(3), [normal(3), normal(1, 3)]),
    "one label for all steps": ("label-shape", "warning", per_step, [normal(5, 2), normal(1)]),
    "bce, (n, 1) against (n, 3)": (
        "label-shape", "error", lambda: dense(3, "binary_crossentropy", "sigmoid"), [normal(3), whole(0, 2, 1)],
    ),
    "one-hot for a sparse loss": (
        "labels-vs-loss", "error", lambda: dense(3, "sparse_categorical_crossentropy", "softmax"),
        [normal(3), one_hot(3)],
    ),
    "class numbers (n, 1) for a one-hot loss": (
        "labels-vs-loss", "error", lambda: dense(3, "categorical_crossentropy", "softmax"), [normal(3), whole(0, 3, 1)],
    ),
    "binary loss, labels -1 and 1": (
        "labels-out-of-range", "warning", lambda: dense(1, "binary_crossentropy", "sigmoid"),
        [normal(3), lambda r, _: r.choice([-1.0, 1.0], ROWS)],
    ),
    "sigmoid, mse, targets to 255": (
        "labels-out-of-range", "warning", lambda: dense(1, "mse", "sigmoid"), [normal(3), whole(0, 256)],
    ),
    "weights weigh columns": (
        "weights-shape", "warning", lambda: net((4, 4, 1), layers.Conv2D(1, 1)), [unit(4, 4, 1), unit(4, 4, 1), unit()],
    ),
    "weights per class": ("weights-shape", "error", lambda: dense(3), [normal(3), normal(3), unit(3)]),
    "weights per sample for images": (
        "weights-shape", "error", lambda: net((6, 5, 1), layers.Conv2D(1, 1)), [unit(6, 5, 1), unit(6, 5, 1), unit()],
    ),
    "height and width swapped": (
        "input-mismatch", "warning", lambda: pooled(shape=(8, 6, 3)), [unit(6, 8, 3), whole(0, 3)],
    ),
    "channels first": ("input-mismatch", "error", lambda: pooled(shape=(8, 8, 3)), [unit(3, 8, 8), whole(0, 3)]),
    "one of two inputs": ("input-count", "error", two_inputs, [normal(3), normal(1)]),
    "a superfluous axis": ("extra-axis", "error", lambda: dense(1), [normal(1, 3), normal(1)]),
    "ids above 2**24 in a float input": (
        "rounded-in-model", "warning",
        lambda: net((5,), layers.Hashing(50), layers.Embedding(50, 2), layers.Flatten(), layers.Dense(1)),
        [whole(2**25, 2**30, 5), normal(1)],
    ),
    "fractions for an int input": (
        "rounded-in-model", "warning",
        lambda: net((5,), layers.Embedding(50, 2), layers.Flatten(), layers.Dense(1), dtype="int32"),
        [unit(5), normal(1)],
    ),
    "softmax over one unit": (
        "output-vs-loss", "warning", lambda: dense(1, "mse", "softmax"), [normal(3), whole(0, 2)],
    ),
    "linear output without logits": (
        "output-vs-loss", "warning", lambda: dense(3, "categorical_crossentropy"), [normal(3), one_hot(3)],
    ),
    "complex labels": (
        "complex-dtype", "warning" if Version("3.6") <= KERAS else "error",
        lambda: dense(1), [normal(3), lambda r, _: r.random((ROWS, 1)) * 1j + 1],
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", WRONG)
def test_a_fault_is_named_first_and_as_grave_as_fit_takes_it(name):
    rule, severity, make, draws = WRONG[name]
    report = diagnose(lambda: stream(*draws), make(), progress=False)
    first = report.findings[0]
    assert (first.rule, first.severity) == (rule, severity)
    assert (report.verdict == "raises") == (severity == "error")
    assert [f.rule for f in report.findings if f.severity == "error" and f.rule in FAMILY] in ([], [rule])


@pytest.mark.slow
def test_a_dataset_that_was_never_batched_or_batched_twice_is_told_so():
    x, y = np.ones((24, 8, 8, 3), "float32"), np.zeros(24, "int64")
    data = tf.data.Dataset.from_tensor_slices((x, y))
    for source, rule in ((data, "missing-batch-axis"), (data.batch(4).batch(2), "extra-axis")):
        finding = found(source, pooled(shape=(8, 8, 3)))[rule]
        assert finding.severity == "error"
        assert ".batch(" in finding.fix


@pytest.mark.slow
def test_a_size_that_the_model_takes_is_not_blamed_for_a_failure_of_the_loss():
    model = pooled(3, "categorical_crossentropy", (6, 6, 3))
    assert set(found(lambda: stream(images(side=9), whole(0, 3)), model)) == {"labels-vs-loss"}


def one_window():
    return ((x[0, :, None], x[0, :1]) for (x,) in stream(normal(5)))


def without_channel():
    return ((x, x[:, :1]) for (x,) in stream(normal(5)))


@pytest.mark.slow
def test_one_window_that_is_taken_for_a_batch_is_named_and_rows_without_the_last_axis_are_not():
    model = net((5, 1), layers.LSTM(2), layers.Dense(1))
    assert found(one_window, model)["missing-batch-axis"].severity == "warning"
    assert found(without_channel, model) == {}


def with_a_large_batch():
    return ((x * (1e6 if step == 3 else 1), y) for step, (x, y) in enumerate(stream(normal(3), unit(1))))


@pytest.mark.slow
def test_numbers_too_large_for_a_layer_in_half_precision_are_named():
    half = layers.Dense(2, dtype="mixed_float16")
    model = net((3,), half, layers.Dense(1, dtype="float32"))
    report = diagnose(with_a_large_batch, model, progress=False)
    finding = report.findings[0]
    assert (finding.rule, finding.batches) == ("loss-not-finite", (3,))
    assert "float16" in finding.message
    assert f"layer {half.name!r}" in finding.message


@pytest.mark.slow
def test_a_training_that_grows_out_of_range_is_told_apart_from_a_batch_that_does_it_alone():
    model = net((3,), layers.Dense(1))
    model.optimizer.learning_rate = 1e9
    report = diagnose(lambda: stream(normal(3), unit(1), count=12), model, progress=False)
    assert [finding.rule for finding in report.findings] == ["loss-not-finite"]
    assert "what came before" in report.findings[0].message
