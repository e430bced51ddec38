"""The picture is checked by what is drawn, its words by what they say."""

import time
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.markers import MarkerStyle

from gendiag.records import Batch
from gendiag.rehearsal.profile import Profile
from gendiag.views.palette import BLUE, ORANGE, RED
from gendiag.views.picture import bars, canvas, states, timeline
from gendiag.views.picture.states import State
from tests.support.diagnoses import batch, finding, plain, stepped, x, y

MANY = 200_000


def strip(picture):
    """Return the Axes of the signs."""
    return picture.figure.axes[0]


def rows(picture):
    """Return the Axes of the bars."""
    return next(axes for axes in picture.figure.axes if axes.axison)


def filled(picture, colour):
    """Return the collections of bars filled with a colour."""
    wanted = to_rgba(colour)
    found = rows(picture).collections
    return [each for each in found if len(each.get_facecolor()) and tuple(each.get_facecolor()[0]) == wanted]


def signs(picture):
    """Return colour of each kind of sign, with where they stand and their outline."""
    wanted = {to_rgba(colour): severity for severity, (_, colour, _) in timeline.SIGNS.items()}
    return {
        wanted[tuple(each.get_facecolor()[0])]: (each.get_offsets()[:, 0].tolist(), each.get_paths()[0].vertices)
        for each in strip(picture).collections
        if tuple(each.get_facecolor()[0]) in wanted
    }


def labels(picture):
    return [text.get_text() for legend in picture.figure.legends for text in legend.get_texts()]


def titles(picture):
    return [axes.get_title(loc="left") for axes in picture.figure.axes if axes.get_title(loc="left")]


def very_many():
    one = plain(1)
    many = tuple(Batch(index, 0, "array", 10, ()) for index in range(MANY))
    return replace(one, profile=replace(one.profile, batches=many))


# ---------------------------------------------------------------------- what findings say
def test_a_batch_that_a_finding_names_is_marked_by_colour_hatch_and_a_sign(silent_cast):
    picture = timeline.draw(silent_cast)
    (bad,) = filled(picture, ORANGE)
    assert bad.get_hatch()
    assert len(bad.get_paths()) == 3
    assert signs(picture)["warning"][0] == pytest.approx([3, 4, 6])


def test_errors_warnings_and_notes_differ_in_sign_and_colour():
    found = [finding(n, severity=severity) for n, severity in enumerate(("error", "warning", "note"))]
    picture = timeline.draw(plain(20, *found))
    drawn = signs(picture)
    assert {severity: places for severity, (places, _) in drawn.items()} == {"error": [0], "warning": [1], "note": [2]}
    for severity, (_, outline) in drawn.items():
        expected = MarkerStyle(timeline.SIGNS[severity][0])
        assert len(outline) == len(expected.get_path().transformed(expected.get_transform()).vertices)
    assert len({marker for marker, _, _ in timeline.SIGNS.values()}) == 3
    assert labels(picture)[-3:] == ["note", "warning", "error"]
    assert len({look["hatch"] for look in bars.NAMED.values()}) == 2


def test_a_batch_of_several_findings_has_one_sign_by_the_worst():
    picture = timeline.draw(plain(20, finding(4), finding(4, severity="error"), finding(4, severity="note")))
    assert {severity: places for severity, (places, _) in signs(picture).items()} == {"error": [4]}
    assert len(filled(picture, RED)) == 1
    assert not filled(picture, ORANGE)


def test_a_wide_finding_is_a_band_with_its_name_and_does_not_colour_bars():
    picture = timeline.draw(plain(20, finding(*range(5, 15))))
    assert not filled(picture, ORANGE)
    assert not signs(picture)
    band = picture.figure.axes[-1]
    assert [text.get_text() for text in band.texts] == ["▲ warning: silent-cast"]
    assert len(band.collections[0].get_paths()) == 10


def test_a_band_of_a_range_holds_its_own_batches_only():
    picture = timeline.draw(plain(100, finding(*range(50, 90))), shown=(80, 99))
    places = [path.vertices[:, 0].mean() for path in picture.figure.axes[-1].collections[0].get_paths()]
    assert len(places) == 10
    assert min(places) > 79


