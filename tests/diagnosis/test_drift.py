"""What changes from batch to batch, and that nothing is said to be alike that is not."""

from dataclasses import replace

from gendiag.diagnosis.drift import looks_of
from tests.support.diagnoses import batch, plain, x, y


def test_rows_are_free_and_nothing_else():
    batches = [batch(0, x(10), y(10)), batch(1, x(7), y(7))]
    assert not any(looks.drifts for looks in looks_of(batches).values())
    wide = replace(x(10), shape=(10, 48))
    looks = looks_of([*batches, batch(2, wide, y(10))])
    assert list(looks["x"].shapes) == [(None, 4), (None, 48)]
    assert (looks["x"].drifts, looks["y"].drifts) == (True, False)


def test_a_leaf_that_is_not_always_there_drifts():
    looks = looks_of([batch(0, x(), y()), batch(1, x())])
    assert (looks["y"].missing, looks["y"].drifts, looks["x"].drifts) == (1, True, False)


def test_the_dtypes_of_all_batches_are_not_summed_up_over_two_shapes():
    whole = plain(3)
    assert "in all 3 batches" in whole.headline
    wide = batch(3, replace(x(), shape=(10, 48)), y())
    odd = replace(whole, profile=replace(whole.profile, batches=(*whole.profile.batches, wide)))
    assert odd.headline == "No fault found."
