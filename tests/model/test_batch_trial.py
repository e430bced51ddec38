"""A trial says what fit does with a batch."""

import threading
import time

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from gendiag.model.batch_trial import try_batch  # noqa: E402  (TensorFlow may be missing)
from gendiag.model.replay import FitSettings  # noqa: E402  (as above)
from tests.support.small_models import MODELS, Hanging, dense, labelled, pairs, unbuilt  # noqa: E402  (as above)


def tried(model, suspect, *, first=None, **options):
    return try_batch(model, 3, first=first or pairs(2), delivered=None, yielded=suspect, **options)


def step(trial, way):
    return next(step for step in trial.steps if step.way == way)


def test_a_good_batch_trains_with_loss_metrics_and_gradient():
    model, batch = dense(metrics=["mae"]), pairs(3)[2]
    trial = try_batch(model, 2, first=pairs(2), delivered=batch, yielded=batch)
    assert trial.outcome == "trains"
    assert [each.way for each in trial.steps] == ["through fit", "as delivered", "as yielded"]
    expected = float(np.mean((model.predict(batch[0], verbose=0) - batch[1]) ** 2))
    assert trial.loss == pytest.approx(expected, rel=1e-4)
    assert step(trial, "through fit").loss == pytest.approx(expected, rel=1e-4)
    assert trial.metrics["mae"] > 0
    assert trial.error is None
    assert trial.layer is None


def test_the_gradient_norm_is_the_one_before_clipping():
    keras.utils.set_random_seed(1)
    plain = dense()
    clipped = dense()
    clipped.set_weights(plain.get_weights())
    clipped.compile(keras.optimizers.SGD(clipnorm=1e-3), "mse")
    norms = [tried(model, pairs(3)[2]).grad_norm for model in (plain, clipped)]
    assert norms[0] == pytest.approx(norms[1])
    assert norms[0] > 0.01


def test_the_gradient_norm_is_that_of_the_unscaled_loss():
    keras.utils.set_random_seed(1)
    trial = tried(MODELS["mixed precision"].make(), pairs(3)[2])
    assert 0 < trial.grad_norm < 1000, "the scale is 32768"


def test_loss_and_gradient_come_from_the_batch_as_delivered():
    as_yielded, as_delivered = pairs(4)[2:]
    trial = try_batch(dense(), 2, first=pairs(2), delivered=as_delivered, yielded=as_yielded)
    assert trial.loss == step(trial, "as delivered").loss
    assert trial.loss != step(trial, "as yielded").loss


def test_x_and_y_of_different_length_raise_with_both_shapes():
    x, y = pairs(1)[0]
    trial = tried(dense("binary_crossentropy"), (x, y[:5]))
    assert trial.outcome == "raises"
    assert trial.error.endswith("target.shape=(5, 1), output.shape=(8, 1)")
    assert trial.layer == "binary_crossentropy"


def test_nan_is_seen():
    x, y = pairs(1)[0]
    x = x.copy()
    x[2, 1] = np.nan
    trial = tried(dense(), (x, y))
    assert trial.outcome == "non-finite"
    assert {each.outcome for each in trial.steps} == {"non-finite"}


def test_nan_in_batch_0_is_not_blamed_on_a_good_batch():
    x, y = pairs(1)[0]
    poisoned = (np.full_like(x, np.nan), y)
    first = [poisoned, pairs(2)[1]]
    assert tried(dense(), pairs(3)[2], first=first).outcome == "trains"
    assert try_batch(dense(), 0, first=first, delivered=poisoned, yielded=poisoned).outcome == "non-finite"
    assert try_batch(dense(), 1, first=first, delivered=first[1], yielded=first[1]).outcome == "trains"


def test_another_feature_dimension_raises_and_names_the_layer():
    model = dense()
    trial = tried(model, pairs(1, width=5)[0])
    assert trial.outcome == "raises"
    assert trial.layer == model.layers[0].name
    assert "expected axis -1 of input shape to have value 4" in trial.error
    assert "(8, 5) where an element of shape (None, 4) was expected" in step(trial, "through fit").failure.line


def test_a_label_out_of_range_raises_with_its_value():
    x, y = labelled(1)[0]
    trial = tried(dense("sparse_categorical_crossentropy", units=3), (x, y + 7), first=labelled(2))
    assert trial.outcome == "raises"
    assert "label value of" in trial.error
    assert "valid range of [0, 3)" in trial.error
    assert trial.layer == "sparse_categorical_crossentropy"


