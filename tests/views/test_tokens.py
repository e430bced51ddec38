"""Rows of ids."""

import re

import numpy as np
import pytest

from gendiag.views import samples
from tests.support.samples import diagnosed, named


def rows(html):
    cells = re.findall(r"<td[^>]*>(.*?)</td>", html)
    return [" ".join(re.sub("<[^>]+>", " ", cell).split()) for cell in cells]


def test_ids_are_shown_with_their_length_and_the_zeros_at_their_ends():
    html = samples.to_html(diagnosed([(np.array([[0, 0, 5, 0, 6, 0]]),)]), 0)
    assert rows(html) == ["0", "2 zeros, then 3, then 1 zero", "0 0 5 0 6 0"]
    assert html.count("gd-samples-zero") == 3


def test_long_rows_are_cut_and_ids_out_of_range_are_marked_wherever_they_stand():
    ids = np.ones((3, 60), "int32")
    ids[1, 40] = 100
    whole = diagnosed([(ids,)], named("ids-out-of-range", "x", 0, size=100))
    first = rows(samples.to_html(whole, 0))[:3]
    assert first == ["1 ▲ x out of range", "60", "1 1 1 1 1 1 1 1 1 1 1 1 … 28 … ▲ 100 at 40 … 17 … 1 1"]
    assert "The layer knows the ids 0 to 99" in samples.to_html(whole, 0)


def test_the_length_of_the_rows_is_set_beside_that_of_the_run():
    whole = diagnosed([(np.ones((2, width), "int64"),) for width in (6, 9, 9)])
    assert "Each row is 9 long; in the run they are 6 to 9." in samples.to_html(whole, 1)


def test_ragged_rows_keep_their_own_length():
    assert rows(samples.to_html(diagnosed([([[4, 5, 6], [7]],)]), 0)) == ["0", "3", "4 5 6", "1", "1", "7"]


@pytest.mark.parametrize("values", [np.full((2, 6), 0.5), np.full((2, 6), -7), np.ones((2, 3), "int64")])
def test_numbers_that_are_no_ids_are_a_table(values):
    html = samples.to_html(diagnosed([(values,)]), 0)
    assert "rows of ids" not in html
    assert "a strip" in html


def test_ids_stand_apart_where_the_style_is_stripped():
    html = samples.to_html(diagnosed([(np.array([[0, 0, 5, 0, 17, 0]]),)]), 0)
    assert "0 0 5 0 17 0" in re.sub("<[^>]+>", "", html)
