"""Which panels are offered, which are shown unasked, and that each draws whatever a source may yield."""

import warnings
from dataclasses import replace

import numpy as np
import pytest

from gendiag.records import ModelRun
from gendiag.views.picture import panels, timeline
from tests.support.diagnoses import batch, plain, x, y


def read(*batches, **changes):
    whole = plain(len(batches))
    return replace(whole, profile=replace(whole.profile, batches=batches), **changes)


def changed(count=8, at=5, **leaf):
    """The ``x`` of one batch differs."""
    return read(*(batch(n, replace(x(), **leaf) if n == at else x(), y()) for n in range(count)))


def panel(diagnosis, names, leaf=None, shown=None):
    """Return the Axes of the first panel, drawn and rendered without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = timeline.draw(diagnosis, [names] if isinstance(names, str) else names, leaf, shown)
        picture.figure.draw_without_rendering()
    return next(axes for axes in picture.figure.axes if axes.axison)


# ---------------------------------------------------------------------- which
def test_what_was_not_measured_is_not_offered():
    assert panels.offered(plain(3)) == ["rows", "dtypes", "values", "wait"]
    assert panels.offered(plain(0)) == ["rows"]


def test_what_is_the_same_for_every_batch_is_not_shown_unasked():
    assert panels.usual(plain(8)) == ["rows"]


@pytest.mark.parametrize(
    ("diagnosis", "name"),
    [
        (changed(n_nan=3), "NaN / Inf"),
        (changed(n_inf=1), "NaN / Inf"),
        (changed(dtype="float64"), "dtypes"),
        (changed(shape=(10, 5)), "shape"),
        (changed(high=900.0), "values"),
        (changed(low=-900.0), "values"),
        (plain(3, model_run=ModelRun((0, 1, 2), 3, losses=(1.0, 2.0, 3.0))), "loss"),
    ],
)
def test_what_differs_between_batches_is_shown_unasked(diagnosis, name):
    assert name in panels.offered(diagnosis)
    assert panels.usual(diagnosis) == ["rows", name]


def test_one_slow_batch_and_memory_that_grows_are_shown_unasked():
    slow = read(*(replace(batch(n, x(), y()), wait_s=0.5 if n == 5 else 0.002) for n in range(8)))
    assert panels.usual(slow) == ["rows", "wait"]
    first = read(*(replace(batch(n, x(), y()), wait_s=0.002 if n else 9.0) for n in range(8)))
    assert panels.usual(first) == ["rows"], "the first batch may take its time"
    grown = read(*(replace(batch(n, x(), y()), rss_bytes=10**9 + n * 10**8) for n in range(8)))
    assert panels.usual(grown) == ["rows", "memory"]


def test_no_more_than_three_are_shown_unasked():
    leaf = {"n_nan": 3, "dtype": "float64", "shape": (10, 5), "high": 900.0}
    assert len(panels.usual(changed(**leaf))) == 3
    assert {"dtypes", "values", "NaN / Inf", "shape"} <= set(panels.offered(changed(**leaf)))


# ---------------------------------------------------------------------- how
def test_the_panel_of_dtypes_has_a_row_per_leaf_those_with_several_first():
    axes = panel(changed(dtype="float64"), "dtypes")
    assert [label.get_text() for label in axes.get_yticklabels()] == ["x", "y"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["float32", "float64", "int64"]
    assert [len(each.get_paths()) for each in axes.collections] == [7, 1, 8]


def test_a_leaf_without_an_array_says_what_it_is():
    odd = replace(x(), kind="None", shape=None, dtype="", low=None, high=None, mean=None)
    axes = panel(read(batch(0, x(), y()), batch(1, odd, y())), "dtypes")
    assert "None" in [text.get_text() for text in axes.get_legend().get_texts()]


def test_the_panel_of_values_spans_lowest_to_highest_with_the_mean():
    axes = panel(changed(low=-3.0, high=7.0, mean=1.0), "values", "x")
    tops = [path.vertices[:, 1].max() for path in axes.collections[0].get_paths()]
    bottoms = [path.vertices[:, 1].min() for path in axes.collections[0].get_paths()]
    assert (tops[5], bottoms[5], tops[0], bottoms[0]) == (7, -3, 2, -2)
    assert axes.lines[0].get_ydata().tolist() == [0.5] * 5 + [1.0] + [0.5] * 2


def test_a_range_of_a_panel_holds_its_own_batches_only():
    axes = panel(changed(30, n_nan=3), "NaN / Inf", shown=(0, 9))
    assert [path.vertices[:, 0].mean() for each in axes.collections for path in each.get_paths()] == pytest.approx(
        [5], abs=0.5
    )
    assert not any(each.get_paths() for each in panel(changed(30, n_nan=3), "NaN / Inf", shown=(10, 29)).collections)


def test_the_panel_of_losses_crosses_what_is_not_finite():
    run = ModelRun((0, 1, 2), 3, losses=(1.0, np.nan, 3.0))
    axes = panel(plain(3, model_run=run), "loss")
    assert axes.lines[0].get_xdata().tolist() == [0, 2]
    assert axes.collections[0].get_offsets()[:, 0].tolist() == [1]


NOTHING = {"low": None, "high": None, "mean": None, "std": None}
ODD = [
    {**NOTHING, "n_nan": 40},
    {**NOTHING, "kind": "object", "dtype": "object"},
    {"low": -1e308, "high": 1e308, "mean": 0.0, "dtype": "float64"},
    {"low": -np.inf, "high": np.inf, "mean": np.nan, "dtype": "float128"},
    {"low": 7.0, "high": 7.0, "mean": 7.0},
    {"low": 0.0, "high": 5e-324, "mean": 0.0, "dtype": "float64"},
    {"shape": None, **NOTHING},
    {"shape": (10, None, 4)},
    {"dtype": "<U$3$"},
]


@pytest.mark.parametrize("leaf", ODD)
def test_every_panel_draws_a_source_of_nothing_but(leaf):
    odd = replace(x(path="x['$a$']"), **leaf)
    panel(read(*(batch(n, odd, y()) for n in range(4))), panels.BY_NAME, odd.path)


def test_every_panel_draws_all_of_that_in_one_leaf():
    odd = [replace(x(path="x['$a$']"), **leaf) for leaf in ODD]
    diagnosis = read(*(batch(n, leaf, y()) for n, leaf in enumerate(odd)))
    panel(diagnosis, panels.BY_NAME, odd[0].path)
    assert len(panels.usual(diagnosis)) == 3


def test_the_numbers_beside_a_panel_of_tiny_values_are_no_zeros():
    axes = panel(changed(low=0.0, high=4e-15, mean=1e-15, at=0, count=1), "values", "x")
    assert any("e-15" in label.get_text() for label in axes.get_yticklabels())


def test_a_leaf_without_a_finite_value_is_said_to_have_none_on_no_scale():
    axes = panel(changed(at=2, **NOTHING, n_nan=40), "values", "x", shown=(2, 2))
    assert [text.get_text() for text in axes.texts] == ["no finite value in these batches"]
    assert not len(axes.get_yticks())


@pytest.mark.parametrize(
    ("name", "told"), [("shape", "no size that varies"), ("memory", "not measured in these batches")]
)
def test_what_has_nothing_to_show_says_so(name, told):
    assert [text.get_text() for text in panel(plain(3), name).texts] == [told]


@pytest.mark.parametrize("count", [1, 5, 2000])
def test_times_fill_the_panel_from_the_first_batch_to_the_last(count):
    area = panel(plain(count), "wait").patches[0].get_data()
    assert area.edges[[0, -1]].tolist() == pytest.approx([-0.5, count - 0.5])
    assert area.values.tolist() == pytest.approx([2.0] * min(count, 600))


def test_the_largest_losses_are_drawn():
    panel(plain(3, model_run=ModelRun((0, 1, 2), 3, losses=(-1e308, 1e308, np.inf))), "loss")


@pytest.mark.parametrize("count", [1, 2])
def test_every_panel_draws_one_or_two_batches(count):
    panel(plain(count), panels.BY_NAME)


def test_a_size_that_one_of_many_batches_has_is_inside_the_panel():
    axes = panel(changed(1300, at=700, shape=(10, 2)), "shape")
    assert axes.get_ylim()[0] <= 2
    assert axes.get_ylim()[1] >= 4
