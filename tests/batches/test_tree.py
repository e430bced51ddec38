"""Leaves get the names that train_step knows, in Keras's order."""

from typing import NamedTuple

import keras
import numpy as np
import pytest

from gendiag.batches.tree import flatten, structure, transform

A, B = np.zeros(2), np.ones(3)


class Pair(NamedTuple):
    x: np.ndarray
    y: np.ndarray


@pytest.mark.parametrize(
    ("raw", "paths"),
    [
        ((A, B), ["x", "y"]),
        ((A, B, A), ["x", "y", "sample_weight"]),
        ((A, B, A, B), ["x", "y", "sample_weight", "batch[3]"]),
        (({"b": A, "a": B}, A), ["x['a']", "x['b']", "y"]),
        (((A, B), A), ["x[0]", "x[1]", "y"]),
        (({"a": (A, {"c": B})}, A), ["x['a'][0]", "x['a'][1]['c']", "y"]),
        (A, ["x"]),
        ({"a": A}, ["x['a']"]),
        ([A, B], ["x", "y"]),
        (Pair(A, B), ["x", "y"]),
        (None, ["x"]),
        ((A, None), ["x", "y"]),
        (([1, 2], [[1], [2, 3]]), ["x", "y"]),
        ((A, [A, B]), ["x", "y[0]", "y[1]"]),
    ],
)
def test_a_leaf_is_called_as_train_step_calls_it(raw, paths):
    assert [part.path for part in flatten(raw)] == paths


@pytest.mark.parametrize("raw", [({"b": A, "a": B}, A), ((A, [B, A]), B), {"z": A, "y": (B, A)}])
def test_the_order_is_that_of_keras(raw):
    assert [id(part.value) for part in flatten(raw)] == [id(leaf) for leaf in keras.tree.flatten(raw)]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ((A, B), "(array, array)"),
        ((A,), "(array,)"),
        ([A, B], "[array, array]"),
        (({"b": A, "a": B}, A), "({'a': array, 'b': array}, array)"),
        (Pair(A, B), "Pair(array, array)"),
        (None, "None"),
        ((A, None), "(array, None)"),
        ((A, [1, 2]), "(array, list)"),
    ],
)
def test_the_structure_is_said_without_values(raw, said):
    assert structure(raw) == said


def test_a_transformed_batch_keeps_its_nesting_and_the_order_of_its_keys():
    raw = ({"b": 1.0, "a": (2.0, 3.0)}, Pair(np.float32(4), None), [A])
    seen = []
    same = transform(lambda leaf: seen.append(leaf) or leaf, raw)
    assert list(same[0]) == ["b", "a"]
    assert isinstance(same[1], Pair)
    assert [id(leaf) for leaf in seen] == [id(part.value) for part in flatten(raw)]
