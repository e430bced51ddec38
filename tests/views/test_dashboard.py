"""The dashboard without a browser: what a click or a number puts on the screen."""

import base64
import threading

import ipywidgets as w
import pytest

from gendiag.errors import NotKeptError
from gendiag.views import page, timeline
from gendiag.views.dashboard import Dashboard
from gendiag.views.guard import guarded
from tests.support.diagnoses import SCRIPT, finding, plain, tried

WAIT_S = 10


def try_and_wait(dashboard):
    dashboard.trial.button.click()
    assert dashboard.trial.idle.wait(WAIT_S)


def test_it_begins_at_the_first_bad_batch_with_everybody_there(silent_cast):
    dashboard = Dashboard(silent_cast)
    assert dashboard.selection.batch == dashboard.stepper.box.value == dashboard.timeline.slider.value == 3
    assert "<b>batch 3</b>" in dashboard.details.value


def test_it_begins_where_fit_raises_if_no_finding_names_a_batch():
    assert Dashboard(plain(5, fails_at=4)).selection.batch == 4
    assert Dashboard(plain(5, finding(2, evidence={"source": "validation"}))).selection.batch == 0


def test_the_selection_moves_slider_box_and_details(silent_cast):
    dashboard = Dashboard(silent_cast)
    dashboard.selection.batch = 5
    assert (dashboard.timeline.slider.value, dashboard.stepper.box.value) == (5, 5)
    assert "<b>batch 5</b>" in dashboard.details.value


def test_a_typed_number_moves_the_selection_and_is_not_sent_back(silent_cast):
    dashboard = Dashboard(silent_cast)
    sent = []
    dashboard.timeline.slider.observe(sent.append, names="value")
    dashboard.stepper.box.value = 6
    assert dashboard.selection.batch == 6
    assert sent == []  # the page has moved the slider itself, maybe further by now


def test_previous_and_next_step_and_rest_at_the_ends(silent_cast):
    stepper = Dashboard(silent_cast).stepper
    stepper.next.click()
    assert stepper.box.value == 4
    stepper.box.value = 7
    assert stepper.next.disabled
    assert not stepper.previous.disabled
    stepper.box.value = 0
    assert stepper.previous.disabled


def test_next_finding_jumps_to_where_a_finding_begins_and_round_again(silent_cast):
    dashboard = Dashboard(silent_cast)
    visited = []
    for _ in range(3):
        dashboard.stepper.next_finding.click()
        visited.append(dashboard.selection.batch)
    assert visited == [6, 3, 6]


def test_next_finding_rests_where_there_is_none():
    assert Dashboard(plain(3)).stepper.next_finding.disabled


def test_a_callbacks_bug_is_on_the_screen_with_its_traceback(silent_cast, monkeypatch):
    dashboard = Dashboard(silent_cast)

    def fail(*_):
        raise ZeroDivisionError(SCRIPT)

    monkeypatch.setattr("gendiag.views.batch_details.to_html", fail)
    dashboard.stepper.next.click()
    assert "ZeroDivisionError" in dashboard.status.value
    assert "Traceback" in dashboard.status.value
    assert SCRIPT not in dashboard.status.value


def test_an_error_raised_on_purpose_is_one_line_and_the_next_success_wipes_it():
    shown = []

    def act():
        msg = "batch 3 is not held"
        raise NotKeptError(msg)

    guarded(act, shown.append)()
    assert "batch 3 is not held" in shown[-1]
    assert "Traceback" not in shown[-1]
    guarded(lambda: None, shown.append)()
    assert shown[-1] == ""


def test_a_trial_shows_its_result_and_stays_with_its_batch(silent_cast):
    asked = []
    dashboard = Dashboard(silent_cast, lambda batch: asked.append(batch) or tried(batch))
    try_and_wait(dashboard)
    assert "Trial of batch 3" in dashboard.trial.result.value
    dashboard.selection.batch = 4
    assert dashboard.trial.result.value == ""
    dashboard.selection.batch = 3
    assert "Trial of batch 3" in dashboard.trial.result.value
    assert asked == [3]


def test_a_running_trial_says_so_and_cannot_be_started_twice(silent_cast):
    go = threading.Event()
    dashboard = Dashboard(silent_cast, lambda batch: go.wait(WAIT_S) and tried(batch))
    dashboard.trial.button.click()
    assert "Running fit on [0, 1, 3]" in dashboard.trial.busy.value
    assert dashboard.trial.button.disabled
    go.set()
    assert dashboard.trial.idle.wait(WAIT_S)
    assert dashboard.trial.busy.value == ""
    assert not dashboard.trial.button.disabled


