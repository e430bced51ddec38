"""Repairs: what each does and costs, the figures before and after it, and the code to copy."""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING, Any

from gendiag.views import markup, wording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gendiag.records import Repair

NONE = "No fix was found that passes: each that was tried left the fault, or brought another."
HEAD = ("measured", "before", "after")


def to_html(repairs: Iterable[Repair]) -> str:
    """Draw every repair, the best first, or say that there is none."""
    cards = [card(repair) for repair in repairs]
    return markup.join(cards) if cards else markup.tag("p", NONE, css_class="gd-quiet")


def card(repair: Repair) -> markup.Html:
    """Draw one."""
    mark = markup.chip("verified", "ok") if repair.verified else markup.chip("not run", "note")
    parts = [markup.tag("h4", mark, " ", repair.title)]
    if repair.changes_meaning:
        parts.append(markup.tag("p", markup.chip("costs", "warning"), " ", f"{_capital(repair.changes_meaning)}."))
    if "not run" in repair.proof:
        parts.append(markup.tag("p", f"It was not run: {repair.proof['not run']}.", css_class="gd-quiet"))
    if {"before", "after"} <= set(repair.proof):
        parts.append(markup.table(HEAD, proof(repair.proof), f"Before and after: {repair.title}"))
    if repair.proof.get("read"):
        parts.append(markup.tag("p", f"Run on {repair.proof['read']}.", css_class="gd-quiet"))
    return markup.tag("article", *parts, _code(repair.snippet), css_class="gd-card gd-repair")


def to_text(repair: Repair) -> str:
    """Write one for a terminal."""
    mark = wording.marked("verified", "ok") if repair.verified else wording.marked("not run", "note")
    lines = [f"{mark}  {repair.title}"]
    lines += [f"  It costs: {repair.changes_meaning}."] if repair.changes_meaning else []
    lines += [f"  It was not run: {repair.proof['not run']}."] if "not run" in repair.proof else []
    parts = ["\n".join(lines)]
    if {"before", "after"} <= set(repair.proof):
        rows = proof(repair.proof, mark=wording.marked)
        parts.append(wording.text_table("Measured", HEAD, [[str(cell) for cell in row] for row in rows]))
    return "\n\n".join([*parts, indent(repair.snippet.strip("\n"), "    ")])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def proof(figures: Mapping[str, Any], *, mark: Callable[[str], object] = markup.chip) -> list[list[object]]:
    """Rows of what was measured before and after; what is the same in both and empty is left out."""
    before, after = (dict(figures[when]) for when in ("before", "after"))
    rows: list[list[object]] = [["verdict", mark(before["verdict"]), mark(after["verdict"])]]
    if before["fails_at"] is not None:
        rows.append(["fails at", f"batch {before['fails_at']}", _batch(after["fails_at"])])
    rows.append(["findings", _listed(before["findings"]), _listed(after["findings"])])
    rows.append(["steps of training", f"{before['steps']:,}", f"{after['steps']:,}"])
    rows.append(["samples trained on", f"{before['samples']:,}", f"{after['samples']:,}"])
    if after.get("batch") is not None:
        rows.append([f"trial of batch {after['batch']}", _trial(before), _trial(after)])
    return rows


def _batch(index: int | None) -> str:
    return "–" if index is None else f"batch {index}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def _trial(figures: Mapping[str, Any]) -> str:
    if not figures.get("outcome"):
        return "–"
    loss = figures.get("loss")
    return f"{figures['outcome']}, loss {wording.figure(loss)}" if loss is not None else str(figures["outcome"])


def _code(snippet: str) -> markup.Html:
    copy = markup.Html('<button type="button" class="gd-copy" data-copy>Copy the code</button>')
    return markup.tag("figure", copy, markup.pre(markup.tag("code", snippet.strip("\n"))))
