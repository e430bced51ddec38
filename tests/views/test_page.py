"""The whole report, in text and in static HTML."""

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest

from gendiag.records import Failure
from gendiag.views import page as html
from gendiag.views import terminal
from gendiag.views.markup import css
from tests.support.diagnoses import SCRIPT, batch, finding, plain, tried, x


@pytest.mark.parametrize("render", [html.render, html.page])
def test_whatever_comes_from_data_is_escaped(hostile, render):
    shown = render(hostile)
    assert "<script" not in shown
    assert shown.count("&lt;script&gt;") > 15


@pytest.mark.parametrize("name", ["silent_cast", "raises", "nothing", "hostile"])
@pytest.mark.parametrize("render", [html.render, html.page, terminal.render])
def test_two_renders_are_equal(request, name, render):
    diagnosis = request.getfixturevalue(name)
    assert render(diagnosis) == render(diagnosis)


@pytest.mark.parametrize("name", ["silent_cast", "raises", "nothing"])
def test_text_and_html_show_the_same_findings_in_the_same_order(request, name):
    diagnosis = request.getfixturevalue(name)
    titles = [found.title for found in diagnosis.findings]
    for shown in (terminal.render(diagnosis), html.render(diagnosis).partition('class="gd-findings"')[2]):
        places = [shown.index(title) for title in titles]
        assert places == sorted(places)


@pytest.mark.parametrize("render", [html.render, terminal.render])
def test_the_verdict_comes_first_and_names_the_failing_batch(raises, render):
    shown = render(raises)
    assert shown.index("raises") < shown.index("at batch 3") < shown.index("y changes its dtype.")


@pytest.mark.parametrize("render", [html.render, terminal.render])
def test_the_report_says_what_was_rehearsed_and_on_what(silent_cast, render):
    whole = replace(silent_cast, rehearsal=replace(silent_cast.rehearsal, epochs=10, ended="epochs"))
    assert "rehearsed 3 of 10 epochs, 12 steps, fewer epochs than asked for" in " ".join(render(whole).split())
    assert "keras 3.15.1" in render(whole)


@pytest.mark.parametrize("render", [html.render, terminal.render])
def test_notes_and_trials_are_shown(render):
    shown = render(plain(3, notes=("The generator was spent.",), trials={1: tried(1)}))
    assert "The generator was spent." in shown
    assert "Trial of batch 1" in shown


def test_the_text_fits_a_terminal(silent_cast):
    long = replace(silent_cast, notes=("a long note " * 30,))
    assert max(map(len, terminal.render(long).splitlines())) <= 100


def test_control_characters_of_the_data_do_not_reach_the_terminal():
    steering = "\x1b[2J\r\x07\x9b\u202e\ud800"
    leaf = x(path=f"x['{steering}']")
    diagnosis = plain(2, finding(0, title=steering), source=steering, notes=(steering,))
    diagnosis = replace(diagnosis, profile=replace(diagnosis.profile, batches=(batch(0, leaf),)))
    shown = terminal.render(diagnosis)
    assert not [char for char in shown if not char.isprintable() and char != "\n"]
    assert "\\x1b[2J" in shown
    assert "·" in shown


def test_the_text_draws_what_became_of_every_batch(raises):
    lines = terminal.render(raises).splitlines()
    assert lines[lines.index("  |===X....|") - 1] == "  |   !    |"
    assert "  = delivered   X fit raises here   . not reached by fit   ! error" in lines


def test_the_text_marks_errors_and_warnings_in_a_line_of_their_own_and_not_what_concerns_most():
    few = terminal.render(plain(8, finding(2), finding(5, severity="error"), finding(6, severity="note")))
    assert "  |  ?  !  |\n  |========|\n  = delivered   ! error   ? warning" in few
    assert "?" not in terminal.render(plain(8, finding(*range(8)))).partition("y changes")[0]


def test_the_text_tells_what_is_delivered_once_from_what_is_delivered_again(silent_cast):
    shown = terminal.render(silent_cast)
    assert "|==~~~~~~|" in shown
    assert "~ delivered once, and not again" in shown
    assert "delivered in 3 steps: batches 0-1" in shown


def test_the_text_keeps_the_lines_of_a_fix():
    mended = replace(finding(0), fix='Cast it:\n    y = y.astype("float32")')
    lines = terminal.render(plain(1, mended)).splitlines()
    assert any(line.endswith('    y = y.astype("float32")') for line in lines)


def test_no_batches_still_show_headline_and_findings(nothing):
    for shown in (terminal.render(nothing), html.render(nothing)):
        assert "The source is empty" in shown
    assert "<img" not in html.render(nothing)


def test_a_page_is_a_document_without_scripts_or_anything_from_elsewhere(silent_cast):
    page = html.page(silent_cast)
    assert page.startswith("<!doctype html>")
    assert '<meta charset="utf-8">' in page
    for foreign in ("<script", "http://", "https://", "@import", "url("):
        assert foreign not in page


