"""The report without a kernel: one fragment for notebooks, one whole page for a file. No scripts, no random ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gendiag.records import counted
from gendiag.views import dtype_table, findings, headline, markup, run_text, steady, trial_card, wording
from gendiag.views.batch_steps import CELL, FILE, Room, Steps
from gendiag.views.picture import fit_map, timeline

if TYPE_CHECKING:
    from gendiag.diagnosis.diagnosis import Diagnosis

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def render(diagnosis: Diagnosis, room: Room = CELL, *, stable: bool = False) -> str:
    """Draw the sections of the dashboard as static HTML, style sheet included.

    Parameters
    ----------
    room
        How many batches are drawn at most.
    stable
        Whether to leave out what differs from run to run; see ``steady``.
    """
    shown = steady.diagnosis(diagnosis) if stable else diagnosis
    drawn = markup.tag("div", _style(), _body(shown, Steps(shown, room), "div"), css_class="gd gd-static")
    return steady.text(drawn) if stable else drawn


def page(*diagnoses: Diagnosis, stable: bool = False) -> str:
    """Draw a whole document of one or more reports, light or dark as the reader's system is."""
    shown = [steady.diagnosis(diagnosis) if stable else diagnosis for diagnosis in diagnoses]
    room = Room(max(FILE.batches // len(shown), CELL.batches), FILE.nbytes // len(shown))
    bodies = markup.join(
        markup.tag("article", _body(each, Steps(each, room, f"report-{number}-"), "h2"), css_class="gd gd-static")
        for number, each in enumerate(shown, 1)
    )
    whole = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{markup.esc(_title(shown))}</title>\n{_style()}\n</head>\n"
        f'<body class="gd-page"><main>{_top(shown)}{bodies}</main></body>\n</html>\n'
    )
    return steady.text(whole) if stable else whole


def _title(shown: list[Diagnosis]) -> str:
    if len(shown) == 1:
        return f"{_verdict(shown[0])}: {headline.short(shown[0])}"
    return "gendiag: " + ", ".join(f"{_verdict(each)} · {each.source}" for each in shown)


def _top(shown: list[Diagnosis]) -> markup.Html:
    text = "gendiag report" if len(shown) == 1 else f"gendiag: {counted(len(shown), 'report')}"
    return markup.tag("div", markup.tag("h1", text), css_class="gd gd-top")


def _verdict(diagnosis: Diagnosis) -> str:
    return wording.marked(*run_text.verdict(diagnosis))


def _style() -> markup.Html:
    return markup.Html(f"<style>{markup.css()}</style>")


def _body(diagnosis: Diagnosis, steps: Steps, heading: str) -> markup.Html:
    parts = [headline.to_html(diagnosis, heading)]
    if diagnosis.profile.batches:
        picture = markup.join([timeline.image(diagnosis, timeline.draw(diagnosis)), fit_map.image(diagnosis)])
        scrolls = {"tabindex": "0", "role": "region", "aria_label": "The run in pictures"}
        parts.append(markup.tag("section", picture, css_class="gd-timeline gd-pictures", **scrolls))
    if diagnosis.findings:
        parts.append(markup.tag("section", findings.first(diagnosis), css_class="gd-findings"))
    if diagnosis.profile.batches:
        parts.append(markup.tag("section", steps.to_html(), css_class="gd-details"))
    return markup.still(markup.join([*parts, _trials(diagnosis), *folds(diagnosis)]), steps.way)


def _trials(diagnosis: Diagnosis) -> markup.Html:
    return markup.join(trial_card.folded(diagnosis, diagnosis.trials[batch]) for batch in sorted(diagnosis.trials))


def folds(diagnosis: Diagnosis) -> list[markup.Html]:
    """What stands at the end, folded away: the other findings, dtypes, how it was run."""
    others = len(diagnosis.findings) - 1
    found = [markup.fold("Dtypes", dtype_table.to_html(diagnosis), "gd-dtypes")]
    if others > 0:
        title = counted(others, "other finding")
        found.insert(0, markup.fold(title, findings.others(diagnosis), "gd-findings"))
    return [*found, markup.fold("How it was run", headline.foot(diagnosis), "gd-run")]
