"""The code that fits a profile is code that runs, and that delivers what was yielded."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gendiag import GendiagError, profile
from gendiag.export.output_signature import output_signature
from gendiag.rules.rule import sound


def written(source):
    return output_signature(profile(source))


def ran(code, **names):
    exec(str(code), names)  # noqa: S102  (the code under test)
    return names


def test_dimensions_that_vary_are_free_and_the_batch_axis_always_is():
    def lengths():
        for length in (3, 5):
            yield np.ones((4, length, 2), "float32"), np.ones(4, "int32")

    spec = ran(written(lengths), make_batches=lengths)["output_signature"]
    assert spec == (tf.TensorSpec((None, None, 2), tf.float32), tf.TensorSpec((None,), tf.int32))


def test_the_type_is_one_that_holds_every_batch():
    def drifting():
        yield np.ones((4, 2), "float32"), np.ones(4, "int64")
        yield np.ones((4, 2), "float32"), np.full(4, 0.7)

    names = ran(written(drifting), make_batches=drifting)
    assert [y.numpy()[0] for _, y in names["dataset"]] == [1.0, 0.7]


def test_nested_inputs_and_text_keep_their_names():
    def nested():
        yield {"image": np.ones((2, 4, 4, 1)), "name": np.array(["a", "b"])}, np.ones(2)

    spec = ran(written(nested), make_batches=nested)["output_signature"]
    assert spec[0] == {"image": tf.TensorSpec((None, 4, 4, 1), tf.float64), "name": tf.TensorSpec((None,), tf.string)}


def test_the_dataset_by_index_gives_the_batches_and_trains():
    names = ran(written(sound), make_batches=sound)
    joined = tuple(np.concatenate(part) for part in zip(*sound(), strict=True))
    dataset = names["Batches"](joined)
    assert len(dataset) == 6
    assert all(np.array_equal(mine[0], theirs[0]) for mine, theirs in zip(dataset, sound(), strict=False))
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(dataset, verbose=0)


def test_it_says_how_many_batches_came_through():
    assert "Tried: 6 of 6 batches held (6 were read)" in written(sound)


def test_it_shows_itself_as_code_and_escapes_it():
    code = written(lambda: iter([({"<b>": np.ones((2, 2))}, np.ones(2))]))
    assert repr(code) == str(code)
    assert "<b>" not in code._repr_html_()


@pytest.mark.parametrize(
    ("batches", "told"),
    [
        ([], "no batch was read"),
        ([(np.ones((2, 2)), np.ones(2)), (np.ones((2, 2)),)], "batch 1 is"),
        ([(np.ones((2, 2)), None)], "y of batch 0 is None"),
        ([(np.array([[1], [2, 3]], dtype=object), np.ones(2))], "x of batch 0 is object"),
    ],
)
def test_what_no_signature_fits_is_refused_with_the_reason(batches, told):
    with pytest.raises(GendiagError, match=told):
        written(lambda: (batch for batch in batches))
