"""A rule's lesson: what fit does, why it hurts, how to mend it, and the code that the tests run."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from gendiag.views import markup, wording

if TYPE_CHECKING:
    from collections.abc import Mapping

WIDTH = 92
BROKEN, FIXED = "Broken", "Fixed"


def to_html(name: str, title: str, sections: Mapping[str, str], broken_code: str, mended_code: str) -> str:
    """Draw the lesson as a fragment; ``sections`` are headings with paragraphs of plain text."""
    head = markup.tag("header", markup.tag("h3", title), markup.tag("code", name))
    told = [
        part
        for heading, text in sections.items()
        for part in (markup.tag("h4", wording.heading(heading)), _paragraphs(text))
    ]
    codes = [_code(label, code) for label, code in ((BROKEN, broken_code), (FIXED, mended_code)) if code]
    pair = markup.tag("div", *codes, css_class="gd-pair")
    style = markup.Html(f"<style>{markup.css()}</style>")
    return markup.tag("div", style, head, *told, pair, css_class="gd gd-lesson")


def to_text(name: str, title: str, sections: Mapping[str, str], broken_code: str, mended_code: str) -> str:
    """Write the lesson for a terminal."""
    parts = [f"{title}  [{name}]\n{'=' * (len(title) + len(name) + 4)}"]
    parts += [f"{wording.heading(heading)}\n{_indented(text)}" for heading, text in sections.items()]
    codes = ((BROKEN, broken_code), (FIXED, mended_code))
    parts += [f"{label}\n{textwrap.indent(code.strip(chr(10)), '    ')}" for label, code in codes if code]
    return "\n\n".join(parts)


def _paragraphs(text: str) -> markup.Html:
    return markup.join(markup.tag("p", markup.prose(part)) for part in _split(text))


def _split(text: str) -> list[str]:
    return [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]


def _indented(text: str) -> str:
    ind = "    "
    return "\n\n".join(textwrap.fill(part, WIDTH, initial_indent=ind, subsequent_indent=ind) for part in _split(text))


def _code(label: str, code: str) -> markup.Html:
    body = markup.tag("pre", markup.tag("code", code.strip("\n")))
    return markup.tag("figure", markup.tag("figcaption", label), body, css_class=f"gd-{label.lower()}")
