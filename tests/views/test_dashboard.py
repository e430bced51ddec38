"""The dashboard without a browser: what a click or a number puts on the screen."""

import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import ipywidgets as w
import pytest

from gendiag.errors import NotKeptError
from gendiag.records import Rehearsal
from gendiag.report import Report
from gendiag.views import page
from gendiag.views.dashboard import MOST_MARKED, Dashboard
from gendiag.views.guard import guarded
from gendiag.views.picture import canvas
from tests.support.diagnoses import SCRIPT, batch, finding, plain, tried, x

WAIT_S = 10


@pytest.fixture(autouse=True)
def _quick_pictures(monkeypatch):
    """What is drawn is tested where it is drawn."""
    monkeypatch.setattr(canvas, "png", lambda _: b"")


def try_and_wait(dashboard):
    dashboard.trial.button.click()
    assert dashboard.trial.idle.wait(WAIT_S)


def test_it_begins_at_the_first_bad_batch_with_everybody_there(silent_cast):
    dashboard = Dashboard(silent_cast)
    assert dashboard.selection.batch == dashboard.stepper.box.value == dashboard.board.timeline.slider.value == 3
    assert "<b>batch 3</b>" in dashboard.batch.details.value


def test_it_begins_where_fit_raises_if_no_finding_names_a_batch():
    assert Dashboard(plain(5, fails_at=4)).selection.batch == 4
    assert Dashboard(plain(5, finding(2, evidence={"source": "validation"}))).selection.batch == 0


def test_the_selection_moves_slider_box_and_details(silent_cast):
    dashboard = Dashboard(silent_cast)
    dashboard.selection.batch = 5
    assert (dashboard.board.timeline.slider.value, dashboard.stepper.box.value) == (5, 5)
    assert "<b>batch 5</b>" in dashboard.batch.details.value


@pytest.mark.parametrize("moved", ["box", "slider"])
def test_what_somebody_moves_moves_the_selection_and_is_not_moved_back(silent_cast, moved):
    dashboard = Dashboard(silent_cast)
    controls = {"box": dashboard.stepper.box, "slider": dashboard.board.timeline.slider}
    sent = []
    for name, control in controls.items():
        control.observe(lambda change, name=name: sent.append((name, change["new"])), names="value")
    controls[moved].value = 6
    assert dashboard.selection.batch == 6
    assert sorted(sent) == [("box", 6), ("slider", 6)]  # each once: the page may have moved it further by now


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


