"""A reproducer: what its folder raises, how to run it, and whose values are in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gendiag.records import counted
from gendiag.views import markup, wording

if TYPE_CHECKING:
    from gendiag.records import Reproducer
    from gendiag.views.wording import Tone

RAISES = "The script raised the same in a fresh process."
DOES_NOT = "The script did not raise the same in a fresh process."


def to_html(shown: Reproducer) -> markup.Html:
    """Draw it."""
    tone: Tone = "ok" if shown.verified else "warning"
    chip = markup.chip("verified" if shown.verified else "not verified", tone)
    told = [markup.tag("p", markup.prose(line)) for line in _told(shown)]
    run = markup.tag("pre", markup.tag("code", _run(shown)))
    return markup.tag("article", markup.tag("h4", chip, " ", shown.error), *told, run, css_class=f"gd-card gd-{tone}")


def to_text(shown: Reproducer) -> str:
    """Write the same for a terminal."""
    mark = wording.marked("verified", "ok") if shown.verified else wording.marked("not verified", "warning")
    return "\n".join([f"{mark}  {shown.error}", *(f"  {line}" for line in _told(shown)), f"  {_run(shown)}"])


def _told(shown: Reproducer) -> list[str]:
    kept = f"{counted(len(shown.samples), 'sample')} of the failing batch: {', '.join(map(str, shown.samples))}"
    hidden = f"Random values stand in {', '.join(shown.replaced)}; every other leaf holds your data."
    return [
        RAISES if shown.verified else DOES_NOT,
        f"Model: {shown.model}.",
        *([f"Kept are {kept}."] if shown.samples else []),
        hidden if shown.replaced else "The batches in it hold your data.",
    ]


def _run(shown: Reproducer) -> str:
    return f"cd {shown.path} && python reproduce.py"