def test_a_finding_among_ten_thousand_is_at_least_three_pixels_wide():
    picture = timeline.draw(plain(10_000, finding(3333)))
    (bad,) = filled(picture, ORANGE)
    left, right = bad.get_paths()[0].vertices[:, 0].min(), bad.get_paths()[0].vertices[:, 0].max()
    assert (right - left) / 10_000 * canvas.WIDTH_PX >= 3
    assert signs(picture)["warning"][0] == pytest.approx([3333], abs=10)


def test_batches_of_validation_findings_and_notes_do_not_colour_bars():
    whole = plain(8, finding(2, evidence={"source": "validation"}), finding(5, severity="note"))
    picture = timeline.draw(whole)
    assert not filled(picture, RED)
    assert not filled(picture, ORANGE)
    assert list(signs(picture)) == ["note"]


# ---------------------------------------------------------------------- what became of batches
def test_batches_behind_the_failing_one_are_hollow(raises):
    picture = timeline.draw(raises)
    (delivered,) = filled(picture, BLUE)
    assert len(delivered.get_paths()) == 3
    hollow = [each for each in rows(picture).collections if not len(each.get_facecolor())]
    assert [len(each.get_paths()) for each in hollow] == [4]


def test_a_batch_that_fails_without_a_record_has_a_bar():
    picture = timeline.draw(plain(5, fails_at=7, verdict="raises"))
    (failing,) = filled(picture, RED)
    assert failing.get_paths()[0].vertices[:, 0].mean() == pytest.approx(7, abs=0.5)
    assert failing.get_paths()[0].vertices[:, 1].max() == 10
    assert "no batch axis" not in labels(picture)


def test_a_batch_read_but_never_delivered_says_so():
    whole = plain(4)
    run = replace(whole.rehearsal, deliveries=whole.rehearsal.deliveries[:3])
    assert "read, never delivered: batch 3" in timeline.alt_text(replace(whole, rehearsal=run))


def test_a_batch_behind_the_budget_is_not_called_undelivered():
    whole = plain(4)
    run = replace(whole.rehearsal, deliveries=whole.rehearsal.deliveries[:3], ended="budget")
    assert "not rehearsed: batch 3" in timeline.alt_text(replace(whole, rehearsal=run))


def test_a_replayed_batch_says_how_often_it_was_delivered(silent_cast):
    assert [text.get_text() for text in strip(timeline.draw(silent_cast)).texts] == ["×3", "×3"]


def test_replayed_batches_among_many_have_a_tick_each():
    whole = plain(200)
    again = tuple(replace(step, epoch=1) for step in whole.rehearsal.deliveries[:2])
    run = replace(whole.rehearsal, deliveries=(*whole.rehearsal.deliveries, *again))
    picture = timeline.draw(replace(whole, rehearsal=run))
    assert not strip(picture).texts
    (ticks,) = strip(picture).collections
    assert ticks.get_offsets()[:, 0].tolist() == [0, 1]


@pytest.mark.parametrize(("running", "word"), [(True, "no step recorded yet"), (False, "read, no step recorded")])
def test_batches_of_a_live_fit_that_no_step_is_known_of_are_not_called_unrehearsed(running, word):
    whole = plain(4)
    deliveries = whole.rehearsal.deliveries[:3]
    live = replace(whole.rehearsal, deliveries=deliveries, ended="stopped", live=True, running=running)
    diagnosis = replace(whole, rehearsal=live)
    assert labels(timeline.draw(diagnosis)) == ["delivered", word]
    assert f"{word}: batch 3" in timeline.alt_text(diagnosis)


def test_batches_without_rows_are_crosses_wherever_they_stand():
    whole = plain(150)
    batches = tuple(replace(each, rows=None) if each.index == 140 else each for each in whole.profile.batches)
    picture = timeline.draw(replace(whole, profile=replace(whole.profile, batches=batches)))
    assert rows(picture).collections[-1].get_offsets()[:, 0].tolist() == [140]
    assert "no batch axis" in labels(picture)


# ---------------------------------------------------------------------- legend, words
def test_the_legend_names_only_what_occurs(silent_cast, raises):
    replayed = "delivered once, and not again"
    assert labels(timeline.draw(silent_cast)) == ["delivered", replayed, "warning", "delivered more than once"]
    assert labels(timeline.draw(raises)) == ["delivered", "not reached by fit", "fit raises here", "error"]
    assert labels(timeline.draw(plain(3))) == []


