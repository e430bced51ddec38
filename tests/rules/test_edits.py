"""Edits: the code that is shown is the code that is run."""

import numpy as np
import pytest

from gendiag.errors import BadSourceError
from gendiag.records import Leaf
from gendiag.rules.edits import arguments, batching, numbers, shapes, streams
from gendiag.rules.edits.chain import chained
from gendiag.rules.edits.edit import Edit
from gendiag.rules.edits.place import Place
from gendiag.rules.edits.snippet import snippet
from gendiag.rules.edits.templates import put

LEAVES = {path: Leaf(path, path, "array", (4, 3), "float64") for path in ("x", "y")}
GENERATOR = Place("generator", leaves=LEAVES, maker="make_batches", fit_args={"epochs": 2, "steps_per_epoch": 3})
OBJECT = Place("generator", leaves=LEAVES, fit_args={"epochs": 2, "steps_per_epoch": 3})


def make_batches():
    for step in range(3):
        yield np.full((4, 3), step, "float64"), np.full((4, 3), 0.5)


def items():
    import keras

    class Items(keras.utils.PyDataset):
        hooks = 0

        def __init__(self):
            super().__init__(workers=2)

        def __len__(self):
            return 3

        def __getitem__(self, index):
            return list(make_batches())[index]

        def on_epoch_end(self):
            self.hooks += 1

    return Items()


@pytest.mark.parametrize(
    ("path", "statement"),
    [
        ("y", "y = new"),
        ("x['image']", "x = {**x, 'image': new}"),
        ("x[0]", "x = (new, *x[1:])"),
        ("x[1]", "x = (*x[:1], new, *x[2:])"),
        ("x['a'][0]", "x = {**x, 'a': (new, *x['a'][1:])}"),
    ],
)
def test_a_leaf_is_set_without_changing_what_the_source_holds(path, statement):
    assert put(path, "new") == statement


def test_a_generator_gets_a_wrapper():
    edit = numbers.cast(GENERATOR, "y", "float32")
    assert [y.dtype.name for _, y in edit.apply(make_batches)] == ["float32"] * 3
    assert [y.dtype.name for _, y in edit.apply(make_batches())] == ["float32"] * 3


def test_the_snippet_is_what_runs_with_the_call_of_fit_below():
    edit = numbers.cast(GENERATOR, "y", "float32")
    shown = snippet(edit, GENERATOR)
    assert shown.endswith("# model.fit(mended(make_batches()), epochs=2, steps_per_epoch=3)\n")
    names = {}
    exec(shown, names)  # noqa: S102  (as the user would)
    assert next(names["mended"](make_batches()))[1].dtype == "float32"


def test_a_dataset_keeps_its_length_workers_and_hooks():
    place, dataset = Place("PyDataset", leaves=LEAVES, length=3), items()
    edit = numbers.cast(place, "y", "float32")
    mended = edit.apply(dataset)
    assert (len(mended), mended.workers, mended[2][1].dtype.name) == (3, 2, "float32")
    mended.on_epoch_end()
    assert dataset.hooks == 1


def test_a_tf_dataset_gets_a_map():
    import tensorflow as tf

    dataset = tf.data.Dataset.from_tensor_slices(next(make_batches())).batch(2)
    edit = numbers.cast(Place("tf.data.Dataset", leaves=LEAVES), "y", "float32")
    assert edit.apply(dataset).element_spec[1].dtype == tf.float32


def test_arrays_stay_a_tuple_to_be_unpacked():
    place = Place("arrays", leaves=LEAVES)
    edit = numbers.cast(place, "y", "float32")
    assert edit.apply(next(make_batches()))[1].dtype == "float32"
    assert "# model.fit(*mended(arrays))" in snippet(edit, place)


def test_bad_batches_are_left_out_of_a_generator_and_of_a_dataset():
    edit = batching.without_none(GENERATOR)
    assert len(list(edit.apply(batch for batch in [1, None, (1, 2)] if batch != 1))) == 1
    edit = batching.without_odd(Place("PyDataset", leaves=LEAVES, length=3), "batch[0].max() != 1", "ones", [1], 4)
    assert [edit.apply(items())[index][0].max() for index in range(2)] == [0, 2]
    assert edit.changes_meaning == "drops batch 1 (4 samples of those read)"


def test_nothing_is_proposed_where_a_graph_would_need_other_code():
    assert shapes.like_rows(Place("tf.data.Dataset", leaves=LEAVES), "y", (4, 3)) is None


def test_what_makes_the_source_anew_wants_the_function():
    edit = streams.again(GENERATOR)
    mended = edit.apply(make_batches)
    assert [next(mended)[0].max() for _ in range(4)] == [0, 1, 2, 0]
    with pytest.raises(BadSourceError, match="without the parentheses"):
        edit.apply(make_batches())


def test_a_generator_object_is_kept_instead():
    edit = streams.again(OBJECT)
    mended = edit.apply(make_batches())
    assert [next(mended)[0].max() for _ in range(7)] == [0, 1, 2, 0, 1, 2, 0]


def test_arguments_that_change_are_said_in_the_call():
    edit = arguments.without(GENERATOR, "steps_per_epoch")
    assert snippet(edit, GENERATOR) == "# model.fit(make_batches(), epochs=2)  # without steps_per_epoch\n"
    assert edit.apply(make_batches).__name__ == "make_batches"


def test_an_edit_of_validation_data_says_so():
    place = Place("arrays", leaves=LEAVES, target="validation_data", fit_args={"validation_data": ()})
    edit = numbers.scale(place, "x", "/ 255")
    assert edit.title == "Scale x: x / 255, in validation_data"
    assert snippet(edit, place).endswith("# model.fit(source, validation_data=mended(arrays))\n")


@pytest.mark.parametrize("first_calls", [False, True])
@pytest.mark.parametrize("second_calls", [False, True])
def test_two_edits_are_one(*, first_calls, second_calls):
    def adding(text, calls):
        source = "source()" if calls else "source"
        return Edit(
            text,
            f"def mended(source):\n    for part in {source}:\n        yield part + {text!r}",
            size=2,
            calls_source=calls,
        )

    both = chained(adding("a", first_calls), adding("b", second_calls))
    source = lambda: iter(["x", "y"])  # noqa: E731
    assert list(both.apply(source)) == ["xab", "yab"]
    assert (both.title, both.size) == ("a; b", 4)


def test_edits_of_different_arguments_of_fit_are_not_joined():
    one, other = Edit("a", "def mended(s): return s"), Edit("b", "def mended(s): return s", target="validation_data")
    assert chained(one, other) is None
