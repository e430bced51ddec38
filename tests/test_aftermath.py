"""``%gendiag`` behind a failed cell says what it could have, and what not, for what fit was given."""

import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from gendiag.aftermath import after_failure
from gendiag.errors import NothingRecordedError, SourceSpentError

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:.*:UserWarning")]
AGAIN = "%%gendiag\n  model.fit(...)\n"


def batches(bad=4, count=30):
    for index in range(count):
        yield np.full((8, 4), index / 50, "float32"), np.full(8, 7 if index == bad else index % 3)


def plain():
    yield from batches()


class Items(keras.utils.PyDataset):
    def __len__(self):
        return 6

    def __getitem__(self, index):
        return np.full((8, 4), index / 50, "float32"), np.full(8, 7)


def arrays():
    return np.zeros((32, 4), "float32"), np.full(32, 7)


@pytest.fixture
def after(monkeypatch, capsys):
    """Let fit fail, and return what is said and the report."""

    def failed(x, *, defined=(), spend=(), **fit_args):
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")], name="mine")
        model.compile("adam", "sparse_categorical_crossentropy")
        with pytest.raises(Exception) as caught:  # noqa: PT011  (whatever fit raises)
            model.fit(x, **fit_args, verbose=0)
        for each in spend:  # fit may have left something
            list(each)
        monkeypatch.setattr(sys, "last_value", caught.value, raising=False)
        report = after_failure({each.__name__: each for each in defined})
        return capsys.readouterr().out, report

    return failed


def test_a_generator_made_anew_may_give_others_and_the_weights_are_those_of_now(after):
    told, report = after(plain(), defined=[plain])
    assert report.fails_at == 4
    assert "batches made anew by plain(), from the first on. Where it depends on something that changes" in told
    assert "the model mine, with the weights that it has now: its optimizer counts" in told
    assert "any of the failed fit included" in told
    assert "callbacks" not in told
    assert told.endswith(AGAIN)


@pytest.mark.parametrize(
    ("source", "why"),
    [(batches, "its function takes arguments"), (plain, "its function is not defined in this notebook any more")],
)
def test_of_a_generator_that_cannot_be_made_anew_only_the_rest_is_left(after, source, why):
    told, report = after(source())
    assert report.fails_at is None
    assert f"what is left of the generator {source.__name__}: it cannot be made anew from here ({why})." in told
    assert "are gone, with any that it raised at; batch 0 is the first one behind those" in told


def test_a_spent_generator_is_refused_with_what_to_type(after):
    source = batches()
    with pytest.raises(SourceSpentError) as caught:
        after(source, spend=[source])
    told = str(caught.value)
    assert "batches was read by the fit that failed and is spent" in told
    assert "it cannot be made anew from here: its function takes arguments" in told
    assert told.endswith("%%gendiag\nmodel.fit(...)")
    other = (pair for pair in batches())
    with pytest.raises(SourceSpentError, match="generator <genexpr> was read by"):
        after(plain(), defined=[plain], validation_data=other, spend=[other])


def test_a_fit_that_took_nothing_leaves_the_generator_and_the_weights_as_they_were(after):
    told, _ = after(batches(), validation_split=0.5)
    assert "the generator batches, of which fit took nothing" in told
    assert "counts no step." in told


@pytest.mark.parametrize(
    ("make", "fit_args", "said"),
    [
        (Items, {}, "its PyDataset Items, in the state in which the failed fit left it, read again from the start."),
        (lambda: tf.data.Dataset.from_tensors(arrays()), {}, "its tf.data.Dataset, read again from the start."),
        (lambda: arrays()[0], {"y": arrays()[1]}, "its arrays, read again from the start, shuffled anew."),
        (lambda: arrays()[0], {"y": arrays()[1], "shuffle": False}, "its arrays, read again from the start."),
    ],
    ids=["PyDataset", "tf.data", "arrays", "arrays in order"],
)
def test_what_can_be_read_again_is_said_to_be(after, make, fit_args, said):
    told, report = after(make(), **fit_args)
    assert report.verdict == "raises"
    assert f"  - {said}" in told
    assert ("may come out otherwise" in told) == ("arrays" not in said)


def test_callbacks_that_are_left_out_are_named(after):
    told, _ = after(plain(), defined=[plain], callbacks=[keras.callbacks.EarlyStopping()])
    assert "not its callbacks, which are not run: EarlyStopping." in told


def test_an_exception_of_something_else_says_what_to_type(monkeypatch):
    monkeypatch.setattr(sys, "last_value", ZeroDivisionError(), raising=False)
    with pytest.raises(NothingRecordedError, match=r"did not come out of model\.fit\. Type %gendiag .* put %%gendiag"):
        after_failure({})
