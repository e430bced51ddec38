"""Tables of numbers as a strip of colours."""

import numpy as np

from gendiag.views import samples
from tests.support.samples import diagnosed, named


def test_the_strip_says_its_scale_and_which_samples_it_shows():
    html = samples.to_html(diagnosed([(np.zeros((40, 3)),), (np.full((40, 3), 8.0),)]), 0)
    assert "x holds 0 to 8 in all 2 batches" in html
    assert "(3 features)" in html
    assert "samples, from above: 0-31" in html


def test_samples_with_nan_stand_on_top():
    values = np.zeros((6, 3), "float32")
    values[4, 1] = np.inf
    html = samples.to_html(diagnosed([(values,)]), 0)
    assert "▲ sample 4: Inf in x" in html
    assert "samples, from above: 4, then 0-3, 5" in html


def test_the_legend_names_nan_where_there_is_one():
    values = np.zeros((6, 3), "float32")
    assert "NaN or infinity" not in samples.to_html(diagnosed([(values,)]), 0)
    values[4, 1] = np.nan
    assert "NaN or infinity" in samples.to_html(diagnosed([(values,)]), 0)


def test_a_batch_that_a_finding_names_stands_beside_one_that_none_names():
    whole = diagnosed([(np.full((4, 3), float(step)),) for step in range(6)], named("value-drift", "x", 3))
    assert "batch 2, to compare" in samples.to_html(whole, 3)
    assert "to compare" not in samples.to_html(whole, 2)


def test_a_wide_table_is_cut():
    assert "the first 128 of 500 features" in samples.to_html(diagnosed([(np.zeros((2, 500)),)]), 0)
