"""A trial says where in the model a batch goes wrong."""

import time

import numpy as np
import pytest

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")

from gendiag import diagnose  # noqa: E402  (TensorFlow may be missing)
from gendiag.errors import NoFreshWeightsError  # noqa: E402  (as above)
from gendiag.model.batch_trial import eager_step, held_state, try_batch  # noqa: E402  (as above)
from gendiag.model.clone import stand_in  # noqa: E402  (as above)
from gendiag.model.hooks import callables, watched  # noqa: E402  (as above)
from gendiag.model.keras_private import flat_losses  # noqa: E402  (as above)
from tests.support.small_models import (  # noqa: E402  (as above)
    MODELS,
    ROWS,
    WIDTH,
    dense,
    functional,
    halved,
    labelled,
    pairs,
    state,
)  # fmt: skip


def inside(model, batch, **options):
    """What goes on in one eager step on a stand-in."""
    with stand_in(model) as other:
        held_state(other)
        return eager_step(other, "as delivered", batch, **options).inside


def built(*layers, width=WIDTH, loss="mse"):
    model = keras.Sequential([keras.Input((width,)), *layers])
    model.compile("sgd", loss)
    return model


def named(seen):
    return {layer.name: layer for layer in seen.layers}


class Log(keras.layers.Layer):
    """NaN where its input is negative."""

    def call(self, x):
        return keras.ops.log(x)


class Root(keras.Model):
    """The model's own code gives NaN, behind a layer that is sound."""

    def __init__(self):
        super().__init__()
        self.first, self.last = keras.layers.Dense(3), keras.layers.Dense(1)

    def call(self, x):
        return self.last(tf.sqrt(-1.0 - tf.abs(self.first(x))))


class Stacked(keras.Model):
    """A list of layers, one of which is called twice, and a model in the model."""

    def __init__(self):
        super().__init__()
        self.blocks = [keras.layers.Dense(WIDTH, name="one"), keras.Sequential([keras.layers.Dense(WIDTH, name="in")])]
        self.out = keras.layers.Dense(1, name="out")

    def call(self, x):
        for block in (*self.blocks, self.blocks[0]):
            x = block(x)
        return self.out(x)


# ---------------------------------------------------------------------- what is measured
def test_layers_stand_in_the_order_in_which_they_ran_with_what_they_gave():
    model, (x, y) = dense(), pairs(1)[0]
    hidden = keras.Model(model.inputs, model.layers[0].output).predict(x, verbose=0)
    seen = inside(model, (x, y))
    assert [layer.name for layer in seen.layers] == [layer.name for layer in model.layers]
    first = seen.layers[0]
    assert (first.kind, first.shape, first.n_nan, first.n_inf, first.calls) == ("Dense", (ROWS, 3), 0, 0, 1)
    assert (first.low, first.high) == pytest.approx((hidden.min(), hidden.max()), rel=1e-5)
    assert (seen.where, seen.first_bad, seen.weights) == ("", None, "as they are")


def test_gradient_and_update_are_those_of_the_layers_own_weights():
    model, (x, y) = built(keras.layers.Dense(3), keras.layers.Dense(1)), pairs(1)[0]
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(x) - y) ** 2)
    grads = [float(tf.norm(grad)) for grad in tape.gradient(loss, model.trainable_variables)]
    first, last = inside(model, (x, y)).layers
    assert first.grad_norm == pytest.approx(np.hypot(*grads[:2]), rel=1e-4)
    assert last.grad_norm == pytest.approx(np.hypot(*grads[2:]), rel=1e-4)
    assert first.update_norm == pytest.approx(0.01 * first.grad_norm, rel=1e-3), "SGD at its rate of 0.01"


def test_the_update_is_that_of_fit_though_fit_was_replayed_without_learning():
    keras.utils.set_random_seed(5)
    x, y = pairs(3)[2]
    model = functional()  # Adam with a schedule
    model.fit(iter_of(pairs(2)), verbose=0)
    kernel = model.layers[1].kernel
    tried = try_batch(model, 2, first=pairs(2), delivered=(x, y), yielded=None)
    before = kernel.numpy()
    model.run_eagerly = True
    model.train_on_batch(x, y)
    moved = float(np.linalg.norm(kernel.numpy() - before))
    told = named(tried.inside)[model.layers[1].name].update_norm
    assert told > moved * 0.9, "the kernel's move, and the bias's"
    assert tried.inside.update_norm > 0.01


def test_sample_losses_are_those_of_each_sample_and_their_mean_is_the_loss():
    model, (x, y) = dense(), pairs(1)[0]
    each = ((model.predict(x, verbose=0) - y) ** 2).mean(axis=1)
    seen = inside(model, (x, y))
    assert seen.sample_losses == pytest.approx(tuple(each), rel=1e-4)
    assert seen.worst_samples[0] == int(each.argmax())