@pytest.mark.parametrize(
    ("suspect", "kind"),
    [
        (None, "None"),
        (np.zeros((8, 4)), "of type ndarray"),
        (list(pairs(1)[0]), "of type list"),
        ({"x": 1}, "of type dict"),
    ],
)
def test_what_is_no_tuple_raises_in_plain_words(suspect, kind):
    trial = tried(dense(), suspect)
    assert trial.outcome == "raises"
    assert trial.error.endswith(f"this batch is {kind}")


def test_a_list_from_a_dataset_of_indexes_is_fine_as_it_is_for_fit():
    class Lists(keras.utils.PyDataset):
        def __init__(self, batches):
            super().__init__()
            self.batches = batches

        def __len__(self):
            return len(self.batches)

        def __getitem__(self, index):
            return self.batches[index]

    batches = [list(each) for each in pairs(3)]
    trial = tried(dense(), batches[2], first=batches[:2], settings=FitSettings(Lists))
    assert trial.outcome == "trains"
    assert step(trial, "as yielded").loss > 0


def test_an_uncompiled_model_raises_what_keras_says():
    trial = tried(keras.Sequential([keras.layers.Dense(1)]), pairs(1)[0])
    assert trial.outcome == "raises"
    assert trial.error.startswith("You must call `compile()` before")


def test_what_is_no_model_is_not_tried():
    trial = tried("model.keras", pairs(1)[0])
    assert trial.outcome == "not tried"
    assert "no keras.Model" in trial.error


def test_a_step_that_hangs_is_no_answer():
    Hanging.release, Hanging.steps = threading.Event(), 0
    model = Hanging([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    started = time.monotonic()
    try:
        trial = tried(model, pairs(1)[0], settings=FitSettings(quiet_s=1.5))
    finally:
        Hanging.release.set()
    assert trial.outcome == "no answer"
    assert trial.error == "no answer in 2 s"
    assert "in train_step" in trial.steps[0].failure.details
    assert time.monotonic() - started < 10


def test_a_train_step_that_wants_to_exit_is_only_an_error():
    class Leaving(keras.Sequential):
        def train_step(self, data):  # noqa: ARG002  (Keras's signature)
            raise SystemExit(3)

    model = Leaving([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    trial = tried(model, pairs(1)[0])
    assert trial.outcome == "raises"
    assert "SystemExit" in trial.error


def test_losses_of_a_step_of_ones_own_are_metrics_where_they_have_names_of_their_own():
    trial = tried(MODELS["own compile"].make(), pairs(3)[2])
    assert trial.outcome == "trains"
    assert set(trial.metrics) == {"one_loss", "two_loss"}
    assert trial.loss is None
    assert trial.grad_norm > 0


def test_every_step_meets_the_weights_as_they_are():
    class Striding(keras.Sequential):
        """Moves its weights whatever the learning rate is."""

        def train_step(self, data):
            logs = super().train_step(data)
            for weight in self.trainable_weights:
                weight.assign_add(keras.ops.ones_like(weight))
            return logs

    model, batch = Striding([keras.Input((4,)), keras.layers.Dense(1)]), pairs(1)[0]
    model.compile("sgd", "mse")
    expected = float(np.mean((model.predict(batch[0], verbose=0) - batch[1]) ** 2))
    trial = try_batch(model, 0, first=pairs(1), delivered=batch, yielded=batch)
    assert [each.loss for each in trial.steps] == pytest.approx([expected] * 3, rel=1e-4)


def test_what_a_broken_batch_0_would_build_does_not_meet_the_eager_steps():
    x, y = pairs(1, width=5)[0]
    broken = (x, y[:3])
    trial = tried(unbuilt(), pairs(1)[0], first=[broken, broken])
    assert trial.outcome == "raises"
    assert step(trial, "as yielded").outcome == "trains"


def test_the_eager_steps_of_an_unbuilt_model_meet_what_batch_0_built():
    trial = tried(unbuilt(), pairs(1, width=5)[0])
    assert step(trial, "as yielded").outcome == "raises"


def test_a_trial_of_a_small_dense_model_takes_little_time():
    model, batch = dense(), pairs(3)[2]
    started = time.process_time()
    trial = try_batch(model, 2, first=pairs(2), delivered=batch, yielded=batch)
    assert time.process_time() - started < 3, trial