def test_a_long_legend_stays_on_the_picture_and_above_the_signs():
    found = [finding(n, severity=severity) for n, severity in enumerate(("error", "warning", "note"))]
    whole = stepped(range(8), (0, 1), (0, 1), findings=tuple(found), fails_at=5, verdict="raises")
    batches = tuple(
        replace(each, epoch=each.index // 8, rows=None) if each.index > 7 else each for each in whole.profile.batches
    )
    for diagnosis in (whole, replace(whole, profile=replace(whole.profile, batches=batches))):
        picture = timeline.draw(diagnosis)
        picture.figure.draw_without_rendering()
        (legend,) = picture.figure.legends
        box = legend.get_window_extent().transformed(picture.figure.transFigure.inverted())
        assert len(labels(picture)) >= 6
        assert box.x0 >= 0
        assert box.y0 >= strip(picture).get_position().y1 - 0.01


def test_the_legend_names_no_look_that_findings_cover():
    whole = plain(10, finding(0, 1), fails_at=None)
    steps = tuple(replace(step, epoch=1) for step in whole.rehearsal.deliveries[:2])
    run = replace(whole.rehearsal, deliveries=(*whole.rehearsal.deliveries, *steps))
    words = labels(timeline.draw(replace(whole, rehearsal=run)))
    assert words == ["delivered once, and not again", "warning", "delivered more than once"]


def test_a_legend_and_signs_take_no_room_where_there_are_none(silent_cast):
    inches = [timeline.draw(each, ["rows"]).figure.get_figheight() for each in (plain(3), silent_cast)]
    assert inches[1] - inches[0] == pytest.approx(timeline.LEGEND_IN + timeline.STRIP_IN)


def test_the_legend_shows_the_sign_of_batches_delivered_again_that_is_drawn(silent_cast):
    whole = plain(60)
    again = tuple(replace(step, epoch=1) for step in whole.rehearsal.deliveries)
    many = replace(whole, rehearsal=replace(whole.rehearsal, deliveries=(*whole.rehearsal.deliveries, *again)))
    legends = [timeline.draw(each).figure.legends[0] for each in (silent_cast, many)]
    assert [legend.legend_handles[-1].get_marker() for legend in legends] == [r"$\times\mathrm{n}$", "|"]


def test_the_numbers_of_rows_are_none_and_the_most():
    axes = rows(timeline.draw(plain(3), ["rows"]))
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0", "10"]


def test_the_legend_names_no_bars_where_the_panel_of_rows_is_not_drawn(silent_cast):
    assert labels(timeline.draw(silent_cast, ["values"])) == ["warning", "delivered more than once"]


def test_the_alt_text_names_findings_replayed_and_unreached_batches(silent_cast, raises):
    assert "warning silent-cast: batches 3-4; warning silent-cast: batch 6." in timeline.alt_text(silent_cast)
    assert "delivered in more than one step: batches 0-1" in timeline.alt_text(silent_cast)
    assert "not reached by fit: batches 4-7" in timeline.alt_text(raises)
    assert "fit raises here: batch 3" in timeline.alt_text(raises)
    assert timeline.alt_text(plain(3)) == "Rows per batch in 3 batches: 10 rows each; no finding names a batch."


def test_the_alt_text_of_a_leaf_is_about_its_rows():
    whole = plain(2)
    seen = replace(whole, profile=replace(whole.profile, batches=(batch(0, x(10), y(9)), batch(1, x(10), y(7)))))
    assert timeline.alt_text(seen, "y").startswith("Rows of y per batch in 2 batches: 7 to 9 rows")


def test_a_range_is_told_with_the_picture():
    whole = plain(100)
    shown = timeline.image(whole, timeline.draw(whole, shown=(20, 39)))
    assert "Drawn are batches 20 to 39." in shown
    assert 'data-range="20,39"' in shown
    assert "Drawn are" not in timeline.image(whole, timeline.draw(whole))


def test_the_readout_says_of_a_batch_what_the_picture_shows(silent_cast, raises):
    assert timeline.readout(silent_cast, 0) == "batch 0 · 10 rows · delivered · in 3 steps"
    assert timeline.readout(silent_cast, 3) == (
        "batch 3 · 10 rows · delivered once, and not again · ▲ warning silent-cast"
    )
    assert timeline.readout(raises, 3) == "batch 3 · 10 rows · fit raises here · ✖ error silent-cast"
    assert timeline.readout(raises, 9) == "batch 9 · not read"


def test_no_batches_are_said_to_be_none(nothing):
    picture = timeline.draw(nothing)
    assert [text.get_text() for text in picture.figure.texts] == ["No batch was read."]
    assert "no batch was read" in timeline.alt_text(nothing)


def test_a_source_that_was_only_read_is_not_said_to_be_delivered(monkeypatch):
    batches = tuple(batch(i, x(), y(), epoch=i // 2) for i in range(4))
    shown = timeline.of_profile(Profile(batches))
    assert 'alt="Rows per batch in 4 batches: 10 rows each."' in shown
    drawn = []
    monkeypatch.setattr(canvas, "png", lambda figure: drawn.append(figure) or b"")
    timeline.of_profile(Profile(batches))
    words = [text.get_text() for legend in drawn[0].legends for text in legend.get_texts()]
    assert words == ["yielded", "every other epoch"]


# ---------------------------------------------------------------------- the picture as such
def test_the_picture_is_the_same_each_time_and_transparent(silent_cast):
    assert canvas.png(timeline.draw(silent_cast).figure) == canvas.png(timeline.draw(silent_cast).figure)
    assert timeline.draw(silent_cast).figure.patch.get_alpha() == 0


@pytest.mark.parametrize("count", [1, 2, 10, 24, 601])
def test_the_bars_end_inside_the_axes_so_that_the_cursor_meets_them(count):
    picture = timeline.draw(plain(count))
    for axes in picture.figure.axes:
        assert axes.get_xlim() == (-0.5, count - 0.5)
        assert axes.get_position().bounds[0::2] == pytest.approx(picture.frame[0::2])
    edges = [path.vertices[:, 0] for each in rows(picture).collections for path in each.get_paths()]
    assert min(map(np.min, edges)) >= -0.5
    assert max(map(np.max, edges)) <= count - 0.5 + 1e-9


def test_the_frame_holds_signs_and_panels_from_top_to_bottom(silent_cast):
    picture = timeline.draw(silent_cast, ["rows", "values", "wait"])
    places = [axes.get_position() for axes in picture.figure.axes]
    assert min(place.y0 for place in places) == pytest.approx(picture.frame[1])
    assert max(place.y1 for place in places) == pytest.approx(picture.frame[1] + picture.frame[3])


def test_the_panels_chosen_stand_in_their_own_order(silent_cast):
    assert titles(timeline.draw(silent_cast, ["wait", "rows"])) == ["rows", "time until the source yielded it, ms"]
    assert titles(timeline.draw(silent_cast, [])) == []


def test_every_batch_has_its_number_where_there_is_room_for_it():
    picture = timeline.draw(plain(1000), shown=(500, 509))
    picture.figure.draw_without_rendering()
    shown = [label.get_text() for label in picture.figure.axes[-1].get_xticklabels()]
    assert shown == [str(number) for number in range(500, 510)]


def test_very_many_batches_are_drawn_with_no_more_artists_and_in_no_more_time_than_a_thousand():
    many, few = very_many(), plain(1000)
    took = {}
    for name, diagnosis in (("few", few), ("many", many)):
        timeline.draw(diagnosis)  # what is read of all batches is read once
        began = time.process_time()
        for _ in range(3):
            picture = timeline.draw(diagnosis)
        took[name] = time.process_time() - began
        if name == "few":
            artists = len(picture.figure.findobj())
    shapes = sum(len(each.get_paths()) for each in rows(picture).collections)
    assert 500 < shapes <= 605
    assert len(picture.figure.findobj()) <= artists + 30
    assert took["many"] < 5 * took["few"] + 0.2
    assert states.count(many) == MANY


def test_dollars_of_a_leaf_are_no_formula():
    whole = plain(3)
    odd = tuple(batch(i, x(path="x['$a$']"), y()) for i in range(3))
    seen = replace(whole, profile=replace(whole.profile, batches=odd))
    picture = timeline.draw(seen, ["rows", "values", "dtypes"], "x['$a$']")
    assert titles(picture)[0] == r"rows of x['\$a\$']"
    canvas.png(picture.figure)  # would raise on a broken formula


def test_states_have_a_look_and_a_name_each(silent_cast):
    assert set(bars.LOOKS) == set(bars.NARROW) == set(states.names(silent_cast)) == set(State) - {State.UNKNOWN}
