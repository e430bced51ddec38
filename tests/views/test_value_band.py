"""The values of a leaf over the run, on Axes of the user's own."""

from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure

from gendiag.views.samples import draw_values
from tests.support.diagnoses import batch, plain, x


def drawn(*leaves):
    whole = plain(0)
    batches = tuple(batch(index, leaf) for index, leaf in enumerate(leaves))
    axes = Figure().add_subplot()
    assert draw_values(replace(whole, profile=replace(whole.profile, batches=batches)), "x", axes) is axes
    return axes


def band(axes):
    return axes.collections[0].get_paths()[0].vertices


def test_the_band_goes_from_low_to_high_and_the_line_is_the_mean():
    axes = drawn(replace(x(), low=0, high=1, mean=0.5), replace(x(), low=2, high=4, mean=3))
    assert (band(axes)[:, 1].min(), band(axes)[:, 1].max()) == (0, 4)
    assert axes.lines[0].get_xydata().tolist() == [[-0.5, 0.5], [0.5, 0.5], [0.5, 3], [1.5, 3]]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["low to high", "mean"]


def test_batches_with_nan_are_marked():
    nothing = replace(x(), low=None, high=None, mean=None, n_nan=40)
    axes = drawn(x(), nothing, x())
    assert axes.collections[-1].get_offsets()[:, 0].tolist() == [1]


def test_many_batches_share_columns_that_keep_the_odd_one():
    leaves = [x()] * 2000
    leaves[1234] = replace(x(), high=99)
    axes = drawn(*leaves)
    assert len(np.unique(axes.lines[0].get_xdata())) == 601
    assert band(axes)[:, 1].max() == 99


def test_a_leaf_without_values_says_so():
    axes = drawn(replace(x(), low=None, high=None, mean=None))
    assert axes.texts[0].get_text() == "no values were measured"
