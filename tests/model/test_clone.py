"""What is trained on a stand-in leaves no trace on the model, and the stand-in trains as the model would."""

import random
from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")

from gendiag.errors import BadModelError  # noqa: E402  (as above)
from gendiag.model.batch_trial import try_batch  # noqa: E402  (as above)
from gendiag.model.clone import is_compiled, stand_in  # noqa: E402  (TensorFlow may be missing)
from tests.support.small_models import EACH, MODELS, QUICK, dense, described, pairs, state, unbuilt  # noqa: E402  (as above)

TRAINED_BEFORE = ("dense", "functional", "own train_step", "own compile", "branching")
WAYS = [(name, False) for name in MODELS] + [(name, True) for name in TRAINED_BEFORE]
AS_A_PROOF = [way for way in WAYS if way[0] not in QUICK or (way[1] and way[0] != "dense")]


def drawn() -> list[Any]:
    """Return what every source of randomness gives next."""
    return [
        random.random(),  # noqa: S311  (no secret)
        np.random.random(),  # noqa: NPY002  (the legacy state is what is global)
        float(tf.random.uniform(())),
        float(keras.random.uniform(())),
        keras.layers.Dense(1).name,
    ]


def trained(case: Any, *, before: bool, tried: bool) -> tuple[Any, ...]:
    """Losses, state and next random numbers of a model that was trained, with or without trials in between."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(5)
    model, batches = case.make(), case.batches(5)
    if before:
        model.fit(iter_of(batches[:2]), verbose=0)
    if tried:
        good, broken = batches[3], tuple(None for _ in batches[3])
        trial = try_batch(model, 3, first=batches[:2], delivered=good, yielded=good)
        assert trial.outcome == "trains", trial
        assert (trial.loss or trial.metrics["one_loss"]) > 0, "a trial without a gradient would prove nothing"
        assert trial.grad_norm != 0
        assert try_batch(model, 4, first=batches[:2], delivered=None, yielded=broken).outcome == "raises"
    losses = model.fit(iter_of(batches), verbose=0).history
    return losses, state(model), drawn()


def iter_of(batches: list[Any]) -> Any:
    return (each for each in batches)


@pytest.mark.parametrize(
    ("name", "before"), [pytest.param(*way, marks=[pytest.mark.proof] * (way in AS_A_PROOF)) for way in WAYS]
)
def test_training_after_a_trial_equals_training_without_one(name, before):
    tried = trained(MODELS[name], before=before, tried=True)
    untried = trained(MODELS[name], before=before, tried=False)
    assert tried[0] == untried[0]
    assert all(sum(values) > 0 for values in tried[0].values()), "no loss, no proof"
    assert len(tried[1]) == len(untried[1])
    assert all(np.array_equal(mine, other) for mine, other in zip(tried[1], untried[1], strict=True))
    assert tried[2] == untried[2]


@pytest.mark.parametrize("name", EACH)
def test_a_trained_model_is_copied_where_a_copy_can_be_made_and_the_copy_trains_as_it_would(name):
    make, data, expected = MODELS[name]
    keras.utils.set_random_seed(5)
    model = make()
    model.fit(iter_of(data(2)), verbose=0)
    with stand_in(model) as other:
        assert ("itself" if other is model else "copy") == expected
        assert all(map(np.array_equal, state(other)[: len(model.variables)], state(model)))
        losses = other.fit(iter_of(data(4)), verbose=0).history
    assert model.fit(iter_of(data(4)), verbose=0).history == losses


@pytest.mark.parametrize("batch", [pairs(1)[0], (None, None)], ids=["good", "broken"])
def test_an_unbuilt_model_stays_unbuilt(batch):
    model = unbuilt()
    trial = try_batch(model, 2, first=pairs(2), delivered=None, yielded=batch)
    assert trial.outcome == ("raises" if batch[0] is None else "trains")
    assert not model.built
    assert model.weights == []
    assert not model.optimizer.built


def test_a_broken_first_batch_does_not_build_an_unbuilt_model():
    model = unbuilt()
    broken = (np.zeros((8, 4), "float32"), np.zeros((3, 1), "float32"))
    assert try_batch(model, 0, first=[broken, broken], delivered=broken, yielded=broken).outcome == "raises"
    assert not model.built
    assert model.weights == []


def test_an_attribute_set_after_the_model_was_made_is_not_lost_on_a_copy():
    model = described()
    with stand_in(model) as other:
        assert other is not model
    model.margin = 0.3
    with stand_in(model) as other:
        assert other is model, "the config knows nothing of the margin"


def test_a_metric_whose_arguments_are_not_in_its_config_is_not_copied_with_other_ones():
    class Scaled(keras.metrics.Mean):
        def __init__(self, scale: float = 1.0, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.scale = scale

    model = dense(metrics=[Scaled(3.0)])
    with stand_in(model) as other:
        assert other is model


def test_what_a_loss_remembers_in_python_is_put_back():
    class Counted(keras.losses.Loss):
        calls = 0

        def call(self, y_true: Any, y_pred: Any) -> Any:
            self.calls += 1
            return keras.ops.mean((y_true - y_pred) ** 2, axis=-1)

    model = dense(Counted())
    with stand_in(model) as other:
        assert other is not model
        other.fit(iter_of(pairs(1)), verbose=0)
        assert model.loss.calls > 0
    assert model.loss.calls == 0


def test_the_stand_in_is_named_and_switched_like_the_model():
    model = dense(run_eagerly=True, steps_per_execution=3)
    model.layers[0].trainable = False
    with stand_in(model) as other:
        assert other is not model
        assert [layer.name for layer in other.layers] == [layer.name for layer in model.layers]
        assert (other.run_eagerly, other.steps_per_execution) == (True, 3)
        assert len(other.trainable_variables) == 2


def test_layers_of_a_subclassed_copy_keep_the_names_that_messages_will_say():
    described()
    model = described()
    with stand_in(model) as other:
        assert other is not model
        assert [layer.name for layer in other.layers] == [layer.name for layer in model.layers]


def test_an_exception_inside_still_puts_the_model_back():
    model = MODELS["own train_step"].make()
    model.build((None, 4))
    before, attributes = state(model), dict(vars(model))
    with pytest.raises(ZeroDivisionError), stand_in(model) as other:  # noqa: PT012  (the exception comes late)
        other.fit(iter_of(pairs(2)), verbose=0)
        assert other.seen > 0
        raise ZeroDivisionError
    assert vars(model) == attributes
    assert all(map(np.array_equal, state(model), before))


def test_what_is_no_keras_model_is_refused_in_plain_words():
    with pytest.raises(BadModelError, match=r"this dict: it is no keras\.Model"), stand_in({}):
        pass


def test_is_compiled():
    assert is_compiled(dense())
    assert not is_compiled(keras.Sequential())
    assert not is_compiled(None)


def test_what_a_layer_learned_without_training_is_in_the_copy_too():
    x = pairs(1)[0][0] + 100
    scale = keras.layers.Normalization()
    scale.adapt(x)
    model = keras.Sequential([keras.Input((4,)), scale, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with stand_in(model) as other:
        assert other is not model
        assert np.array_equal(other.predict(x, verbose=0), model.predict(x, verbose=0))


def test_a_model_with_an_adapted_vocabulary_is_its_own_stand_in():
    words = keras.layers.StringLookup()
    words.adapt(np.array(["one", "two"]))
    model = keras.Sequential([keras.Input((1,), dtype="string"), words, keras.layers.Embedding(4, 2)])
    model.compile("sgd", "mse")
    with stand_in(model) as other:
        assert other.layers[0].get_vocabulary() == words.get_vocabulary()
        assert len(words.get_vocabulary()) == 3
