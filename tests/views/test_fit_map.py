"""The map of fit: a cell for every step, of the batch that it was given."""

import re
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.text import Text

from gendiag.records import ModelRun
from gendiag.views.picture import canvas, fit_map
from gendiag.views.picture.fit_map import NOTHING, UNMATCHED
from tests.support.diagnoses import batch, plain, stepped, x, y


def cells(diagnosis):
    return fit_map.fit_map(diagnosis).cells.tolist()


def failed_run(*batches, steps):
    return ModelRun(batches, steps, failure=plain(0).rehearsal.failure or object())


def test_of_an_exhausted_generator_the_two_peeked_are_seen_again_and_again():
    mapped = cells(stepped(range(5), (0, 1), (0, 1)))
    assert mapped == [[0, 1, 2, 3, 4], [0, 1, NOTHING, NOTHING, NOTHING], [0, 1, NOTHING, NOTHING, NOTHING]]


def test_a_shuffle_is_seen_in_its_order():
    assert cells(stepped((2, 0, 1), (4, 5, 3))) == [[2, 0, 1], [4, 5, 3]]


def test_a_step_on_what_nothing_yielded_is_no_batch():
    diagnosis = stepped((0, None, 2))
    assert cells(diagnosis) == [[0, UNMATCHED, 2]]
    assert fit_map.fit_map(diagnosis).batch_at(0.5, 0.5) is None
    assert "epoch 1: 3 steps on batches 0, 2" in fit_map.alt_text(diagnosis)


def test_fit_that_raises_before_a_step_on_the_batch_raises_behind_the_last_step():
    diagnosis = stepped(range(3), fails_at=3, verdict="raises")
    mapped = fit_map.fit_map(diagnosis)
    assert mapped.raised == (0, 3)
    assert mapped.cells.tolist() == [[0, 1, 2, NOTHING]]


