"""A fit of ours that raised leaves no iterator behind, which would hold up the next fit when Python collects it."""

import gc
import sys

import numpy as np
import pytest
import tensorflow as tf

from gendiag import diagnose, watch
from gendiag.runtime.leftovers import collect
from tests.support.small_models import dense, pairs
from tests.support.versions import since


@pytest.fixture
def left():
    """Say how many iterators there are now that were not before; Python's own collector sleeps meanwhile."""
    gc.collect()
    gc.disable()
    before = iterators()
    yield lambda: sum(all(each is not other for other in before) for each in iterators())
    gc.enable()


def iterators():
    return [each for each in gc.get_objects() if type(each).__name__ == "OwnedIterator"]


def bad():
    yield from pairs(3)
    yield np.ones((8, 5), "float32"), np.ones((8, 1), "float32")


def good():
    yield from pairs(6)


@since("3.7")
def test_keras_leaves_the_iterator_of_a_fit_that_raised(left):
    with pytest.raises(tf.errors.InvalidArgumentError):
        dense().fit(bad(), verbose=0)
    assert left() == 1
    collect()
    assert left() == 0


# Of an evaluation that raises, which eager fit leaves by way of contextlib.
IN_A_CYCLE = pytest.mark.xfail(sys.version_info >= (3, 13), reason="Python 3.13 keeps the end of data in a cycle")
VALIDATED = pytest.param(good, {"validation_data": bad()}, marks=IN_A_CYCLE)


@pytest.mark.parametrize(("source", "options"), [(bad, {}), (good, {"max_batches": 4}), VALIDATED])
def test_a_diagnosis_and_a_trial_leave_none(left, source, options):
    report = diagnose(source, dense(), **options)
    assert left() == 0
    report.trial(2)
    assert left() == 0


def test_the_report_of_a_recorded_fit_that_raised_begins_without_its_own(left):
    with watch() as flight, pytest.raises(tf.errors.InvalidArgumentError):
        dense().fit(bad(), verbose=0)
    assert flight.report.fails_at == 3
    assert left() == 0
