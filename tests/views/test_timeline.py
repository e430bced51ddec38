"""The picture is checked by what is drawn, its words by what they say."""

from dataclasses import replace

import numpy as np
import pytest
from gendiag.views.timeline_bars import BLUE, VERMILION
from gendiag.views.timeline_columns import State, columns
from matplotlib.colors import to_rgba

from gendiag.records import Batch
from gendiag.views import timeline
from tests.support.diagnoses import batch, finding, plain, x, y


def bars(figure, colour):
    """Return the collections of bars filled with a colour."""
    wanted = to_rgba(colour)
    return [c for c in figure.axes[0].collections if len(c.get_facecolor()) and tuple(c.get_facecolor()[0]) == wanted]


def triangles(figure):
    return figure.axes[1].collections[0].get_offsets()[:, 0].tolist()


def labels(figure):
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def artists(figure):
    return len(figure.findobj())


def test_a_bad_batch_is_marked_by_colour_hatch_and_a_triangle(silent_cast):
    figure = timeline.draw(silent_cast)
    (bad,) = bars(figure, VERMILION)
    assert bad.get_hatch()
    assert len(bad.get_paths()) == 3
    assert triangles(figure) == pytest.approx([3, 4, 6])


def test_a_bad_batch_among_ten_thousand_is_at_least_three_pixels_wide():
    figure = timeline.draw(plain(10_000, finding(3333)))
    (bad,) = bars(figure, VERMILION)
    left, right = bad.get_paths()[0].vertices[:, 0].min(), bad.get_paths()[0].vertices[:, 0].max()
    assert (right - left) / 10_000 * timeline.WIDTH_PX >= 3
    assert triangles(figure) == pytest.approx([3333], abs=10)


def test_a_million_batches_are_drawn_with_no_more_artists_than_a_thousand():
    one = plain(1)
    many = tuple(Batch(index, 0, "array", 10, ()) for index in range(1_000_000))
    figure = timeline.draw(replace(one, profile=replace(one.profile, batches=many)))
    shapes = sum(len(collection.get_paths()) for collection in figure.axes[0].collections)
    assert 500 < shapes <= 605
    assert artists(figure) <= artists(timeline.draw(plain(1000))) + 30


def test_batches_of_validation_findings_and_notes_are_not_bad():
    whole = plain(8, finding(2, evidence={"source": "validation"}), finding(5, severity="note"))
    assert not bars(timeline.draw(whole), VERMILION)


def test_batches_behind_the_failing_one_are_hollow(raises):
    figure = timeline.draw(raises)
    (delivered,) = bars(figure, BLUE)
    assert len(delivered.get_paths()) == 3
    assert columns(raises).state.tolist() == [1, 1, 1, State.BAD, *[State.UNREACHED] * 4]


def test_a_batch_read_but_never_delivered_says_so():
    whole = plain(4)
    run = replace(whole.rehearsal, deliveries=whole.rehearsal.deliveries[:3])
    assert "read, never delivered: batch 3" in timeline.alt_text(replace(whole, rehearsal=run))


def test_a_batch_behind_the_budget_is_not_called_undelivered():
    whole = plain(4)
    run = replace(whole.rehearsal, deliveries=whole.rehearsal.deliveries[:3], ended="budget")
    assert "not rehearsed: batch 3" in timeline.alt_text(replace(whole, rehearsal=run))


def test_a_replayed_batch_says_how_often_it_was_delivered(silent_cast):
    texts = [text.get_text() for text in timeline.draw(silent_cast).axes[1].texts]
    assert texts == ["×3", "×3"]


def test_the_legend_names_only_what_occurs(silent_cast, raises):
    assert labels(timeline.draw(silent_cast)) == ["delivered", "finding", "delivered in n steps"]
    assert labels(timeline.draw(raises)) == ["delivered", "not reached by fit", "finding"]
    assert labels(timeline.draw(plain(3))) == []


def test_the_alt_text_names_bad_replayed_and_unreached_batches(silent_cast, raises):
    assert "finding: batches 3-4, 6" in timeline.alt_text(silent_cast)
    assert "delivered in more than one step: batches 0-1" in timeline.alt_text(silent_cast)
    assert "not reached by fit: batches 4-7" in timeline.alt_text(raises)


def test_the_height_of_a_bar_is_the_rows_of_the_leaf_asked_for():
    whole = plain(2)
    profile = replace(whole.profile, batches=(batch(0, x(10), y(9)), batch(1, x(10), y(7))))
    assert columns(replace(whole, profile=profile), "y").high.tolist() == [9, 7]


def test_a_batch_without_rows_and_one_never_read_are_drawn():
    whole = plain(3)
    first, _, last = whole.profile.batches
    drawn = columns(replace(whole, profile=replace(whole.profile, batches=(replace(first, rows=None), last))))
    assert np.isnan(drawn.high).tolist() == [True, True, False]
    assert drawn.state[1] == State.UNREAD


def test_no_batches_are_said_to_be_none(nothing):
    figure = timeline.draw(nothing)
    assert [text.get_text() for text in figure.texts] == ["No batch was read."]
    assert "no batch was read" in timeline.alt_text(nothing)


def test_the_picture_is_the_same_each_time_and_transparent(silent_cast):
    assert timeline.png(timeline.draw(silent_cast)) == timeline.png(timeline.draw(silent_cast))
    assert timeline.draw(silent_cast).patch.get_alpha() == 0


@pytest.mark.parametrize("count", [1, 2, 10, 24, 601])
def test_the_bars_end_inside_the_axes_so_that_the_cursor_meets_them(count):
    axes = timeline.draw(plain(count)).axes[0]
    assert axes.get_xlim() == (-0.5, count - 0.5)
    assert axes.get_position().bounds[0::2] == pytest.approx(timeline.FRAME[0::2])


@pytest.mark.parametrize(("running", "word"), [(True, "no step recorded yet"), (False, "read, no step recorded")])
def test_batches_of_a_live_fit_that_no_step_is_known_of_are_not_called_unrehearsed(running, word):
    whole = plain(4)
    deliveries = whole.rehearsal.deliveries[:3]
    live = replace(whole.rehearsal, deliveries=deliveries, ended="stopped", live=True, running=running)
    diagnosis = replace(whole, rehearsal=live)
    assert labels(timeline.draw(diagnosis)) == ["delivered", word]
    assert f"{word}: batch 3" in timeline.alt_text(diagnosis)