def test_sample_losses_of_several_outputs_are_their_weighted_sum():
    model, batch = MODELS["branching"].make(), MODELS["branching"].batches(1)[0]
    with stand_in(model) as other:
        held_state(other)
        step = eager_step(other, "as delivered", batch)
    assert np.mean(step.inside.sample_losses) == pytest.approx(step.loss, rel=1e-4)


def test_there_are_no_sample_losses_where_the_loss_does_not_tell_samples_apart():
    assert inside(MODELS["lambdas"].make(), pairs(1)[0]).sample_losses == ()
    assert inside(MODELS["own train_step"].make(), pairs(1)[0]).sample_losses == ()


def test_lists_of_layers_models_in_models_and_layers_called_twice_are_seen():
    model = Stacked()
    model(pairs(1)[0][0])
    model.compile("sgd", "mse")
    seen = inside(model, pairs(1)[0])
    assert [layer.name for layer in seen.layers] == ["one", "in", model.blocks[1].name, "out"]
    assert named(seen)["one"].calls == 2
    assert named(seen)["in"].grad_norm > 0


def test_a_loss_scale_is_taken_out_of_the_gradients():
    keras.utils.set_random_seed(1)
    seen = inside(halved(), pairs(1)[0])
    norms = [layer.grad_norm for layer in seen.layers if layer.grad_norm is not None]
    assert np.hypot(*norms) == pytest.approx(seen.grad_norm, rel=1e-3)
    assert seen.grad_norm < 1000, "the scale is 32768"


# ---------------------------------------------------------------------- where it goes wrong
def test_the_layer_that_makes_nan_of_what_is_finite_is_named():
    x, y = pairs(1)[0]
    model = built(keras.layers.Dense(4, name="before"), Log(name="log"), keras.layers.Dense(1))
    seen = inside(model, (x, y))
    assert (seen.where, seen.first_bad, seen.inputs_finite) == ("layer", "log", True)
    assert named(seen)["log"].n_nan > 0
    assert named(seen)["log"].inputs_finite
    assert named(seen)["before"].finite


def test_nan_in_x_is_not_blamed_on_a_layer():
    x, y = pairs(1)[0]
    x = x.copy()
    x[2, 1] = np.nan
    seen = inside(dense(), (x, y))
    assert (seen.where, seen.first_bad, seen.inputs_finite, seen.targets_finite) == ("input", None, False, True)
    assert seen.worst_samples[0] == 2


def test_nan_in_y_is_not_blamed_on_the_model():
    x, y = pairs(1)[0]
    y = y.copy()
    y[5] = np.nan
    seen = inside(dense(), (x, y))
    assert (seen.where, seen.first_bad, seen.targets_finite) == ("target", None, False)
    assert seen.worst_samples[0] == 5


def test_a_loss_that_is_not_finite_on_finite_outputs_is_named():
    model = built(keras.layers.Dense(1, activation="relu"), loss=lambda y, z: keras.ops.log(-1.0 - (y - z) ** 2))
    assert inside(model, pairs(1)[0]).where == "loss"


def test_weights_that_were_not_finite_before_are_named_with_their_layer():
    model = dense()
    model.layers[1].bias.assign([np.nan])
    seen = inside(model, pairs(1)[0])
    assert (seen.where, seen.first_bad) == ("weights", model.layers[1].name)


def test_a_gradient_that_is_not_finite_is_named():
    model = built(keras.layers.Dense(1), loss=lambda y, z: keras.ops.sqrt(0.0 * (y - z)))
    assert inside(model, pairs(1)[0]).where == "gradient"


def test_a_layer_that_raises_is_named_also_where_keras_refuses_its_input():
    class Raising(keras.layers.Layer):
        def call(self, x):
            if tf.executing_eagerly():
                msg = "no"
                raise ValueError(msg)
            return x

    model = built(keras.layers.Dense(3, name="sound"), Raising(name="raising"), keras.layers.Dense(1))
    seen = inside(model, pairs(1)[0])
    assert (seen.where, seen.first_bad) == ("layer", "raising")
    assert [layer.name for layer in seen.layers] == ["sound", "raising"]
    assert seen.layers[-1].failure.line.startswith("ValueError: no")
    model = dense()
    seen = inside(model, pairs(1, width=5)[0])
    assert (seen.where, seen.first_bad) == ("layer", model.layers[0].name)


def test_a_label_that_the_loss_does_not_know_is_the_losss():
    x, y = labelled(1)[0]
    seen = inside(dense("sparse_categorical_crossentropy", units=3), (x, y + 7))
    assert (seen.where, seen.first_bad) == ("loss", None)
    assert len(seen.layers) == 2


def test_nan_from_the_models_own_code_is_the_models():
    model = Root()
    model(pairs(1)[0][0])
    model.compile("sgd", "mse")
    seen = inside(model, pairs(1)[0])
    assert (seen.where, seen.first_bad) == ("layer", model.name)
    assert [layer.name for layer in seen.layers] == [model.first.name, model.last.name, model.name]