def test_fit_that_raises_at_the_first_batch_of_an_epoch_raises_in_that_epoch():
    whole = stepped(range(3), fails_at=3, verdict="raises")
    batches = tuple(batch(i, x(), y(), epoch=i // 3) for i in range(6))
    mapped = fit_map.fit_map(replace(whole, profile=replace(whole.profile, batches=batches)))
    assert mapped.raised == (1, 0)
    assert mapped.epochs == (0, 1)


def test_a_model_that_does_not_take_a_batch_raises_at_the_first_step_on_it():
    diagnosis = stepped(range(4), (0, 1), (0, 1), fails_at=1, verdict="raises")
    run = failed_run(0, 1, 2, 3, 0, 1, steps=1)
    assert fit_map.fit_map(replace(diagnosis, model_run=run)).raised == (0, 1)
    later = failed_run(0, 1, 2, 3, 0, 1, steps=5)
    assert fit_map.fit_map(replace(diagnosis, model_run=later)).raised == (1, 1)


def test_steps_that_only_a_probe_took_behind_the_failing_one_are_no_steps_of_fit():
    diagnosis = stepped(range(4), (0, 1), fails_at=2, verdict="raises")
    assert cells(replace(diagnosis, model_run=failed_run(0, 1, 2, 3, 0, 1, steps=2))) == [[0, 1, 2]]


def test_an_epoch_without_a_step_is_an_empty_row():
    mapped = fit_map.fit_map(stepped(range(3), (), (0, 1)))
    assert mapped.epochs == (0, 1, 2)
    assert mapped.cells.tolist()[1] == [NOTHING] * 3


def test_a_fit_that_raised_itself_raised_at_its_last_step_on_the_batch():
    diagnosis = stepped(range(4), (0, 1), fails_at=1, verdict="raises")
    run = replace(diagnosis.rehearsal, ended="raised")
    assert fit_map.fit_map(replace(diagnosis, rehearsal=run)).raised == (1, 1)


def test_without_a_step_there_is_no_map_and_words_for_it(nothing):
    assert fit_map.fit_map(nothing) is None
    assert fit_map.draw(nothing) is None
    assert fit_map.image(nothing) == ""
    assert fit_map.alt_text(nothing) == "Map of fit: no step was taken."


def test_above_six_hundred_steps_a_cell_stands_for_several_and_says_so():
    diagnosis = stepped(range(1500), count=1500)
    mapped = fit_map.fit_map(diagnosis)
    assert (mapped.per_cell, mapped.cells.shape) == (3, (1, 500))
    assert mapped.cells[0, :4].tolist() == [0, 3, 6, 9]
    assert mapped.batch_at(0.5, 0.5) == 750
    figure, _ = fit_map.draw(diagnosis)
    assert figure.axes[0].get_xlabel() == "step of the epoch; a cell shows the first of 3"
    assert fit_map.draw(stepped(range(600), count=600))[0].axes[0].get_xlabel() == "step of the epoch"


@pytest.mark.parametrize(("count", "numbers"), [(8, [1, 2, 3, 4, 5, 6, 7, 8]), (300, [30, 60, 90])])
def test_steps_are_numbered_from_one_by_round_numbers(count, numbers):
    axes = fit_map.draw(stepped(range(count), count=count))[0].axes[0]
    places = axes.get_xticks()[: len(numbers)]
    assert [axes.xaxis.get_major_formatter()(place) for place in places] == [str(number) for number in numbers]


def test_of_more_than_twenty_epochs_the_first_and_the_last_are_shown():
    mapped = fit_map.fit_map(stepped(*[(0, 1)] * 30))
    assert mapped.epochs == (*range(19), 29)
    assert mapped.cells.shape == (20, 2)


@pytest.mark.parametrize(
    ("across", "down", "batch"), [(0, 0, 0), (0.99, 0, 2), (0.34, 0.6, 4), (1.0, 1.0, 5), (0.5, 0.49, 1)]
)
def test_a_place_is_a_cell(across, down, batch):
    assert fit_map.fit_map(stepped((0, 1, 2), (3, 4, 5))).batch_at(across, down) == batch


def test_a_place_without_a_step_is_no_batch():
    assert fit_map.fit_map(stepped(range(5), (0, 1))).batch_at(0.9, 0.9) is None


def test_the_words_tell_each_epoch_and_that_there_are_more():
    told = fit_map.alt_text(stepped(range(4), *[(0, 1)] * 8))
    assert told.startswith("Map of fit, one row per epoch: epoch 1: 4 steps on batches 0-3; epoch 2: 2 steps on")
    assert told.endswith("epoch 6: 2 steps on batches 0-1 ….")


def test_every_batch_has_its_colour_and_no_step_none():
    diagnosis = stepped((0, 9), (5,))
    figure, _ = fit_map.draw(diagnosis)
    colours = figure.axes[0].images[0].get_array()
    assert len({tuple(colours[at]) for at in ((0, 0), (0, 1), (1, 0))}) == 3
    assert colours[1, 1][3] == 0


def test_the_frame_told_to_the_page_is_that_of_the_cells():
    diagnosis = stepped(range(5), (0, 1))
    figure, frame = fit_map.draw(diagnosis)
    assert figure.axes[0].get_position().bounds == pytest.approx(frame)
    told = re.search(r'data-frame="([^"]+)"', fit_map.image(diagnosis))[1]
    assert [float(part) for part in told.split(",")] == pytest.approx(frame, abs=1e-4)


def test_the_map_is_the_same_each_time_and_transparent():
    diagnosis = stepped(range(5), (0, 1), fails_at=1, verdict="raises")
    figures = [fit_map.draw(diagnosis)[0] for _ in range(2)]
    assert canvas.png(figures[0]) == canvas.png(figures[1])
    assert figures[0].patch.get_alpha() == 0


def test_the_step_that_raised_has_a_cross():
    axes = fit_map.draw(stepped(range(3), fails_at=3, verdict="raises"))[0].axes[0]
    crosses = [line for line in axes.lines if line.get_marker() == "X"]
    assert [np.ravel(line.get_xydata()).tolist() for line in crosses] == [[3, 0]]


def test_the_title_is_whole():
    figure, _ = fit_map.draw(plain(10))
    figure.draw_without_rendering()
    title = figure.axes[0].get_title(loc="left")
    box = next(text for text in figure.findobj(Text) if text.get_text() == title).get_window_extent()
    assert box.y1 <= figure.bbox.y1
