"""A fit of ours that raised leaves no iterator behind, which would hold up the next fit when Python collects it."""

import gc

import numpy as np
import pytest
import tensorflow as tf

from gendiag import diagnose
from gendiag.garbage import let_go
from tests.small_models import dense, pairs

pytestmark = pytest.mark.slow


@pytest.fixture
def no_collection():
    """Python's own collector sleeps, so that what is still there was let go by nobody."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()
    gc.collect()


def iterators():
    return sum(type(each).__name__ == "OwnedIterator" for each in gc.get_objects())


def bad():
    yield from pairs(3)
    yield np.ones((8, 5), "float32"), np.ones((8, 1), "float32")


@pytest.mark.usefixtures("no_collection")
def test_keras_leaves_the_iterator_of_a_fit_that_raised():
    with pytest.raises(tf.errors.InvalidArgumentError):
        dense().fit(bad(), verbose=0)
    assert iterators() == 1
    let_go()
    assert iterators() == 0


def good():
    yield from pairs(6)


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize(("source", "options"), [(bad, {}), (good, {"max_batches": 4})])
def test_a_diagnosis_and_a_trial_leave_none(source, options):
    report = diagnose(source, dense(), **options)
    assert iterators() == 0
    report.trial(2)
    assert iterators() == 0
