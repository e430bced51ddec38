"""The pictures' controls: what they draw, and what they select."""

from dataclasses import replace

import pytest

from gendiag.views.picture import canvas, overview, panels, timeline
from gendiag.views.picture_board import ANY_LEAF, PictureBoard
from gendiag.views.selection import select
from tests.support.diagnoses import batch, finding, plain, stepped, x, y


def board(diagnosis):
    """Return it with its selection; what goes wrong is raised."""
    errors = []
    made = PictureBoard(diagnosis, select(diagnosis), lambda error: errors.append(error) if error else None, [])
    made.errors = errors
    return made


@pytest.fixture(autouse=True)
def drawn(monkeypatch):
    """What timelines were asked for: panels, leaf and range; what they look like is tested where they are drawn."""
    asked, draw = [], timeline.draw
    monkeypatch.setattr(canvas, "png", lambda _: b"")
    monkeypatch.setattr(timeline, "draw", lambda *given: asked.append(given[1:]) or draw(*given))
    return asked


@pytest.fixture(scope="module")
def long_run():
    return plain(200, finding(150))


# ---------------------------------------------------------------------- panels and leaf
def test_the_usual_panels_are_on_and_all_that_are_offered_can_be(silent_cast):
    made = board(silent_cast)
    assert list(made.panels) == panels.offered(silent_cast)
    assert [name for name, toggle in made.panels.items() if toggle.value] == panels.usual(silent_cast)
    assert all(name in toggle.tooltip for name, toggle in made.panels.items())


def test_a_panel_is_drawn_when_it_is_chosen_and_gone_when_it_is_not(silent_cast, drawn):
    made = board(silent_cast)
    made.panels["dtypes"].value = False
    made.panels["wait"].value = True
    assert drawn[-1] == (["rows", "wait"], None, (0, 7))
    made.panels["rows"].value = made.panels["wait"].value = False
    assert drawn[-1] == ([], None, (0, 7))
    assert made.errors == []


def test_a_leaf_is_chosen_for_rows_values_and_shape(silent_cast, drawn):
    made = board(silent_cast)
    assert made.leaf.options == (ANY_LEAF, "x", "y")
    made.leaf.value = "y"
    assert "Rows of y per batch" in made.timeline.picture.value
    assert drawn[-1] == (panels.usual(silent_cast), "y", (0, 7))
    made.leaf.value = ANY_LEAF
    assert drawn[-1][1] is None


def test_a_single_leaf_is_no_choice():
    whole = plain(2)
    one = replace(whole, profile=replace(whole.profile, batches=tuple(batch(n, x()) for n in range(2))))
    shown = [part for child in board(one).children for part in getattr(child, "children", ())]
    assert not any(getattr(part, "description", "") == "Leaf" for part in shown)


# ---------------------------------------------------------------------- brush
def test_few_batches_have_no_brush_and_many_have(long_run):
    assert board(plain(overview.FROM)).brush not in board(plain(overview.FROM)).children[0].children
    made = board(long_run)
    assert made.brush in made.children[0].children
    assert made.brush.slider.value == (0, 199)
    assert "<img" in made.brush.picture.value


def test_what_is_between_the_handles_is_drawn(long_run):
    made = board(long_run)
    made.brush.slider.value = (140, 160)
    assert made.shown == (140, 160)
    assert 'data-range="140,160"' in made.timeline.picture.value
    assert (made.timeline.slider.min, made.timeline.slider.max) == (140, 160)
    assert made.timeline.slider.value == 150


def test_a_selection_outside_of_the_range_moves_it(long_run):
    made = board(long_run)
    made.zoom(140, 160)
    made._selection.batch = 30
    assert made.shown == made.brush.slider.value == (20, 40)
    assert 'data-range="20,40"' in made.timeline.picture.value
    assert made._selection.batch == made.timeline.slider.value == 30


@pytest.mark.parametrize(("batch", "shown"), [(0, (0, 20)), (199, (179, 199))])
def test_at_the_ends_the_range_keeps_its_length(long_run, batch, shown):
    made = board(long_run)
    made.zoom(100, 120)
    made._selection.batch = batch
    assert made.shown == shown
    assert made._selection.batch == batch


def test_a_range_without_the_selected_batch_selects_the_nearest_of_its_own(long_run):
    made = board(long_run)
    made.zoom(0, 20)
    assert made.shown == (0, 20)
    assert made._selection.batch == made.timeline.slider.value == 20


@pytest.mark.parametrize(("given", "shown"), [((70, 70), (70, 71)), ((199, 199), (198, 199)), ((0, 0), (0, 1))])
def test_two_handles_at_one_place_still_show_two_batches(long_run, given, shown):
    made = board(long_run)
    made.zoom(*given)
    assert made.shown == shown
    assert made.timeline.slider.value in shown
    assert made._selection.batch == made.timeline.slider.value
    assert made.errors == []


def test_the_slider_is_told_its_ends_and_its_place_in_one_message(long_run, monkeypatch):
    made = board(long_run)
    made.zoom(140, 160)
    sent = []
    monkeypatch.setattr(made.timeline.slider, "send_state", lambda key=None: sent.append(set(key)))
    made._selection.batch = 30
    assert {"min", "max", "value"} in sent
    assert not any(keys & {"min", "max"} and "value" not in keys for keys in sent), "the page would clip and send back"


def test_a_step_inside_of_the_range_draws_nothing_anew(long_run, monkeypatch):
    made = board(long_run)
    made.zoom(140, 160)
    monkeypatch.setattr(made, "draw", lambda: pytest.fail("drawn"))
    made._selection.batch = 151
    assert made.timeline.slider.value == 151
    assert made.errors == []


def test_it_is_drawn_once_when_it_is_made(long_run, drawn):
    board(long_run)
    assert len(drawn) == 1


# ---------------------------------------------------------------------- cursor and map
def test_one_batch_has_neither_slider_nor_brush():
    made = board(plain(1))
    assert made.timeline.children == (made.timeline.picture,)
    assert made.shown == (0, 0)
    assert 'data-range="0,0"' in made.timeline.picture.value


def test_the_slider_selects_and_follows(silent_cast):
    made = board(silent_cast)
    made.timeline.slider.value = 6
    assert made._selection.batch == 6
    made._selection.batch = 1
    assert made.timeline.slider.value == 1


def test_the_slider_stands_over_the_middles_of_the_bars():
    made = board(plain(10))
    left, span, _ = made.timeline._grid.layout.grid_template_columns.split()
    first, middle = canvas.LEFT + canvas.WIDTH / 20, canvas.WIDTH * 9 / 10
    assert (float(left[:-1]), float(span[:-1])) == pytest.approx((100 * first, 100 * middle), abs=0.001)


def test_a_place_of_the_map_selects_its_batch_and_one_without_a_step_none():
    made = board(stepped(range(5), (0, 1), count=5))
    made.place(0.7, 0.1)
    assert made._selection.batch == 3
    made.place(0.9, 0.9)
    assert made._selection.batch == 3
    made.place(0.3, 0.9)
    assert made._selection.batch == 1


def test_without_a_step_there_is_no_map():
    whole = plain(3)
    made = board(replace(whole, rehearsal=replace(whole.rehearsal, deliveries=())))
    assert made.map.value == ""
    made.place(0.5, 0.5)
    assert made._selection.batch == 0


def test_a_batch_behind_all_that_was_read_can_be_selected():
    made = board(plain(5, fails_at=7, verdict="raises"))
    assert made._selection.batch == made.timeline.slider.value == made.timeline.slider.max == 7
    assert y().path in made.leaf.options
