"""``%gendiag`` behind a failed cell says what it could have, and what not, for what fit was given."""

import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from gendiag.commands import last_traceback
from gendiag.commands.last_traceback import READ_AGAIN, after_failure
from gendiag.errors import NothingRecordedError, SourceSpentError
from gendiag.sources import KINDS

pytestmark = pytest.mark.filterwarnings("ignore:.*:UserWarning")
AGAIN = "%%gendiag\n  model.fit(...)\n"


def batches(bad=4, count=30):
    for index in range(count):
        yield np.full((8, 4), index / 50, "float32"), np.full(8, 7 if index == bad else index % 3)


def plain():
    yield from batches()


def sound():
    yield from batches(bad=None)


def keyword(*, bad=4):
    yield from batches(bad)


def variable(*_):
    yield from batches()


def expression():
    return (pair for pair in batches())


def remembering():
    bad = 4

    def closure():
        yield from batches(bad)

    return closure()


def classifier(name):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")], name=name)
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


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
        with pytest.raises(Exception) as caught:  # noqa: PT011  (whatever fit raises)
            classifier("mine").fit(x, **fit_args, verbose=0)
        for each in spend:  # fit may have left something
            list(each)
        monkeypatch.setattr(sys, "last_value", caught.value, raising=False)
        report = after_failure({each.__name__: each for each in defined})
        return capsys.readouterr().out, report

    return failed


@pytest.fixture
def said(after, monkeypatch):
    """Let fit fail, and return what is said, without the diagnosis."""
    monkeypatch.setattr(last_traceback, "diagnose", lambda *_, **__: None)
    monkeypatch.setattr(last_traceback, "_headed", lambda *_: None)
    return lambda *args, **options: after(*args, **options)[0]


def test_what_a_callback_raised_heads_the_report_of_a_source_that_trains_now(after):
    class Broken(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, **_):
            if batch == 2:
                message = "the callback is broken"
                raise ValueError(message)

    told, report = after(sound(), defined=[sound], callbacks=[Broken()])
    where = (
        "The fit raised in the callback Broken.on_train_batch_end(batch=2) in epoch 1, step 3: ValueError: the callback"
    )
    assert told.startswith(where)
    assert report.verdict == "trains"
    assert report.diagnosis.headline.startswith(where)
    assert "What the source does now: trains." in report.diagnosis.headline
    assert repr(report).startswith("✖ raised")


def test_a_generator_made_anew_may_give_others_and_the_weights_are_those_of_now(after):
    told, report = after(plain(), defined=[plain])
    assert report.fails_at == 4
    assert "batches made anew by plain(), from the first on. Where it depends on something that changes" in told
    assert "the model mine, with the weights that it has now: its optimizer counts" in told
    assert "any of the failed fit included" in told
    assert "callbacks" not in told
    where = "The fit raised in epoch 1, step 5: InvalidArgumentError: Received a label value of 7"
    assert told.startswith(where)
    assert "\nDiagnosed from the traceback of the last exception:\n  - the model mine" in told
    assert report.diagnosis.headline.startswith(where)
    assert (
        "outside the valid range of [0, 3). What the source does now: raises. y is 7 throughout in batch 4"
        in report.diagnosis.headline
    )
    assert told.endswith(AGAIN)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (batches, "its function takes arguments"),
        (keyword, "its function takes arguments"),
        (variable, "its function takes arguments"),
        (expression, "it is a generator expression"),
        (remembering, "its function keeps variables of its own"),
        (plain, "its function is not defined in this notebook any more"),
    ],
)
def test_of_a_generator_that_cannot_be_made_anew_only_the_rest_is_left(after, source, why):
    made = source()
    told, report = after(made, defined=[batches, keyword, variable, lambda: 4])
    assert report.fails_at is None
    assert f"what is left of the generator {made.__name__}: it cannot be made anew from here ({why})." in told
    assert "are gone, with any that it raised at; batch 0 is the first one behind those" in told


