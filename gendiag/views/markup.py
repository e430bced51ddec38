"""The little HTML that views share: escaping, chips, tables, pictures, the style sheet."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files

from gendiag.views.wording import SYMBOLS, Tone, tone

NUMERIC = "gd-num"
CODE = re.compile(r"(`{1,2})([^`]+)\1")


class Html(str):
    """Markup that is already escaped; every other string is data."""

    __slots__ = ()


@cache
def css() -> str:
    """Return the style sheet, read once."""
    return files("gendiag.views").joinpath("style.css").read_text(encoding="utf-8")


def esc(value: object) -> Html:
    """Escape whatever comes from data; what is ``Html`` passes."""
    return value if isinstance(value, Html) else Html(html.escape(str(value)))


def prose(text: str) -> Html:
    """Escaped, with `` `names` `` set as code."""
    return Html(CODE.sub(r"<code>\2</code>", esc(text)))


def join(parts: Iterable[str]) -> Html:
    """Put pieces of markup together; data among them is escaped."""
    return Html("".join(esc(part) for part in parts))


def tag(name: str, *parts: object, css_class: str = "") -> Html:
    """``<p class="gd-x">parts</p>``."""
    attribute = f' class="{html.escape(css_class)}"' if css_class else ""
    return Html(
        f"<{name}{attribute}>{join(str(part) if not isinstance(part, str) else part for part in parts)}</{name}>"
    )


def chip(word: str, kind: Tone | None = None) -> Html:
    """Symbol, word and colour."""
    kind = kind or tone(word)
    symbol = tag("span", SYMBOLS[kind], css_class="gd-symbol")
    return tag("span", symbol, " ", word, css_class=f"gd-chip gd-{kind}")


def table(head: Sequence[str], rows: Iterable[Sequence[object]], *, numeric: Sequence[str] = ()) -> Html:
    """Build a table that scrolls sideways where it is too wide; the columns named in ``numeric`` are right-aligned."""
    classes = [NUMERIC if name in numeric else "" for name in head]
    header = join(tag("th", name, css_class=kind) for name, kind in zip(head, classes, strict=True))
    body = join(
        tag("tr", join(tag("td", cell, css_class=kind) for cell, kind in zip(row, classes, strict=True)))
        for row in rows
    )
    return scroll(Html(f"<table><thead><tr>{header}</tr></thead><tbody>{body}</tbody></table>"))


def scroll(content: str) -> Html:
    """Let wide content scroll by itself, so that the page never does."""
    return tag("div", content, css_class="gd-scroll")


def go(batch: int, text: str) -> Html:
    """A button that selects the batch where the report is live; on a static page it looks like the text that it is."""
    return Html(f'<button type="button" class="gd-go" data-batch="{batch:d}">{esc(text)}</button>')


def details(summary: str, content: str, *, css_class: str = "") -> Html:
    """Folded away until asked for."""
    return tag("details", tag("summary", summary), content, css_class=css_class)


def image(png: bytes, alt: str, css_class: str = "") -> Html:
    """Inline ``<img>`` with its words for those who do not see it."""
    source = base64.b64encode(png).decode("ascii")
    return Html(f'<img class="{css_class}" alt="{html.escape(alt)}" src="data:image/png;base64,{source}">')


def section(title: str, content: str, css_class: str) -> Html:
    """Put a heading over its part of the page."""
    return tag("section", tag("h3", title), content, css_class=css_class)
