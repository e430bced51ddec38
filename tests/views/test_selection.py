"""The batch looked at stays within what there is, and goes where findings begin."""

import pytest

from gendiag.views.selection import Selection, select
from tests.support.diagnoses import finding, plain


@pytest.fixture
def stops():
    return Selection(last=9, batch=0, stops=(2, 5, 8))


def test_it_goes_to_where_the_next_finding_begins_and_round(stops):
    visited = []
    for _ in range(4):
        stops.next_finding()
        visited.append(stops.batch)
    assert visited == [2, 5, 8, 2]


def test_it_goes_back_to_where_the_finding_before_begins_and_round(stops):
    visited = []
    for _ in range(4):
        stops.previous_finding()
        visited.append(stops.batch)
    assert visited == [8, 5, 2, 8]


def test_between_two_findings_it_knows_both(stops):
    stops.batch = 6
    stops.next_finding()
    assert stops.batch == 8
    stops.batch = 6
    stops.previous_finding()
    assert stops.batch == 5


def test_without_a_finding_it_stays():
    selection = Selection(last=9, batch=4)
    selection.next_finding()
    selection.previous_finding()
    assert selection.batch == 4


@pytest.mark.parametrize(("given", "batch"), [(-3, 0), (99, 9), (10**30, 9)])
def test_what_lies_outside_is_brought_to_the_nearer_end(stops, given, batch):
    stops.batch = given
    assert stops.batch == batch


def test_every_unbroken_run_of_batches_is_one_stop():
    assert select(plain(20, finding(3, 4, 5, 9, 10), finding(4), finding(15, 99))).stops == (3, 4, 9, 15)


def test_notes_and_validation_findings_are_no_stops():
    noted = plain(9, finding(2, severity="note"), finding(3, evidence={"source": "validation"}))
    assert select(noted).stops == ()
    assert select(noted).batch == 0


def test_it_begins_at_the_first_finding_else_where_fit_raises():
    assert select(plain(9, finding(7), finding(2), fails_at=8)).batch == 7
    assert select(plain(9, fails_at=8)).batch == 8
    assert select(plain(9, finding(50), fails_at=8)).batch == 8
    assert select(plain(0)).batch == 0
