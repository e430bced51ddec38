"""The search for fixes on screen: each as soon as it is proven, what is tried meanwhile, and Cancel."""

import threading

import pytest

from gendiag.errors import SourceSpentError
from gendiag.records import Repair
from gendiag.runtime.task import Task, is_stop_asked
from gendiag.views import fix_report, repair_cards
from gendiag.views.repair_panel import RepairPanel
from tests.support.diagnoses import SCRIPT, batch, finding, plain, x, y

WAIT_S = 20


def repair(title):
    return Repair(title, "def mended(batches):\n    yield from batches", list, verified=True)


def titles(panel):
    return [title for card in panel.found.children for title in ("Small", "Large") if title in card.value]


def panel_of(search, after=lambda _repair: None):
    errors = []
    panel = RepairPanel(search, after, errors.append)
    panel.errors = errors
    return panel


def ran(panel):
    panel.button.click()
    assert panel.idle.wait(WAIT_S)
    return panel


def test_each_fix_is_there_as_soon_as_it_is_proven_and_the_best_comes_first_in_the_end():
    small, large = repair("Small"), repair("Large")
    seen = []

    def search(*, on_try, on_found):
        on_try(1, "Large")
        on_found(large)
        seen.append(titles(panel))
        on_try(2, "Small")
        seen.append(panel.busy.value)
        on_found(small)
        return small, large

    panel = panel_of(search)
    ran(panel)
    assert seen[0] == ["Large"]
    assert "Trying 2 of at most 12: Small (1 fix so far)" in seen[1]
    assert titles(panel) == ["Small", "Large"]
    assert ">2 fixes.<" in panel.busy.value
    assert not panel.button.disabled


def test_cancel_is_answered_at_once_and_what_was_found_stays():
    begun, small = threading.Event(), repair("Small")

    def search(*, on_try, on_found):
        on_found(small)
        on_try(2, "Large")
        begun.set()
        Task(lambda pulse: pulse.stop.wait(WAIT_S)).start().wait(quiet_s=WAIT_S)
        assert is_stop_asked()
        return (small,)

    panel = panel_of(search)
    assert panel.row.stop.layout.display == "none"
    panel.button.click()
    assert begun.wait(WAIT_S)
    assert (panel.row.stop.description, panel.row.stop.layout.display) == ("Cancel", "")
    panel.row.stop.click()
    assert "Stopping" in panel.busy.value
    assert panel.idle.wait(WAIT_S)
    assert panel.errors[-1] == ""
    assert "Stopped: 1 fix until then." in panel.busy.value
    assert titles(panel) == ["Small"]


def test_a_search_after_one_that_was_cancelled_is_not():
    panel = panel_of(lambda **_: ())
    panel.row._asked.set()
    assert repair_cards.NONE in ran(panel).found.children[0].value


def test_an_error_of_the_search_comes_on_screen():
    def spent(**_):
        message = "the source was spent"
        raise SourceSpentError(message)

    assert "the source was spent" in ran(panel_of(spent)).errors[-1]


def test_the_report_of_the_fixed_source_is_folded_below_its_card_without_being_asked_for():
    left = plain(3, finding(1), verdict="trains on altered data")
    panel = ran(panel_of(lambda **_: (repair("Small"),), lambda _: left))
    shown = panel.found.children[0].value
    assert 'data-key="fix-1"><summary>The report with this fix' in shown
    assert "y changes its dtype." in shown
    assert "<h3>" not in shown, "no section of the report around it"


def test_a_fix_that_lets_an_odd_width_through_says_so():
    odd = tuple(batch(index, x(), y()) for index in range(2))
    wide = batch(2, x().__class__("x", "x", "array", (10, 48), "float32", 1920), y())
    after = plain(3)
    after = after.__class__(**{**vars(after), "profile": after.profile.__class__((*odd, wide))})
    drawn = fix_report.to_html(after, "fix-1")
    assert "x still comes in more than one shape: (·, 4), (·, 48)." in drawn
    assert "in all 3 batches" not in drawn
    assert fix_report.NOTHING not in drawn
    assert "still differs</span>" not in fix_report.to_html(plain(3), "fix-1")


@pytest.mark.parametrize("key", ["fix-1", f'"{SCRIPT}'])
def test_everything_in_it_is_escaped(hostile, key):
    assert "<script" not in fix_report.to_html(hostile, key)