def test_a_trial_that_ends_after_the_selection_moved_does_not_cover_the_other_batch(silent_cast):
    go = threading.Event()
    dashboard = Dashboard(silent_cast, lambda batch: go.wait(WAIT_S) and tried(batch, "raises"))
    dashboard.trial.button.click()
    dashboard.selection.batch = 0
    go.set()
    assert dashboard.trial.idle.wait(WAIT_S)
    assert dashboard.trial.result.value == ""
    assert "Batch 3 was tried" in dashboard.trial.busy.value


def test_a_trial_that_cannot_run_says_why_and_may_be_asked_again(silent_cast):
    def refuse(batch):
        msg = f"batch {batch} is no longer held"
        raise NotKeptError(msg)

    dashboard = Dashboard(silent_cast, refuse)
    try_and_wait(dashboard)
    assert "batch 3 is no longer held" in dashboard.status.value
    assert not dashboard.trial.button.disabled


def test_trials_that_ran_before_are_shown_at_once():
    dashboard = Dashboard(plain(3, trials={0: tried(0)}), tried)
    assert "Trial of batch 0" in dashboard.trial.result.value


def test_without_a_model_the_button_says_what_to_pass(silent_cast):
    dashboard = Dashboard(silent_cast)
    assert dashboard.trial.button.disabled
    assert "diagnose(source, model)" in dashboard.trial.busy.value


def test_choosing_a_leaf_redraws_the_timeline_with_its_rows(silent_cast):
    dashboard = Dashboard(silent_cast)
    dashboard.leaf.value = "y"
    assert "Rows of y per batch" in dashboard.timeline.picture.value
    drawn = timeline.png(timeline.draw(silent_cast, "y"))
    assert base64.b64encode(drawn).decode() in dashboard.timeline.picture.value


def test_one_batch_has_no_slider_and_none_has_no_stepper(nothing):
    one = Dashboard(plain(1))
    assert one.timeline.children == (one.timeline.picture,)
    empty = Dashboard(nothing)
    assert not any(isinstance(child, w.Box) for child in empty.children)
    assert "The source is empty" in empty.findings.value


@pytest.mark.parametrize("name", ["silent_cast", "nothing", "hostile"])
def test_the_bundle_has_the_widget_and_a_stand_in_for_where_there_is_no_kernel(request, name):
    bundle = Dashboard(request.getfixturevalue(name))._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"} <= set(bundle)
    assert "gd-findings" in bundle["text/html"]


def test_everything_in_the_widgets_is_escaped(hostile):
    dashboard = Dashboard(hostile)
    shown = [widget.value for widget in (dashboard.headline, dashboard.findings, dashboard.dtypes, dashboard.details)]
    assert "<script" not in "".join([*shown, dashboard.trial.result.value, dashboard.timeline.picture.value])


def test_the_parts_can_be_found_by_their_class(silent_cast):
    dashboard = Dashboard(silent_cast)
    classes = {name for widget in walk(dashboard) for name in widget._dom_classes}
    classes |= {part for widget in walk(dashboard) if isinstance(widget, w.HTML) for part in widget.value.split('"')}
    wanted = "headline timeline cursor stepper details try result dtypes findings status"
    assert {f"gd-{name}" for name in wanted.split()} <= classes


def walk(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from walk(child)


def test_a_finding_that_begins_with_a_batch_never_read_shows_the_first_that_was():
    exhausted = plain(5, finding(5, 0, 1))
    assert Dashboard(exhausted).selection.batch == 0
    assert ">0-1</button>" in Dashboard(exhausted).findings.value


def test_the_dashboard_has_every_section_of_the_page(silent_cast):
    board = Dashboard(silent_cast)
    classes = {name for widget in walk(board) for name in widget._dom_classes}
    shown = "".join(widget.value for widget in walk(board) if isinstance(widget, w.HTML))
    for part in ("headline", "timeline", "findings", "details", "dtypes"):
        assert f"gd-{part}" in page.render(silent_cast)
        assert f"gd-{part}" in shown or f"gd-{part}" in classes
    assert "12 steps" in shown
    assert "12 steps" in page.render(silent_cast)
