"""Many batches in a few columns: the worst of them is seen."""

from dataclasses import replace

import numpy as np
import pytest

from gendiag.views.picture import tracks
from gendiag.views.picture.columns import MOST, columns
from gendiag.views.picture.states import State
from tests.support.diagnoses import batch, finding, plain, x, y


def test_few_batches_have_a_column_each():
    drawn = columns(plain(5))
    assert (drawn.first, drawn.last, drawn.size, drawn.width) == (0, 4, 5, 1.0)
    assert drawn.centres.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("shown", "ends"), [((100, 199), (100, 199)), ((-5, 3), (0, 3)), ((990, 5000), (990, 999))])
def test_a_range_is_cut_to_what_there_is_and_keeps_its_numbers(shown, ends):
    drawn = columns(plain(1000, finding(150), finding(995)), shown)
    assert (drawn.first, drawn.last) == ends
    named = drawn.centres[drawn.severity > 0].tolist()
    assert named == [each for each in (150, 995) if ends[0] <= each <= ends[1]]


def test_one_failing_batch_of_many_in_a_column_is_seen():
    drawn = columns(plain(6000, finding(4321), fails_at=4321, verdict="raises"))
    assert drawn.size == MOST
    at = drawn.column_of(np.array([4321]))[0]
    assert drawn.state[at] == State.FAILING
    assert np.flatnonzero(drawn.severity).tolist() == [at]
    assert abs(drawn.centres[at] - 4321) <= drawn.width


def test_the_lowest_and_highest_of_a_column_are_of_its_own_batches():
    values = np.arange(1000.0)
    drawn = columns(plain(1000), (500, 999), most=5)
    assert drawn.lowest(values).tolist() == [500, 600, 700, 800, 900]
    assert drawn.highest(values).tolist() == [599, 699, 799, 899, 999]


def test_the_rows_are_those_of_the_leaf_asked_for():
    whole = plain(2)
    seen = replace(whole, profile=replace(whole.profile, batches=(batch(0, x(10), y(9)), batch(1, x(10), y(7)))))
    assert columns(seen).highest(tracks.rows(seen, "y")).tolist() == [9, 7]
    assert columns(seen).highest(tracks.rows(seen)).tolist() == [10, 10]


def test_a_batch_without_rows_and_one_never_read_are_known_apart():
    whole = plain(3)
    first, _, last = whole.profile.batches
    seen = replace(whole, profile=replace(whole.profile, batches=(replace(first, rows=None), last)))
    drawn = columns(replace(seen, rehearsal=replace(seen.rehearsal, deliveries=())))
    assert np.isnan(drawn.highest(tracks.rows(seen))).tolist() == [True, True, False]
    assert drawn.state.tolist() == [State.NEVER_DELIVERED, State.UNKNOWN, State.NEVER_DELIVERED]


def test_epochs_begin_where_the_source_was_read_anew_in_the_range():
    whole = plain(9)
    batches = tuple(batch(i, x(), y(), epoch=i // 3) for i in range(9))
    seen = replace(whole, profile=replace(whole.profile, batches=batches))
    assert columns(seen).epochs == (3, 6)
    assert columns(seen, (4, 8)).epochs == (6,)


def test_nothing_read_has_no_column(nothing):
    assert columns(nothing).size == columns(nothing).count == 0
