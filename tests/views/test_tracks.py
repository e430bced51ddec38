"""One value per batch, and NaN where nothing was measured."""

from dataclasses import replace

import numpy as np
import pytest

from gendiag.records import Delivery, ModelRun
from gendiag.views.picture import tracks
from tests.support.diagnoses import batch, finding, plain, x, y


def read(*batches, **changes):
    whole = plain(1)
    return replace(whole, profile=replace(whole.profile, batches=batches), **changes)


def test_a_leaf_that_some_batches_lack_or_have_elsewhere_is_found():
    seen = read(batch(0, x(), y(high=3.0)), batch(1, x()), batch(2, y(high=5.0), x()))
    assert tracks.figure(seen, "y", "high").tolist() == pytest.approx([3, np.nan, 5], nan_ok=True)
    assert tracks.rows(seen, "y").tolist() == pytest.approx([10, np.nan, 10], nan_ok=True)
    assert np.isnan(tracks.figure(seen, None, "high")).all()


def test_what_is_beyond_a_double_is_no_value():
    seen = read(*(batch(n, replace(x(), low=-np.inf, high=high)) for n, high in enumerate((1.0, np.inf))))
    assert tracks.figure(seen, "x", "high").tolist() == pytest.approx([1, np.nan], nan_ok=True)
    assert np.isnan(tracks.figure(seen, "x", "low")).all()


def test_not_finite_counts_nan_and_inf_of_all_leaves():
    seen = read(batch(0, replace(x(), n_nan=2), replace(y(), n_inf=3)), batch(1, x(), y()))
    assert tracks.not_finite(seen).tolist() == [5, 0]


def test_the_main_leaf_is_that_of_the_first_finding_else_the_first():
    assert tracks.main_leaf(plain(2, finding(0))) == "y"
    assert tracks.main_leaf(plain(2)) == "x"
    assert tracks.main_leaf(plain(2, finding(0, evidence={"source": "validation"}))) == "x"
    assert tracks.main_leaf(plain(0)) is None


def test_sizes_are_of_the_axes_that_vary_behind_the_batch_axis():
    shapes = [(10, 4, 3), (9, 5, 3), (10, 4), (8, 4, None)]
    seen = read(*(batch(n, replace(x(), shape=shape), y()) for n, shape in enumerate(shapes)))
    ((axis, sizes),) = tracks.sizes(seen, "x")
    assert (axis, sizes.tolist()) == (1, [4, 5, 4, 4])
    assert tracks.varying_leaf(seen) == "x"
    assert tracks.varying_leaf(plain(3)) is None


def test_the_dtypes_of_a_leaf_are_in_the_order_met_with_a_place_for_every_batch():
    seen = read(batch(0, x(), y()), batch(1, x(), y(dtype="float64")), batch(2, x()), batch(3, x(), y()))
    assert tracks.dtypes(seen) == {"x": ["float32"], "y": ["int64", "float64"]}
    assert tracks.dtype_places(seen, "y").tolist() == pytest.approx([0, 1, np.nan, 0], nan_ok=True)


def test_a_loss_stands_at_the_batch_of_its_step_and_of_several_the_last_counts():
    run = ModelRun(batches=(0, 1, 2, 0), steps=4, losses=(4.0, 3.0, np.nan, 1.0))
    batches, losses = tracks.losses(plain(3, model_run=run))
    assert dict(zip(batches.tolist(), losses.tolist(), strict=True)) == pytest.approx(
        {0: 1, 1: 3, 2: np.nan}, nan_ok=True
    )


def live(run):
    """Two epochs of three batches each, as a live fit took them."""
    whole = plain(6)
    steps = tuple(Delivery(n // 3, n % 3, n, (x(), y())) for n in range(6))
    return replace(whole, model_run=run, rehearsal=replace(whole.rehearsal, deliveries=steps, live=True, epochs=2))


def test_losses_of_a_live_fit_stand_at_the_batches_of_the_epoch_that_they_are_of():
    run = ModelRun(tuple(range(6)), 6, non_finite=4, losses=(0.5, np.nan), losses_before=(0.7,))
    batches, losses = tracks.losses(live(run))
    assert batches.tolist() == [3, 4]
    assert losses.tolist() == pytest.approx([0.5, np.nan], nan_ok=True)


def test_losses_of_a_live_fit_whose_epoch_is_not_certain_are_not_drawn():
    run = ModelRun(tuple(range(6)), 6, non_finite=4, losses=(0.5, np.nan))
    assert tracks.losses(live(run))[0].tolist() == []
    assert tracks.losses(plain(3))[0].tolist() == []


def test_memory_that_was_not_measured_is_not_zero():
    assert np.isnan(tracks.memory(plain(2))).all()
