"""A delivered batch is found among the yielded ones by content, by order where contents repeat."""

import numpy as np
import pytest

from gendiag.batches.measure import measure
from gendiag.rehearsal.matching import Matcher, changes


def leaves(raw):
    return measure(raw, index=0, epoch=0).leaves


def yielded(*raws):
    matcher = Matcher()
    for index, raw in enumerate(raws):
        matcher.add(measure(raw, index=index, epoch=0), raw)
    return matcher


def batch(value, dtype="float32"):
    return (np.full((2, 3), value, "float32"), np.full(2, value, dtype))


def test_the_order_of_delivery_is_seen():
    matcher = yielded(batch(0), batch(1), batch(2))
    assert [matcher.match(leaves(batch(value))) for value in (2, 0, 1)] == [2, 0, 1]


def test_a_replay_is_the_batch_of_before():
    matcher = yielded(batch(0), batch(1))
    assert [matcher.match(leaves(batch(value))) for value in (0, 1, 0, 1)] == [0, 1, 0, 1]


def test_batches_alike_are_told_apart_by_order():
    matcher = yielded(batch(0), batch(0), batch(0))
    assert [matcher.match(leaves(batch(0))) for _ in range(4)] == [0, 1, 2, 0]


def test_a_batch_is_known_after_the_cast_to_the_dtypes_of_batch_0():
    matcher = yielded(batch(0, "int64"), batch(1.7, "float64"), batch(2.9, "float64"))
    delivered = [(batch(value)[0], np.full(2, int(value), "int64")) for value in (0, 2.9, 1.7)]
    assert [matcher.match(leaves(raw)) for raw in delivered] == [0, 2, 1]


def test_a_batch_of_python_objects_is_known_after_the_cast():
    numbers = (batch(1)[0].astype(object), batch(1)[1])
    matcher = yielded(batch(0), batch(2), numbers)
    assert [matcher.match(leaves(batch(value))) for value in (0, 1, 2)] == [0, 2, 1]


def test_the_weights_that_fit_adds_for_class_weight_do_not_hide_a_batch():
    matcher = yielded(batch(0), batch(1))
    assert [matcher.match(leaves((*batch(value), np.ones(2)))) for value in (1, 0)] == [1, 0]


def test_a_torn_batch_is_the_one_whose_turn_it_is():
    matcher = yielded(batch(0), batch(1))
    matcher.match(leaves(batch(0)))
    assert matcher.match(leaves(batch(99))) == 1


def test_nothing_yielded_matches_nothing():
    assert Matcher().match(leaves(batch(0))) is None


@pytest.mark.parametrize(
    ("before", "after", "count"),
    [
        (np.array([0.7, 1.0, 0.0]), np.array([0, 1, 0]), 1),
        (np.array([0.1, 0.2]), np.array([0.1, 0.2], "float32"), 0),
        (np.array([1e300, 1.0]), np.array([np.inf, 1.0], "float32"), 1),
        (np.array([np.nan, 1.0]), np.array([np.nan, 1.0], "float32"), 0),
        (np.array([300, 44]), np.array([44, 44], "uint8"), 1),
        (np.array([2**24 + 1, 5]), np.array([2**24, 5], "float32"), 1),
        (np.array([True, False]), np.array([1, 0]), 0),
        (np.array([1 + 2j, 3]), np.array([1.0, 3.0]), 1),
    ],
)
def test_rounding_is_no_change_and_everything_else_is(before, after, count):
    counts, examples = changes((before,), {"x": after})
    assert counts == ({"x": count} if count else {})
    assert set(examples) == set(counts)


def test_a_change_has_an_example():
    _, examples = changes((np.array([1.0, 0.7]),), {"x": np.array([1, 0])})
    assert examples == {"x": ("0.7", "0")}
