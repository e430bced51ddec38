"""The samples of a batch: nothing is drawn of what cannot be, and nothing raises."""

import numpy as np
import pytest

from gendiag.views import samples
from tests.support.samples import diagnosed

ODD = [
    np.array(3.0),
    np.zeros((0, 8, 8, 3)),
    np.zeros((4, 0)),
    np.zeros((4, 8, 8), "complex64"),
    np.full((4, 8), "text"),
    np.full((4, 8), "text", dtype=object),
    np.zeros(4, [("a", "f4")]),
    np.zeros((2, 2, 8, 8, 3)),
    None,
    object(),
]


@pytest.mark.parametrize("value", ODD, ids=lambda value: str(getattr(value, "dtype", value))[:12])
def test_nothing_is_drawn_of_what_is_no_table_of_numbers(value):
    whole = diagnosed([(value, value, value)])
    assert "<figure" not in samples.to_html(whole, 0)


@pytest.mark.parametrize("shape", [(4,), (4, 3), (4, 1500), (4, 8, 8), (4, 8, 8, 3)])
@pytest.mark.parametrize("fill", [np.nan, np.inf, 1.7e308, 5e-324])
def test_extreme_values_are_drawn(shape, fill):
    values = np.full(shape, fill)
    values[0] = -fill
    assert "<figure" in samples.to_html(diagnosed([(values, values)]), 0)


def test_short_floats_are_drawn_as_others_are():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    values = np.zeros((4, 8, 8, 3), ml_dtypes.bfloat16)
    assert "pictures of 8 × 8" in samples.to_html(diagnosed([(values,)]), 0)


def test_a_batch_that_is_not_held_has_no_samples():
    assert (samples.count(diagnosed([(np.zeros((4, 3)),)]), 7), samples.to_html(diagnosed([]), 7)) == (0, "")


def test_every_picture_says_what_it_shows():
    whole = diagnosed([({"<b>": np.zeros((2, 8, 8))}, np.zeros((2, 8, 8), "int8"), np.ones(2))])
    html = samples.to_html(whole, 0)
    assert html.count("<img") == html.count('alt="x') + html.count('alt="y') == 4
    assert "<b>" not in html
