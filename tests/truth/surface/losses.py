"""What a loss expects of the output and of y: activations, logits, forms, frames, axes."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import KINDS, arrays, batches_of, classifier, dense, generator, labels, source
from tests.truth.surface.row import Call, fault

FRAMES, SYMBOLS = 4, 6
Sparse, Binary = keras.losses.SparseCategoricalCrossentropy, keras.losses.BinaryCrossentropy


def moved(units: int, activation: str, loss: Any) -> Any:
    """A model in which a layer stands behind the activation, so that Keras does not see it."""
    layers = [keras.layers.Dense(units, activation=activation), keras.layers.Reshape((units,))]
    model = keras.Sequential([keras.Input((4,)), *layers])
    model.compile("sgd", loss)
    return model


@fault(first="output-vs-loss", says=r"once more", variants=("softmax", "sigmoid"))
def probabilities_taken_for_logits(activation: str) -> Call:
    x, y = labels(classes=2)
    if activation == "softmax":
        return Call((x, y), moved(2, "softmax", Sparse(from_logits=True)))
    return Call(generator(batches_of(x, y)), moved(1, "sigmoid", Binary(from_logits=True)))


@probabilities_taken_for_logits.sound
def a_softmax_at_the_end_is_taken_back() -> Call:
    return Call(labels(), dense(3, loss=Sparse(from_logits=True), activation="softmax"))


@probabilities_taken_for_logits.sound
def logits_taken_for_logits() -> Call:
    return Call(labels(), dense(3, loss=Sparse(from_logits=True)))


@fault(
    first="output-vs-loss",
    says=r"from_logits=True",
    variants=("binary_crossentropy", "sparse_categorical_crossentropy"),
)
def logits_taken_for_probabilities(loss: str) -> Call:
    x, y = labels(classes=2)
    return Call((x, y), dense(1 if "binary" in loss else 2, loss=loss))


@logits_taken_for_probabilities.sound
def a_softmax_over_one_hot_rows_under_binary_crossentropy() -> Call:
    x, y = labels()
    return Call((x, np.eye(3)[y]), dense(3, loss="binary_crossentropy", activation="softmax"))


@logits_taken_for_probabilities.sound
def sigmoids_under_a_categorical_loss() -> Call:
    return Call(labels(), dense(3, loss="sparse_categorical_crossentropy", activation="sigmoid"))


@fault(first="output-vs-loss", says=r"1 unit", variants=("softmax", "sigmoid", "cosine"))
def one_unit_that_says_nothing(kind: str) -> Call:
    x, y = labels(classes=2)
    if kind == "softmax":
        return Call((x, y), dense(1, loss="binary_crossentropy", activation="softmax"))
    if kind == "sigmoid":
        return Call((x, y.reshape(-1, 1)), dense(1, loss="categorical_crossentropy", activation="sigmoid"))
    return Call(arrays(), dense(1, loss="cosine_similarity"))


@one_unit_that_says_nothing.sound
def one_unit_and_a_sigmoid() -> Call:
    return Call(labels(classes=2), dense(1, loss="binary_crossentropy", activation="sigmoid"))


@one_unit_that_says_nothing.sound
def vectors_and_cosine_similarity() -> Call:
    x, _ = arrays()
    return Call((x, x[:, :3] * 2), dense(3, loss="cosine_similarity"))


@fault(first="labels-vs-loss", verdict="raises", says=r"sparse_categorical|to_categorical", variants=KINDS)
def class_numbers_under_a_categorical_loss(kind: str) -> Call:
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    return Call(source(kind, batches_of(*labels())), dense(3, loss=loss, activation="softmax"))


@class_numbers_under_a_categorical_loss.sound
def one_hot_rows_under_a_smoothed_loss() -> Call:
    x, y = labels()
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    return Call((x, np.eye(3)[y]), dense(3, loss=loss, activation="softmax"))


@class_numbers_under_a_categorical_loss.sound
def class_numbers_under_a_sparse_loss() -> Call:
    return Call(labels(), classifier())


@fault(
    first="validation-differs",
    verdict="raises",
    says=(r"validation_data", r"num_classes=3"),
    variants=("arrays", *KINDS[:2]),
)
def validation_labels_of_fewer_columns(kind: str) -> Call:
    x, y = labels()
    few = x[y < 2], np.eye(2)[y[y < 2]]
    validation = few if kind == "arrays" else source(kind, batches_of(*few))
    if kind == "generator":
        validation = validation()
    model = dense(3, loss="categorical_crossentropy", activation="softmax")
    return Call((x, np.eye(3)[y]), model, validation_data=validation)


@validation_labels_of_fewer_columns.sound
def validation_without_a_class_but_of_all_columns() -> Call:
    x, y = labels()
    model = dense(3, loss="categorical_crossentropy", activation="softmax")
    others, theirs = labels(24, seed=7)
    held = others[theirs < 2], np.eye(3)[theirs[theirs < 2]]
    return Call((x, np.eye(3)[y]), model, validation_data=held)


def speech(longest: int, *, twice: bool = False) -> list[Any]:
    random = np.random.default_rng(0)
    text = np.zeros((48, SYMBOLS), "int64")
    text[:, :2] = 1, 2
    text[19, :longest] = 1 if twice else np.arange(1, longest + 1)
    return batches_of(random.normal(size=(48, FRAMES * 2, 3)).astype("float32"), text)


def listener() -> Any:
    layers = [keras.layers.MaxPooling1D(2), keras.layers.Dense(SYMBOLS + 1)]
    model = keras.Sequential([keras.Input((FRAMES * 2, 3)), *layers])
    model.compile(keras.optimizers.SGD(1e-3), keras.losses.CTC())
    return model


@fault(first="transcript-too-long", batch=2, says=(r"sample 3 of batch 2", r"4\b"), variants=("generator", "PyDataset"))
def more_symbols_than_frames(kind: str) -> Call:
    return Call(source(kind, speech(5)), listener())


@fault(first="transcript-too-long", batch=2, says=r"twice in a row")
def symbols_that_repeat_need_a_frame_more() -> Call:
    return Call(generator(speech(3, twice=True)), listener())


@more_symbols_than_frames.sound
def as_many_symbols_as_frames() -> Call:
    return Call(generator(speech(4)), listener())


@more_symbols_than_frames.sound
def padded_behind_the_last_symbol() -> Call:
    return Call(generator(speech(2)), listener())


class Squared(keras.losses.Loss):
    """As people write it."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return keras.ops.mean(keras.ops.square(y_true - y_pred))