def test_a_mask_of_minus_infinity_that_a_softmax_takes_away_is_no_fault():
    class Masked(keras.layers.Layer):
        def call(self, x):
            return keras.ops.where(x > 0.5, -np.inf, x)

    layers = [Masked(name="mask"), keras.layers.Softmax(), keras.layers.Dense(1)]
    x, y = pairs(1)[0]
    x[:, 0] = 0.1
    seen = inside(built(*layers), (x, y))
    assert (seen.where, seen.first_bad, named(seen)["mask"].n_inf > 0) == ("", None, True)
    seen = inside(built(*layers, Log(name="log"), keras.layers.Dense(1)), (x, y))
    assert seen.first_bad == "log", "and not the mask"


def test_operations_between_the_layers_of_a_functional_model_are_named():
    x = keras.Input((WIDTH,))
    model = keras.Model(x, keras.layers.Dense(1)(keras.ops.log(x - 10.0)))
    model.compile("sgd", "mse")
    seen = inside(model, pairs(1)[0])
    assert (seen.where, named(seen)[seen.first_bad].kind) == ("layer", "Log")


def test_what_never_reached_the_model_is_the_inputs():
    assert inside(dense(), None).where == "input"


@pytest.mark.parametrize("name", MODELS)
def test_every_kind_of_model_can_be_looked_into(name):
    make, batches, _ = MODELS[name]
    keras.utils.set_random_seed(5)  # with some weights half precision overflows at first, and its scale comes down
    seen = inside(make(), batches(1)[0])
    assert (seen.where, seen.first_bad) == ("", None)
    assert seen.layers
    assert seen.grad_norm > 0
    assert all(layer.finite and layer.shape for layer in seen.layers)


# ---------------------------------------------------------------------- in a trial, and the model
def test_a_trial_shows_the_inside_as_delivered_beside_as_yielded():
    one, other = pairs(4)[2:]
    trial = try_batch(dense(), 2, first=pairs(2), delivered=one, yielded=other)
    through_fit, delivered, yielded = trial.steps
    assert through_fit.inside is None
    assert trial.inside is delivered.inside
    assert delivered.inside.sample_losses != yielded.inside.sample_losses


def test_fresh_weights_are_those_of_a_new_model_and_the_model_keeps_its_own():
    model = dense()
    for layer in model.layers:
        layer.kernel.assign(layer.kernel * np.nan)
    before = state(model)
    report = diagnose(lambda: iter_of(pairs(3)), model, progress=False)
    assert report.trial(2).inside.where == "weights"
    fresh = report.trial(2, fresh_weights=True)
    assert (fresh.outcome, fresh.inside.where, fresh.inside.weights) == ("trains", "", "fresh")
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(before, state(model), strict=True))
    assert report.trial(2).outcome == "non-finite", "each is kept apart"


def test_fresh_weights_leave_what_does_not_train():
    x, y = pairs(1)[0]
    scale, held = keras.layers.Normalization(), keras.layers.Dense(3, name="held")
    scale.adapt(x + 100)
    model = built(scale, held, keras.layers.Dense(1, name="trains"))
    held.trainable = False
    model.compile("sgd", "mse")
    one, fresh = (
        try_batch(model, 2, first=pairs(2), delivered=(x + 100, y), yielded=None, fresh_weights=fresh).inside
        for fresh in (False, True)
    )
    assert one.layers[0].high < 5, "scaled by what adapt learned"
    assert [(layer.low, layer.high) for layer in one.layers[:2]] == [(each.low, each.high) for each in fresh.layers[:2]]
    assert one.layers[2].low != fresh.layers[2].low


def test_where_a_model_cannot_be_made_again_there_are_no_fresh_weights():
    case = MODELS["own train_step"]
    with pytest.raises(NoFreshWeightsError, match="get_config"):
        try_batch(case.make(), 2, first=pairs(2), delivered=pairs(1)[0], yielded=None, fresh_weights=True)


def test_every_layer_gets_its_own_methods_back():
    model, (x, y) = dense(), pairs(1)[0]
    held_state(model)
    owned = [set(vars(part)) for part in (*callables(model), model.optimizer)]
    with watched(model) as seen:
        assert "call" in vars(model.layers[0])
        model.run_eagerly = True
        model.train_step((tf.constant(x), tf.constant(y)))
    assert len(seen.calls) >= 2
    assert [set(vars(part)) for part in (*callables(model), model.optimizer)] == owned
    assert [set(vars(loss)) & {"call"} for loss, _ in flat_losses(model)] == [set()]


def test_to_look_inside_costs_little():
    model, batch = dense(), pairs(1)[0]
    with stand_in(model) as other:
        held_state(other)

        def taken(**options):
            began = time.perf_counter()
            eager_step(other, "as delivered", batch, **options)
            return time.perf_counter() - began

        taken()
        with_it, without = min(taken() for _ in range(9)), min(taken(look=False) for _ in range(9))
    assert with_it - without < 0.1


def iter_of(batches):
    return (each for each in batches)
