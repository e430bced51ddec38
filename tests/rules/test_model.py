"""What the rules say of a model and what it is given: silent on sound pairs, and as grave as fit takes a fault."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from packaging.version import Version

from gendiag import diagnose
from gendiag.rules.model.metric_mismatch import MetricMismatch
from tests.support.models import dense, net, per_step, pooled, two_inputs
from tests.support.rules import alarms
from tests.support.small_models import MODELS
from tests.support.streams import FEW, drawn, images, iter_of, normal, one_hot, unit, whole
from tests.support.versions import KERAS

layers = keras.layers
OF_METRICS = "in compute_metrics\nkeras/src/metrics/accuracy_metrics.py"


def dices(y, p):
    return 1 - 2 * keras.ops.sum(y * p) / (keras.ops.sum(y) + keras.ops.sum(p))


SOUND = {
    "regression, (n,) against (n, 1)": (lambda: dense(1), [normal(3), normal()]),
    "regression, int64 target": (lambda: dense(1), [normal(3), whole(-50, 50)]),
    "regression, prices in float64": (lambda: dense(1), [normal(3), lambda r, _: r.random(FEW) * 1e9]),
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
    "hinge": (lambda: dense(1, "hinge", "tanh"), [normal(3), lambda r, _: r.choice([-1.0, 1.0], FEW)]),
    "softmax inside an own loss": (lambda: dense(4, dices, "softmax"), [normal(3), one_hot(4)]),
    "images 0..255 rescaled": (
        lambda: pooled(3, "sparse_categorical_crossentropy", (6, 6, 3), layers.Rescaling(1 / 255)),
        [images(scale=255), whole(0, 3)],
    ),
    "images of any size": (lambda: pooled(shape=(None, None, 3)), [images(side=9), whole(0, 3)]),
    "grey images without their channel": (lambda: pooled(shape=(6, 6, 1)), [unit(6, 6), whole(0, 3)]),
    "square images, autoencoder": (
        lambda: net((6, 6, 1), layers.Conv2D(1, 3, padding="same", activation="sigmoid"), loss="binary_crossentropy"),
        [unit(6, 6, 1), lambda r, _: r.random((FEW, 6, 6, 1))],
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
        lambda: net((4, 4, 1), layers.Conv2D(1, 1)), [unit(4, 4, 1), unit(4, 4, 1), lambda *_: np.ones(FEW)],
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
        lambda: net(None, layers.LSTM(2, stateful=True), layers.Dense(1), batch_shape=(FEW, 5, 2)),
        [normal(5, 2), normal(1)],
    ),
    "own loss on labels of another shape": (
        lambda: dense(2, lambda y, p: keras.ops.mean(keras.ops.square(y[:, :2] - p))), [normal(3), normal(7)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_source_is_met_with_silence(name):
    make, draws = SOUND[name]
    assert alarms(lambda: drawn(*draws), make()) == set()


@pytest.mark.parametrize("case", MODELS.values(), ids=list(MODELS))
def test_every_kind_of_model_is_met_with_silence(case):
    assert alarms(lambda: iter_of(case.batches(5)), case.make()) == set()


WRONG = {
    "mse, (n, 1) against (n, 3)": ("label-shape", "warning", lambda: dense(3), [normal(3), normal(1)]),
    "mse, (n,) against (n, n)": ("label-shape", "warning", lambda: dense(FEW), [normal(3), normal()]),
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
        [normal(3), lambda r, _: r.choice([-1.0, 1.0], FEW)],
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
        lambda: dense(1), [normal(3), lambda r, _: r.random((FEW, 1)) * 1j + 1],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_fault_is_named_first_and_as_grave_as_fit_takes_it(name):
    rule, severity, make, draws = WRONG[name]
    report = diagnose(lambda: drawn(*draws), make(), progress=False)
    first = report.findings[0]
    assert (first.rule, first.severity) == (rule, severity)
    assert (report.verdict == "raises") == (severity == "error")
    assert [f.rule for f in report.findings if f.severity == "error"] in ([], [rule])


def with_a_large_batch():
    return ((x * (1e6 if step == 3 else 1), y) for step, (x, y) in enumerate(drawn(normal(3), unit(1))))


def test_numbers_too_large_for_a_layer_in_half_precision_are_named():
    half = layers.Dense(2, dtype="mixed_float16")
    model = net((3,), half, layers.Dense(1, dtype="float32"))
    report = diagnose(with_a_large_batch, model, progress=False)
    finding = report.findings[0]
    assert (finding.rule, finding.batches) == ("loss-not-finite", (3,))
    assert "float16" in finding.message
    assert f"layer {half.name!r}" in finding.message


def test_a_training_that_grows_out_of_range_is_told_apart_from_a_batch_that_does_it_alone():
    model = net((3,), layers.Dense(1))
    model.optimizer.learning_rate = 1e9
    report = diagnose(lambda: drawn(normal(3), unit(1), count=12), model, progress=False)
    assert [finding.rule for finding in report.findings] == ["loss-not-finite"]
    assert "what came before" in report.findings[0].message


def test_a_metric_that_a_graph_ran_before_a_loss_that_raises_too_is_not_to_blame():
    """Of two operations that raise, fit tells of either one."""

    def label_lost():
        for batch in range(4):
            yield np.ones((8, 3), "float32"), np.ones(7 if batch == 2 else 8)

    model = dense(1, "binary_crossentropy", "sigmoid")
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    seen = diagnose(label_lost, model, progress=False)._judged.evidence
    told = replace(seen.model_run.failure, line="Incompatible shapes: [8,1] vs. [7,1]", details=OF_METRICS)
    seen = replace(seen, model_run=replace(seen.model_run, failure=told))
    assert seen.trials[2].inside.where == "loss"
    assert list(MetricMismatch().check(seen)) == []