def test_a_page_forbids_all_that_it_does_not_need(silent_cast):
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert f'<meta http-equiv="Content-Security-Policy" content="{policy}">' in html.page(silent_cast)
    for handler in ("onclick", "onload", "javascript:"):
        assert handler not in html.page(silent_cast)


@pytest.mark.parametrize("name", ["silent_cast", "raises", "nothing", "hostile"])
def test_all_that_is_opened_is_closed_and_every_table_has_a_name_and_heads(request, name):
    shown = html.page(replace(request.getfixturevalue(name), trials={0: tried(0, "raises")}))
    check = Nesting()
    check.feed(shown)
    assert check.open == []
    assert "<th></th>" not in shown
    assert shown.count("<table>") == len(
        re.findall(r'class="gd-scroll" tabindex="0" role="region" aria-label="[^"]+"', shown)
    )


class Nesting(HTMLParser):
    """Elements must close in the order in which they were opened."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):  # noqa: ARG002  (what the parser calls)
        if tag not in {"meta", "img", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_cause_with_its_fix_stands_under_the_picture_and_all_else_is_folded(silent_cast):
    shown = html.render(replace(silent_cast, trials={3: tried(3)}))
    places = [
        shown.index(part)
        for part in (
            'gd-headline"', "<img", 'gd-first"', "Yield one dtype.", "Batch 3", "Trial of batch 3", "1 other finding",
            "A batch repeats</h4>", "Dtypes", "How it was run",
        )
    ]  # fmt: skip
    assert places == sorted(places)
    folded = shown[shown.index("Trial of batch 3") :]
    assert folded.count("<details") == folded.count("</details>") - 1


def test_a_page_follows_the_readers_light_or_dark(silent_cast):
    assert "prefers-color-scheme: dark" in html.page(silent_cast)
    assert 'class="gd-page"' in html.page(silent_cast)
    assert 'class="gd-page"' not in html.render(silent_cast)


def test_the_picture_is_described_in_words(silent_cast):
    shown = html.render(silent_cast)
    assert 'alt="Rows per batch in 8 batches: 10 rows each; delivered once, and not again: batches 2-7; ' in shown
    assert "warning silent-cast: batches 3-4; warning silent-cast: batch 6." in shown
    assert 'alt="Map of fit, one row per epoch: epoch 1: 8 steps on batches 0-7; epoch 2: 2 steps on' in shown


def test_pictures_of_samples_are_not_inverted_in_the_dark():
    assert "filter: none" in next(line for line in css().splitlines() if line.startswith(".gd .gd-samples-card img {"))


def test_a_script_in_the_source_does_not_end_the_title(hostile):
    assert SCRIPT not in html.page(hostile).partition("</title>")[0]


# ---------------------------------------------------------------------- what was recorded, and not rehearsed
def recorded(*findings, steps=3, **run):
    """Six batches were read by a live call, and so many steps are on record."""
    whole = plain(6, *findings)
    made = replace(whole.rehearsal, deliveries=whole.rehearsal.deliveries[:steps], live=True, **run)
    return replace(whole, rehearsal=made, profile=replace(whole.profile, ended="fit"))


def words_of(shown):
    """Return the text of a page or a terminal, that of its pictures included, on one line."""
    told = re.sub(r"<style>.*?</style>", " ", shown, flags=re.DOTALL)
    told = re.sub(r'<img[^>]*alt="([^"]*)"[^>]*>', r"\1", told)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", told)).split())


@pytest.mark.parametrize("render", [html.render, terminal.render])
def test_a_call_that_runs_is_told_as_far_as_it_came(render):
    shown = words_of(render(recorded(running=True, ended="stopped", epochs=2)))
    for part in (
        "trains so far",
        "No fault found so far; x is float32, y is int64 in all 6 batches so far.",
        "no step recorded yet",
        "batches read so far; recorded so far 3 steps in 1 of 2 epochs, still running",
    ):
        assert part in shown
    assert "rehears" not in shown
    assert "✔ no finding" not in shown


@pytest.mark.parametrize("render", [html.render, terminal.render])
@pytest.mark.parametrize(
    ("running", "chip", "headline"),
    [
        (True, "no step yet", "Nothing is known yet: no complete step is on record."),
        (False, "no step recorded", "Nothing is known: no complete step is on record."),
    ],
)
def test_without_a_step_nothing_is_known(render, running, chip, headline):
    shown = words_of(render(recorded(steps=0, running=running, ended="stopped")))
    assert chip in shown
    assert headline in shown
    for unknown in ("trains", "No fault", "drifts", "in 0 of", "not delivered"):
        assert unknown not in shown


def test_a_finding_of_a_call_that_runs_holds_so_far_and_is_no_verdict_without_a_step():
    early = recorded(finding(1), steps=0, running=True, ended="stopped")
    assert early.headline == "So far: y changes its dtype."
    assert terminal.render(early).startswith("▲ no step yet\n")
    assert terminal.render(recorded(finding(1), running=True, ended="stopped")).startswith("▲ trains so far\n")


@pytest.mark.parametrize("render", [html.render, terminal.render])
@pytest.mark.parametrize(
    ("run", "told"),
    [
        ({"ended": "finished"}, "recorded 3 steps in 1 of 1 epoch, to its end"),
        ({"ended": "epochs", "epochs": 4}, "recorded 3 steps in 1 of 4 epochs, until it was told to stop"),
        ({"ended": "stopped"}, "recorded 3 steps in 1 of 1 epoch, until it was stopped"),
        ({"ended": "raised"}, "recorded 3 steps in 1 of 1 epoch, until it raised"),
        ({"ended": "finished", "method": "predict"}, "as far as predict read; recorded 3 steps, to its end"),
        ({"ended": "finished", "method": "loop"}, "as far as the loop read; recorded 3 steps, to its end"),
    ],
)
def test_each_ending_of_a_recorded_call_is_told(render, run, told):
    shown = words_of(render(recorded(**run)))
    assert told in shown
    assert "rehears" not in shown
    unused = "never delivered" if run["ended"] == "finished" else "read, no step recorded"
    assert unused in words_of(terminal.render(recorded(**run)))


@pytest.mark.parametrize("method", ["evaluate", "predict", "loop"])
def test_what_does_not_train_is_not_said_to(method):
    shown = terminal.render(recorded(ended="finished", method=method))
    assert shown.startswith("✔ runs\n")
    assert "trains" not in shown


def test_batches_behind_the_failing_one_are_not_reached_by_what_was_called():
    failed = replace(recorded(ended="raised", method="loop"), verdict="raises", fails_at=3)
    assert ". not reached by the loop" in terminal.render(failed)


def test_a_rehearsal_stopped_before_any_step_knows_nothing():
    whole = plain(2)
    stopped = replace(whole, rehearsal=replace(whole.rehearsal, deliveries=(), ended="stopped"))
    assert terminal.render(stopped).startswith("● no step recorded\n  Nothing is known:")


# ---------------------------------------------------------------------- how far a rehearsal came
def rehearsed(count=3, **run):
    whole = plain(count)
    return replace(whole, rehearsal=replace(whole.rehearsal, **run))


@pytest.mark.parametrize("render", [html.render, terminal.render])
@pytest.mark.parametrize(
    ("ended", "told"),
    [
        ("finished", "3 steps, all epochs asked for"),
        ("budget", "3 steps, until the budget of steps or time"),
        ("stopped", "3 steps, until it was stopped"),
        ("raised", "3 steps, until fit raised"),
        ("no answer", "3 steps, until nothing came any more"),
    ],
)
def test_each_ending_of_a_rehearsal_is_told(render, ended, told):
    shown = words_of(render(rehearsed(ended=ended)))
    assert f"rehearsed 1 of 1 epoch, {told}, on keras 3.15.1, tensorflow 2.21.0 (500 ms)" in shown


@pytest.mark.parametrize("render", [html.render, terminal.render])
@pytest.mark.parametrize(
    ("ended", "told"),
    [
        ("end", "the source came to its end"),
        ("budget", "until the budget of batches or time"),
        ("stopped", "until it was stopped"),
        ("raised", "until the source raised"),
    ],
)
def test_each_ending_of_the_reading_is_told(render, ended, told):
    whole = plain(1)
    shown = render(replace(whole, profile=replace(whole.profile, ended=ended)))
    assert f"1 batch read, {told};" in words_of(shown)


def test_a_fit_that_raises_before_its_first_epoch_is_rehearsed_and_one_that_never_began_is_not():
    failure = Failure("ValueError", "the source is empty")
    begun = rehearsed(0, epochs_run=0, ended="raised", failure=failure)
    assert "rehearsed 0 of 1 epoch, 0 steps, until fit raised" in words_of(terminal.render(begun))
    assert "; not rehearsed" in words_of(terminal.render(rehearsed(2, epochs_run=0, deliveries=())))


def test_a_call_without_an_epoch_is_told_as_recorded():
    assert "recorded 0 steps, until it raised" in words_of(
        terminal.render(recorded(steps=0, epochs_run=0, ended="raised", method="evaluate"))
    )


# ---------------------------------------------------------------------- the verdict
def test_a_verdict_worse_than_its_findings_keeps_its_mark():
    assert terminal.render(plain(3, finding(1), verdict="raises", fails_at=2)).startswith("✖ raises")
    assert terminal.render(plain(3, finding(1))).startswith("▲ trains\n")


def test_where_the_model_was_not_tried_it_is_not_said_to_train():
    assert terminal.render(plain(2, untried=True)).startswith("● model not tried\n")
    assert terminal.render(plain(2, finding(1), untried=True)).startswith("▲ model not tried\n")
