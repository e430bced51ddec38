"""What to do about an exception follows from its kind and from the values in its line."""

import numpy as np
import pytest

from gendiag.rules.evidence.exception_advice import advice, because
from gendiag.runtime.tracebacks import cut


def advised(work):
    with pytest.raises(Exception) as info:  # noqa: PT011  (any will do)
        work()
    return advice(cut(info.value), info.value)


def looked_up(mapping, key):
    return mapping[key]


@pytest.mark.parametrize(
    ("mapping", "key", "told"),
    [
        ({"1": 0}, 1, "there is '1', of type str and not int"),
        ({"cat.png": 0}, "cat", "there is 'cat.png'"),
        ({"image_001": 0}, "image_01", "there is 'image_001'"),
        ({"a": 0, "b": 1}, "z", "its 2 keys are 'a', 'b'"),
        ({}, "z", "is empty"),
        ([1, 2], 2, "has 2 elements (0 to 1)"),
        (np.ones(3), 5, "has 3 elements"),
        ([], 0, "is empty"),
        (None, 0, "`mapping` is None"),
        ([1, 2], 0.5, "`key` is a float"),
    ],
)
def test_what_is_not_there_is_named_with_what_is(mapping, key, told):
    assert told in advised(lambda: looked_up(mapping, key))


def test_gaps_in_a_pandas_index_are_told_from_its_end():
    pandas = pytest.importorskip("pandas")
    whole = pandas.Series([1.0, 2.0, 3.0])
    assert ".iloc" in advised(lambda: looked_up(whole[whole != 2.0], 1))
    assert "has 3 rows" in advised(lambda: looked_up(whole, 7))


def test_shapes_that_differ_are_counted():
    rows = [np.ones(4), np.ones(3), np.ones(4)]
    assert "2 of (4,), and `rows[1]` is (3,)" in advised(lambda: np.stack(rows))


def test_the_cause_is_told_and_advised_on():
    def work():
        try:
            looked_up({"a": 0}, "b")
        except KeyError as error:
            msg = "no sample"
            raise RuntimeError(msg) from error

    with pytest.raises(RuntimeError) as info:
        work()
    assert because(info.value) == " Its cause: KeyError: 'b'."
    assert "its only key is 'a'" in advice(cut(info.value), info.value)


def test_a_kind_that_says_nothing_special_gets_no_advice():
    assert advised(lambda: (_ for _ in ()).throw(ValueError("odd"))) == ""
