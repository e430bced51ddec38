"""The report without a kernel: one fragment for notebooks, one whole page for a file. No scripts, no random ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gendiag.views import (
    batch_details,
    dtype_table,
    findings,
    headline,
    markup,
    run_text,
    trial_card,
    wording,
)
from gendiag.views.picture import fit_map, timeline
from gendiag.views.selection import select

if TYPE_CHECKING:
    from gendiag.diagnosis.diagnosis import Diagnosis


def render(diagnosis: Diagnosis) -> str:
    """Draw the sections of the dashboard as static HTML, style sheet included."""
    return markup.tag("div", _style(), _body(diagnosis), css_class="gd gd-static")


def page(*diagnoses: Diagnosis) -> str:
    """Draw a whole document of one or more reports, light or dark as the reader's system is."""
    title = markup.esc(
        "gendiag: " + ", ".join(f"{_verdict(diagnosis)} · {diagnosis.source}" for diagnosis in diagnoses)
    )
    bodies = "".join(f'<article class="gd gd-static">{_body(diagnosis)}</article>' for diagnosis in diagnoses)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n{_style()}\n</head>\n"
        f'<body class="gd-page">{bodies}</body>\n</html>\n'
    )


def _verdict(diagnosis: Diagnosis) -> str:
    return wording.marked(*run_text.verdict(diagnosis))


def _style() -> markup.Html:
    return markup.Html(f"<style>{markup.css()}</style>")


def _body(diagnosis: Diagnosis) -> markup.Html:
    parts = [headline.to_html(diagnosis)]
    if diagnosis.profile.batches:
        picture = markup.join([timeline.image(diagnosis, timeline.draw(diagnosis)), fit_map.image(diagnosis)])
        selected = batch_details.to_html(diagnosis, select(diagnosis).batch)
        parts += [
            markup.tag("section", picture, css_class="gd-timeline gd-pictures"),
            markup.section("Batch", selected, "gd-details"),
        ]
    if diagnosis.trials:
        tried = markup.join(
            trial_card.to_html(diagnosis.trials[batch], diagnosis.shrunk.get(batch))
            for batch in sorted(diagnosis.trials)
        )
        parts.append(markup.section("Trials", tried, "gd-result"))
    parts += [
        markup.section("Findings", findings.to_html(diagnosis), "gd-findings"),
        markup.section("Dtypes", dtype_table.to_html(diagnosis), "gd-dtypes"),
        headline.foot(diagnosis),
    ]
    return markup.join(parts)