class Ranking(keras.losses.Loss):
    """Compares all with all, and means to."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        y, p = keras.ops.reshape(y_true, (-1, 1)), keras.ops.reshape(y_pred, (-1, 1))
        return keras.ops.mean(
            keras.ops.relu(1 - keras.ops.sign(y - keras.ops.transpose(y)) * (p - keras.ops.transpose(p)))
        )


class OwnStep(keras.Model):
    """A step that computes its loss itself."""

    def train_step(self, data: Any) -> dict[str, Any]:
        import tensorflow as tf

        x, y = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((y - self(x, training=True)) ** 2)
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return {"loss": loss}


def own_step() -> Any:
    given = keras.Input((4,))
    model = OwnStep(given, keras.layers.Dense(1)(given))
    model.compile("sgd")
    return model


def squeezed() -> Any:
    given = keras.Input((4,))
    model = keras.Model(given, keras.layers.Reshape(())(keras.layers.Dense(1)(given)))
    model.compile("sgd", Squared())
    return model


@fault(first="broadcast-labels", batch=0, says=(r"\(8, 8\)", r"reshape"), variants=("loss", "step", "output"))
def each_output_against_all_labels(kind: str) -> Call:
    x, y = arrays()
    if kind == "output":
        return Call(generator(batches_of(x, y)), squeezed())
    return Call(generator(batches_of(x, y[:, 0])), own_step() if kind == "step" else dense(loss=Squared()))


@each_output_against_all_labels.sound
def labels_with_the_axes_of_the_output() -> Call:
    return Call(generator(batches_of(*arrays())), own_step())


@each_output_against_all_labels.sound
def a_function_is_given_both_with_the_same_axes() -> Call:
    x, y = arrays()
    return Call(generator(batches_of(x, y[:, 0])), dense(loss=lambda y, p: keras.ops.mean(keras.ops.abs(y - p))))


@each_output_against_all_labels.sound
def a_ranking_loss_compares_all_with_all() -> Call:
    x, y = arrays()
    return Call(generator(batches_of(x, y[:, 0])), dense(loss=Ranking()))
