"""A text cut where a sentence or a clause ends, never inside of a figure, a bracket or code."""

from __future__ import annotations

import re
from collections.abc import Iterator

OPENS, CLOSES = "([{", ")]}"
SHORTEST = 3  # what is kept is at least a third of what there is room for
CLAUSE = re.compile(r"[;:] |(?<!\d), |, (?!\d)")


def cut(text: str, most: int) -> tuple[str, str]:
    """Return what is shown and the rest: all of it, else its first sentences, else as many clauses as fit."""
    if len(text) <= most:
        return text, ""
    free = [at for at in _outside(text) if at < most]
    sentences = [at + 1 for at in free if text[at] in ".!?" and text[at + 1 : at + 2] == " "]
    long = [end for end in sentences if end * SHORTEST >= most]
    if long:
        return text[: long[0]], text[long[0] :].strip()
    clauses = [at for at in free if CLAUSE.match(text, at) or text.startswith(" (", at)]
    spaces = [at for at in free if text[at] == " " and not (text[at - 1].isdigit() or text[at + 1 : at + 2].isdigit())]
    at = next((ends[-1] for ends in (clauses, spaces) if ends and ends[-1] * SHORTEST >= most), 0)
    at = at or next((ends[-1] for ends in (sentences, clauses, spaces) if ends), 0) or most
    return f"{text[:at].rstrip('.')} …", text[at:].lstrip(";:, ")


def _outside(text: str) -> Iterator[int]:
    """Places that are in no bracket, quotation or code."""
    depth, quoted = 0, ""
    for at, char in enumerate(text):
        if quoted or char in '`"':
            quoted = ("" if char == quoted else quoted) if quoted else char
        elif char in OPENS:
            depth += 1
        elif char in CLOSES:
            depth = max(depth - 1, 0)
        elif not depth:
            yield at
