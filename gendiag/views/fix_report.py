"""The report of a fixed source in short: what is left, and what still differs from batch to batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gendiag.diagnosis.drift import Looks, looks_of
from gendiag.records import counted, format_shape
from gendiag.views import markup, run_text, wording

if TYPE_CHECKING:
    from gendiag.diagnosis.diagnosis import Diagnosis

HEAD = ("leaf", "dtypes", "shapes")
MOST = 4
DIFFERS = "What still differs from batch to batch"
NOTHING = "Nothing: every leaf has one dtype and one shape in all batches."


def to_html(after: Diagnosis, key: str) -> markup.Html:
    """A fold below the card of a fix; what drifts on is said outside of it."""
    drifting = {path: looks for path, looks in looks_of(after.profile.batches).items() if looks.drifts}
    verdict = run_text.verdict(after)
    summary = f"The report with this fix: {wording.marked(*verdict)}"
    body = markup.join(
        [
            markup.tag("h4", "What is left"),
            _findings(after),
            markup.tag("h4", DIFFERS),
            markup.table(HEAD, _rows(drifting), DIFFERS) if drifting else markup.tag("p", NOTHING),
            markup.tag("p", f"{run_text.read(after)}; {run_text.rehearsal(after)}.", css_class="gd-quiet"),
        ]
    )
    fold = markup.details(summary, body, key=key, css_class="gd-fixed")
    return markup.join([*_warning(drifting), fold])


def _findings(after: Diagnosis) -> markup.Html:
    found = [markup.tag("li", markup.chip(each.severity), " ", markup.prose(each.message)) for each in after.findings]
    return markup.tag("ul", *found) if found else markup.tag("p", markup.prose(after.headline))


def _warning(drifting: dict[str, Looks]) -> list[markup.Html]:
    """A fix that lets an odd width through trains; that is not to say that the batches are alike."""
    odd = [path for path, looks in drifting.items() if len(looks.shapes) > 1]
    if not odd:
        return []
    which = ", ".join(odd[:MOST])
    text = f"With this fix fit trains, and {which} still comes in more than one shape: {_shapes(drifting[odd[0]])}."
    return [markup.tag("p", markup.chip("still differs", "warning"), " ", text, css_class="gd-still")]


def _rows(drifting: dict[str, Looks]) -> list[list[object]]:
    return [
        [markup.tag("code", path), ", ".join(looks.dtypes) + _missing(looks), _shapes(looks)]
        for path, looks in drifting.items()
    ]


def _missing(looks: Looks) -> str:
    return f" (missing in {counted(looks.missing, 'batch', 'batches')})" if looks.missing else ""


def _shapes(looks: Looks) -> str:
    shown = [format_shape(shape).replace("None", "·") for shape in list(looks.shapes)[:MOST]]
    rest = len(looks.shapes) - MOST
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")
