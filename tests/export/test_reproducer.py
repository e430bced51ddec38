"""A folder that raises in a fresh process what fit raised, without pickle and without the source."""

import json
import runpy

import keras
import numpy as np
import pytest

from gendiag import GendiagError, diagnose
from gendiag.export import reproducer
from gendiag.export.fresh_process import first_line
from gendiag.rules import RULES
from gendiag.rules.rule import sound
from tests.support.models import linear

BY_NAME = {rule.name: rule for rule in RULES}


@pytest.fixture(autouse=True)
def _in_this_process(request, monkeypatch):
    """Run the script here, where Keras is loaded already; what is a proof runs it in a fresh process, as users do."""
    if request.node.get_closest_marker("proof") is None:
        monkeypatch.setattr(reproducer, "raised_by", raised_here)


def raised_here(script):
    try:
        runpy.run_path(str(script), run_name="__main__")
    except Exception as error:  # noqa: BLE001  (whatever it raises is the answer)
        return first_line(type(error).__name__, str(error))
    return None


def diagnosed(source, model, **fit_args):
    report = diagnose(source, model, progress=False, quiet_s=10, **fit_args)
    assert report.verdict == "raises"
    return report


def of_rule(name):
    rule = BY_NAME[name]
    return diagnosed(rule.broken, rule.model() or linear(), **rule.fit_args)


OF_RULES = ("feature-shape-drift", "labels-out-of-range", "not-a-tuple", "none-in-batch", "object-or-string-dtype")


@pytest.mark.proof
@pytest.mark.parametrize("name", OF_RULES)
def test_the_script_raises_the_same_in_a_fresh_process(name, tmp_path):
    made = of_rule(name).reproducer(tmp_path)
    assert made.verified, made


@pytest.mark.parametrize("name", OF_RULES)
def test_the_script_raises_the_same_is_short_and_holds_no_empty_array(name, tmp_path):
    made = of_rule(name).reproducer(tmp_path)
    assert made.verified, made
    assert len((tmp_path / "reproduce.py").read_text().splitlines()) < 40
    with np.load(tmp_path / "batches.npz", allow_pickle=False) as data:
        assert all(data[key].size for key in data)


def short(index):
    x, y = list(sound())[index]
    return x, y[:-1] if index == 4 else y


class Short(keras.utils.PyDataset):
    """One label is missing in item 4."""

    def __len__(self):
        return 6

    def __getitem__(self, index):
        return short(index)


def test_a_dataset_is_served_as_a_dataset(tmp_path):
    made = diagnosed(Short, linear()).reproducer(tmp_path)
    assert made.verified
    assert "PyDataset" in (tmp_path / "reproduce.py").read_text()


def test_values_are_replaced_wherever_the_failure_survives_it(tmp_path):
    secret = np.random.default_rng(5).random((4, 4, 3))

    def private():
        for index, x in enumerate(secret):
            yield x, np.arange(4) % 3 + 9 * (index == 3)

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    made = diagnosed(private, model).reproducer(tmp_path, anonymous=True)
    assert made.verified
    assert "x" in made.replaced
    with np.load(tmp_path / "batches.npz") as data:
        written = [data[key] for key in data if data[key].shape == (4, 3)]
    assert len(written) == 3
    assert not np.isin(np.concatenate(written), secret).any()


class Own(keras.Model):
    """A model of somebody's own, which no fresh process knows."""

    def __init__(self, **options):
        super().__init__(**options)
        self.last = keras.layers.Dense(1)

    def call(self, x):
        return self.last(x)


def own_model():
    model = Own()
    model.compile("sgd", "mse")
    return model


@pytest.mark.proof
def test_a_stand_in_takes_the_place_of_a_model_that_is_no_json(tmp_path):
    made = diagnosed(Short, own_model()).reproducer(tmp_path)
    assert made.verified
    assert "stand-in" in made.model
    assert json.loads((tmp_path / "model.json").read_text())["class_name"] == "Functional"


def test_what_no_stand_in_raises_is_said(tmp_path):
    model = linear()
    model.compile("sgd", lambda y, _: keras.ops.reshape(y, (1, 7)))
    made = diagnosed(sound, model).reproducer(tmp_path)
    assert not made.verified
    assert "make it in the script yourself" in made.model


def test_only_the_guilty_samples_are_kept(tmp_path):
    made = of_rule("labels-out-of-range").reproducer(tmp_path, only_guilty=True)
    assert made.verified
    assert 0 < len(made.samples) < 4
    with np.load(tmp_path / "batches.npz", allow_pickle=False) as data:
        assert len(made.samples) in [len(data[key]) for key in data if data[key].ndim]


def test_a_batch_of_many_leaves_leaves_the_script_short(tmp_path):
    def wide():
        for index in range(4):
            yield {f"feature {i}": np.ones((4, 1 + (index == 3 and i == 5))) for i in range(64)}, np.ones((4, 1))

    inputs = {f"feature {i}": keras.Input((1,), name=f"feature {i}") for i in range(64)}
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.concatenate(list(inputs.values()))))
    model.compile("sgd", "mse")
    made = diagnosed(wide, model).reproducer(tmp_path)
    assert made.verified
    assert len((tmp_path / "reproduce.py").read_text().splitlines()) < 40


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (sound, "fit raises nothing"),
        (BY_NAME["source-raises"].broken, "the source itself raised"),
        (lambda: iter(list(sound())), "fit takes nothing from this source"),
    ],
)
def test_what_no_batch_brings_about_is_refused_with_the_reason(source, told, tmp_path):
    report = diagnose(source, linear(), progress=False)
    with pytest.raises(GendiagError, match=told):
        report.reproducer(tmp_path)
    assert list(tmp_path.iterdir()) == []
