"""Reading a model: what its inputs, outputs and losses ask for, and nothing changed by it."""

import keras
import pytest

from gendiag.model.reader import read_model
from tests.support.models import dense, net, pooled
from tests.support.small_models import MODELS, state

layers = keras.layers


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
    assert read_model(net((5,), layers.Embedding(9, 2))).inputs[0].ids.size == 9
    assert not read_model(dense(1)).inputs[0].ids
    assert read_model(dense(1)).scales == "no"
    assert read_model(pooled(3, "mse", (6, 6, 3), layers.Rescaling(1 / 255))).scales == "yes"
    assert read_model(MODELS["lambdas"].make()).scales == "unknown"
    assert read_model(MODELS["own train_step"].make()).scales == "unknown"


def test_the_activation_is_read_through_time_distributed():
    last = layers.TimeDistributed(layers.Dense(1, activation="softmax"))
    model = keras.Sequential([keras.Input((5, 2)), last])
    model.compile("sgd", "mse")
    assert read_model(model).outputs[0].activation == "softmax"
