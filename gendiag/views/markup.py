"""The little HTML that views share: escaping, chips, tables, pictures, the style sheet."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib.resources import files

from gendiag.views.wording import SYMBOLS, Tone, tone

NUMERIC = "gd-num"
GO = re.compile(r'<button class="gd-go" type="button" data-batch="(\d+)">(.*?)</button>')
ARROW = re.compile(r"(?<=\d) -&gt; (?=[-\d])")
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
    """Escaped, with `` `names` `` set as code; ``0.7 -> 0`` stays on one line."""
    return Html(CODE.sub(r"<code>\2</code>", ARROW.sub("\N{NO-BREAK SPACE}→\N{NO-BREAK SPACE}", esc(text))))


def join(parts: Iterable[str]) -> Html:
    """Put pieces of markup together; data among them is escaped."""
    return Html("".join(esc(part) for part in parts))


def tag(name: str, *parts: object, css_class: str = "", **attributes: str) -> Html:
    """``<p class="gd-x" data-key="y">parts</p>``; an underscore in the name of an attribute is a hyphen."""
    named = ({"class": css_class} if css_class else {}) | attributes
    written = "".join(f' {each.replace("_", "-")}="{html.escape(value)}"' for each, value in named.items())
    content = join(str(part) if not isinstance(part, str) else part for part in parts)
    return Html(f"<{name}{written}>{content}</{name}>")


def chip(word: str, kind: Tone | None = None) -> Html:
    """Symbol, word and colour."""
    kind = kind or tone(word)
    symbol = tag("span", SYMBOLS[kind], css_class="gd-symbol")
    return tag("span", symbol, " ", word, css_class=f"gd-chip gd-{kind}")


def table(head: Sequence[str], rows: Iterable[Sequence[object]], label: str, *, numeric: Sequence[str] = ()) -> Html:
    """Build a table that scrolls sideways where it is too wide; the columns named in ``numeric`` are right-aligned."""
    classes = [NUMERIC if name in numeric else "" for name in head]
    header = join(tag("th", name, css_class=kind) for name, kind in zip(head, classes, strict=True))
    body = join(
        tag("tr", join(tag("td", cell, css_class=kind) for cell, kind in zip(row, classes, strict=True)))
        for row in rows
    )
    return scroll(Html(f"<table><thead><tr>{header}</tr></thead><tbody>{body}</tbody></table>"), label)


def scroll(content: str, label: str) -> Html:
    """Let wide content scroll by itself, by key too, so that the page never does."""
    return tag("div", content, css_class="gd-scroll", tabindex="0", role="region", aria_label=label)


def pre(text: str) -> Html:
    """Lines as they are, which can be scrolled by key."""
    return tag("pre", text, tabindex="0")


def go(batch: int, text: str) -> Html:
    """A button that selects the batch where the report is live; ``still`` makes it what it can be elsewhere."""
    return tag("button", text, type="button", css_class="gd-go", data_batch=str(batch))


def still(content: str, way: Callable[[int], str]) -> Html:
    """Turn every ``go`` into a link to ``way(batch)``, or into plain text where that is empty."""

    def turned(found: re.Match[str]) -> str:
        target, text = way(int(found[1])), Html(found[2])
        return tag("a", text, css_class="gd-go", href=target) if target else text

    return Html(GO.sub(turned, content))


def details(summary: str, content: str, *, key: str, css_class: str = "", is_open: bool = False) -> Html:
    """Folded away until asked for; what is called ``key`` stays open when it is drawn anew."""
    state = {"open": ""} if is_open else {}
    return tag("details", tag("summary", summary), content, css_class=css_class, data_key=key, **state)


def fold(title: str, content: str, css_class: str) -> Html:
    """Make a section of the page that is folded away."""
    return details(heading(title), content, key=title, css_class=f"gd-folded {css_class}")


def heading(*parts: str) -> Html:
    """A heading inside of a line, which stays one where there is no style sheet."""
    return tag("b", *parts, css_class="gd-heading", role="heading", aria_level="3")


def image(png: bytes, alt: str, css_class: str = "", **data: str) -> Html:
    """Inline ``<img>`` with its words for those who do not see it; ``data`` are attributes such as ``data-frame``."""
    source = base64.b64encode(png).decode("ascii")
    told = "".join(f' data-{name}="{html.escape(value)}"' for name, value in data.items())
    return Html(f'<img class="{css_class}" alt="{html.escape(alt)}"{told} src="data:image/png;base64,{source}">')


def section(title: str, content: str, css_class: str) -> Html:
    """Put a heading over its part of the page."""
    return tag("section", tag("h3", title), content, css_class=css_class)