def test_a_function_of_the_same_name_is_not_taken_for_the_one_that_made_the_generator(said):
    def other():
        yield from batches(bad=None)

    other.__name__ = "plain"
    told = said(plain(), defined=[other])
    assert "what is left of the generator plain: it cannot be made anew" in told


def test_what_is_left_of_a_validation_generator_is_said_to_be(said):
    fit_args = {"validation_steps": 1, "steps_per_epoch": 2, "epochs": 4}
    told = said(plain(), defined=[plain], validation_data=batches(bad=None), **fit_args)
    assert "what is left of the validation generator batches: what fit took of it is gone." in told
    told = said(plain(), defined=[plain], validation_data=batches(bad=None))
    assert "validation generator" not in told


def test_a_generator_that_is_being_read_is_refused(after):
    def asking(bad):
        yield from batches(bad)
        after_failure({})

    _, report = after(asking(4))
    assert "the generator asking is being read by another thread, and it cannot be made anew" in " ".join(
        str(report).split()
    )


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


def test_a_spent_generator_whose_function_is_there_is_made_anew(after):
    source = plain()
    _, report = after(source, defined=[plain], spend=[source])
    assert report.fails_at == 4


def test_a_fit_that_took_nothing_leaves_the_generator_and_the_weights_as_they_were(said):
    told = said(batches(), validation_split=0.5)
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


def test_every_kind_of_source_that_can_be_read_again_goes_by_its_name():
    assert set(READ_AGAIN) == {each.kind for each in KINDS} - {"generator", "object"}


def test_what_is_no_source_is_diagnosed_as_it_is(after):
    told, report = after(object())
    assert "  - object, as it is now." in told
    assert report.verdict == "raises"


def test_sample_weights_beside_arrays_are_of_the_data(after):
    x, y = arrays()
    _, report = after(x, y=y, sample_weight=np.ones(32))
    assert [leaf.path for leaf in report.profile.batches[0].leaves] == ["x", "y", "sample_weight"]
    assert set(report.diagnosis.fit_args) == {"verbose"}


def as_keras_has_them(callbacks):
    return keras.callbacks.CallbackList([*callbacks, keras.callbacks.ProgbarLogger()], add_history=True)


@pytest.mark.parametrize("form", [list, lambda each: each[0], as_keras_has_them], ids=["list", "one", "Keras"])
def test_callbacks_that_are_left_out_are_named(said, form):
    told = said(plain(), defined=[plain], callbacks=form([keras.callbacks.EarlyStopping()]))
    assert "not its callbacks, which are not run: EarlyStopping." in told


@pytest.fixture
def whole_tracebacks():
    """Keras shows its own frames too."""
    keras.config.disable_traceback_filtering()
    yield
    keras.config.enable_traceback_filtering()


@pytest.mark.usefixtures("whole_tracebacks")
def test_of_a_fit_within_a_fit_it_is_the_inner_one_where_the_traceback_has_both(said):
    inner = keras.callbacks.LambdaCallback(on_epoch_begin=lambda *_: classifier("inner").fit(plain(), verbose=0))
    told = said(batches(bad=None), defined=[plain], callbacks=[inner])
    assert "the model inner" in told


def test_an_evaluation_that_raised_is_not_taken_for_a_fit(monkeypatch):
    with pytest.raises(Exception) as caught:  # noqa: PT011  (whatever it raises)
        classifier("mine").evaluate(plain(), verbose=0)
    monkeypatch.setattr(sys, "last_value", caught.value, raising=False)
    with pytest.raises(NothingRecordedError):
        after_failure({})


def test_an_exception_of_something_else_says_what_to_type(monkeypatch):
    monkeypatch.setattr(sys, "last_value", ZeroDivisionError(), raising=False)
    with pytest.raises(NothingRecordedError, match=r"did not come out of model\.fit\. Type %gendiag .* put %%gendiag"):
        after_failure({})
