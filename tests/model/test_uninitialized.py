"""A model that a failed fit left half built is tried as it would be if it were made anew, and the user is told."""

import keras
import numpy as np
import pytest

import gendiag
from gendiag.errors import BadModelError
from gendiag.model.uninitialized import usable, weights_without_values
from tests.support.models import linear

pytestmark = pytest.mark.filterwarnings("ignore:.*:UserWarning")


class Odd(keras.layers.Layer):
    """Cannot be made from a config: a function of no name is in none."""

    def __init__(self, change):
        super().__init__()
        self.change = change

    def call(self, x):
        return self.change(x)


def batches(columns, count=4):
    return ((np.ones((8, 4), "float32"), np.zeros((8, columns), "float32")) for _ in range(count))


def sequential(*layers):
    model = keras.Sequential([keras.layers.Dense(3), *layers])
    model.compile("adam", "mse")
    return model


def left_by_a_failed_fit(model):
    with pytest.raises(ValueError):  # noqa: PT011  (Keras's sentence is of no interest here)
        model.fit(batches(7), verbose=0)
    return model


def text(report):
    return " ".join(str(report).split())


@pytest.mark.parametrize("layers", [(), (keras.layers.Reshape((7,)),)], ids=["loss", "layer"])
def test_it_is_tried_as_made_anew_and_the_user_is_told(layers):
    model = left_by_a_failed_fit(sequential(*layers))
    report = gendiag.diagnose(lambda: batches(7), model, progress=False)
    assert (report.verdict, report.fails_at, report.findings[0].rule) == ("raises", 0, "model-rejects")
    assert "was left half built by a fit that failed: 2 of its variables" in text(report)
    assert len(weights_without_values(model)) == 2


def test_with_sound_data_it_is_itself_what_fit_raises_about():
    model = left_by_a_failed_fit(sequential())
    report = gendiag.diagnose(lambda: batches(3), model, progress=False)
    assert (report.verdict, report.fails_at, [f.rule for f in report.findings]) == ("raises", None, ["fit-refuses"])
    assert "fit raises with it whatever the data. Make it anew" in report.findings[0].message
    with pytest.raises((ValueError, AttributeError)):
        model.fit(batches(3), verbose=0)


class Late(keras.Sequential):
    def train_step(self, data):
        super().train_step(data)
        message = "too late"
        raise ValueError(message)


def test_an_optimizer_that_was_left_without_values_counts_too():
    model = Late([keras.Input((4,)), keras.layers.Dense(3)])
    model.compile("adam", "mse")
    with pytest.raises(ValueError, match="too late"):
        model.fit(batches(3), verbose=0)
    assert {path.partition("/")[0] for path in weights_without_values(model)} == {model.optimizer.name}


def test_what_cannot_be_made_anew_is_refused():
    model = left_by_a_failed_fit(sequential(Odd(lambda x: x)))
    with pytest.raises(BadModelError, match=r"half built .* and pass that one: diagnose\(source, make_model\(\)\)"):
        gendiag.diagnose(lambda: batches(7), model, progress=False)


@pytest.mark.parametrize("layers", [(), (Odd(lambda x: x),)], ids=["made anew", "not made anew"])
def test_the_record_of_the_fit_that_left_it_so_has_its_report(layers):
    model = sequential(*layers)
    with gendiag.watch() as flight:
        left_by_a_failed_fit(model)
    assert (flight.report.verdict, flight.report.fails_at) == ("raises", 0)
    assert "was left half built" in text(flight.report)


@pytest.mark.parametrize("model", [None, linear(4), sequential()], ids=["none", "built", "not built"])
def test_a_sound_model_is_taken_as_it_is(model):
    assert usable(model) == (model, "")
