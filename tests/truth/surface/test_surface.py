"""A share of the surface that changes with the day; ``python -m tests.truth.surface`` walks all of it."""

import datetime as dt

import pytest

from gendiag.rules.registry import BY_NAME
from tests.truth.surface import examine
from tests.truth.surface.row import Row
from tests.truth.surface.table import rows

SHARES = 12
TODAY = dt.datetime.now(tz=dt.timezone.utc).toordinal() % SHARES

proof = pytest.mark.proof


def share() -> list[Row]:
    return list(rows())[TODAY::SHARES]


def named(row: Row) -> str:
    return f"{row.area}.{row.name}"


@proof
@pytest.mark.parametrize("row", share(), ids=named)
def test_the_report_names_what_is_wrong_and_no_sound_look_alike(row):
    assert examine.through_diagnose(row) == []
    assert examine.look_alikes(row) == []


@proof
@pytest.mark.parametrize("row", [row for row in share() if row.live is True], ids=named)
def test_a_watched_fit_is_reported_alike(row):
    assert examine.through_watch(row) == []
    assert examine.look_alikes(row, live=True) == []


def test_every_rule_has_a_row():
    assert {row.first for row in rows()} >= {*BY_NAME}


def test_a_row_says_why_nothing_can_be_told():
    assert all(row.first or row.because for row in rows())


def test_the_table_sees_what_is_wrong():
    row = next(row for row in rows() if row.first is not None and row.verdict == "raises")
    untrue = Row(row.area, row.name, row.make, "trains", "no-rule", sound=[row.make])
    told = examine.through_diagnose(untrue)
    assert any("verdict raises, not trains" in each for each in told)
    assert any("first is" in each for each in told)
    assert any("verdict raises" in each for each in examine.look_alikes(untrue))