def test_two_callbacks_at_a_time_take_turns():
    running, most = [], []

    def act():
        running.append(1)
        most.append(len(running))
        time.sleep(0.02)
        running.pop()

    threads = [threading.Thread(target=guarded(act, lambda _: None)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_S)
    assert most == [1, 1, 1, 1]


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
    assert "Running fit on batches 0-1, 3" in dashboard.trial.busy.value
    assert dashboard.trial.button.disabled
    go.set()
    assert dashboard.trial.idle.wait(WAIT_S)
    assert "Runs fit on batches 0-1, 3" in dashboard.trial.busy.value
    assert not dashboard.trial.button.disabled


def test_a_batch_that_is_not_there_cannot_be_tried_and_the_page_says_why(raises):
    unread = replace(raises.profile, batches=raises.profile.batches[:3], ended="raised")
    dashboard = Dashboard(replace(raises, profile=unread), tried)
    for index, held, told in (
        (0, True, "Runs fit on batch 0"),
        (2, False, "no longer held"),
        (3, False, "the source raised in it"),
    ):
        if not held:
            dashboard.diagnosis.profile.store._drop(index)
        dashboard.selection.batch = index
        assert dashboard.trial.button.disabled != held
        assert told in dashboard.trial.busy.value


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


def test_one_batch_has_no_slider_and_none_has_no_stepper(nothing):
    one = Dashboard(plain(1))
    assert one.board.timeline.children == (one.board.timeline.picture,)
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
    for widget in (dashboard.headline, dashboard.findings, dashboard.batch.details, dashboard.trial.result):
        assert "&lt;script" in widget.value
    assert html_of(dashboard).count("&lt;script") > 20
    assert "<script" not in html_of(dashboard)


def test_the_parts_can_be_found_by_their_class(silent_cast):
    dashboard = Dashboard(silent_cast)
    classes = {name for widget in walk(dashboard) for name in widget._dom_classes}
    classes |= set(html_of(dashboard).replace('"', " ").split())
    wanted = "headline timeline cursor stepper readout details try result dtypes findings status fitmap"
    assert {f"gd-{name}" for name in wanted.split()} <= classes


def html_of(dashboard):
    """Return all markup on the screen."""
    return "".join(widget.value for widget in walk(dashboard) if isinstance(widget, w.HTML))


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
    shown, static = html_of(board), page.render(silent_cast)
    for part in ("headline", "timeline", "findings", "details", "dtypes"):
        assert f"gd-{part}" in static
        assert f"gd-{part}" in shown or f"gd-{part}" in classes
    assert "12 steps" in shown
    assert "12 steps" in static


# ---------------------------------------------------------------------- what the page and the user may ask for
def test_a_message_of_the_page_selects_steps_and_jumps(silent_cast):
    dashboard = Dashboard(silent_cast)
    visited = []
    for message in (
        {"batch": 5}, {"action": "next"}, {"action": "previous"}, {"action": "last"}, {"action": "first"},
        {"action": "next finding"}, {"action": "previous finding"}, {"batch": 99}, {"batch": -1}, {"place": [0.99, 0]},
    ):  # fmt: skip
        dashboard.bridge._handle_custom_msg(message, [])
        visited.append(dashboard.selection.batch)
    assert visited == [5, 6, 5, 7, 0, 3, 6, 7, 0, 7]
    assert dashboard.status.value == ""


def test_the_readout_follows_the_selection_and_is_spoken(silent_cast):
    dashboard = Dashboard(silent_cast)
    dashboard.select(0)
    assert "batch 0 · 10 rows · delivered · in 3 steps" in dashboard.readout.value
    assert 'aria-live="polite"' in dashboard.readout.value


def test_the_page_knows_what_the_batches_of_findings_are_before_it_asks():
    marks = Dashboard(plain(100, finding(7), finding(*range(50, 100)), fails_at=99, verdict="raises")).bridge.marks
    assert set(marks) == {"7", "99"}
    assert marks["7"] == "batch 7 · 10 rows · delivered · ▲ warning silent-cast"
    many = Dashboard(plain(12_000, finding(*range(0, 12_000, 6))))
    assert len(many.bridge.marks) == MOST_MARKED


def test_select_is_as_a_click_on_the_batch_and_shows_what_fails(silent_cast, monkeypatch):
    dashboard = Dashboard(silent_cast)
    dashboard.select(6)
    assert "<b>batch 6</b>" in dashboard.batch.details.value
    monkeypatch.setattr("gendiag.views.batch_details.to_html", lambda *_: 1 / 0)
    dashboard.select(2)
    assert "ZeroDivisionError" in dashboard.status.value
    monkeypatch.undo()
    dashboard.select(1)
    assert dashboard.status.value == ""


def test_a_report_tells_the_batch_selected_and_selects_another(silent_cast):
    report = Report(SimpleNamespace(diagnosis=silent_cast, case=SimpleNamespace(model=None)))
    assert report.selected == 3
    report.dashboard.select(5)
    assert report.selected == 5
    report.dashboard.stepper.next.click()
    assert report.selected == 6


def test_a_report_of_nothing_selects_nothing_else(nothing):
    dashboard = Dashboard(nothing)
    dashboard.select(4)
    assert dashboard.selection.batch == 0
    assert dashboard.status.value == ""


# ---------------------------------------------------------------------- whatever was measured
def odd_diagnoses():
    whole = plain(4)
    steps = tuple(replace(step, batch=None) for step in whole.rehearsal.deliveries)
    run = whole.rehearsal
    rowless = tuple(replace(each, rows=None, leaves=()) for each in whole.profile.batches)
    yield "steps that match no batch", replace(whole, rehearsal=replace(run, deliveries=steps))
    yield "only read", replace(whole, rehearsal=Rehearsal())
    yield "a live fit", replace(whole, rehearsal=replace(run, live=True, running=True, ended="stopped"))
    yield "a live fit without a step", replace(whole, rehearsal=replace(run, live=True, running=True, deliveries=()))
    yield "no leaf", replace(whole, profile=replace(whole.profile, batches=rowless))
    yield "validation", plain(4, finding(2, 9, severity="error", evidence={"source": "validation"}), verdict="raises")
    yield "behind all that was read", plain(4, finding(9, severity="error"), fails_at=9, verdict="raises")
    odd = replace(x(path="x['$a$']"), dtype="object", kind="object", low=None, high=None, mean=None, std=None)
    yield "a path in dollars", replace(whole, profile=replace(whole.profile, batches=(batch(0, odd), batch(1, odd))))


@pytest.mark.parametrize(
    ("name", "diagnosis"), list(odd_diagnoses()), ids=lambda given: given if isinstance(given, str) else ""
)
def test_a_dashboard_of_whatever_was_measured_is_whole(name, diagnosis, monkeypatch):
    monkeypatch.setattr(canvas, "png", lambda figure: figure.draw_without_rendering() or b"")
    dashboard = Dashboard(diagnosis)
    for action in ("last", "first", "next finding"):
        dashboard.bridge._handle_custom_msg({"action": action}, [])
    dashboard.bridge._handle_custom_msg({"place": [0.5, 0.5]}, [])
    dashboard.board.leaf.value = dashboard.board.leaf.options[-1]
    assert dashboard.status.value == "", name
    assert "bug in gendiag" not in html_of(dashboard)
    assert "text/html" in dashboard._repr_mimebundle_()
