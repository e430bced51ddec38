"""Python source as a value: nestings written with a piece of code in the place of each leaf."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from typing import Any

from gendiag.batches.tree import Part, flatten, transform

WIDTH, FEW = 100, 4


class Code(str):
    """Python source that shows itself as it is, in a terminal and in a notebook."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return f"<pre><code>{html.escape(self)}</code></pre>"


class _Name:
    """Stands in a structure for a leaf, and prints as code."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def nested(raw: Any, leaf: Callable[[Part], str], *, indent: int = 0) -> str:
    """Write the nesting of ``raw`` as Python source, with ``leaf(part)`` in the place of every leaf."""
    codes = iter([leaf(part) for part in flatten(raw)])
    return _written(transform(lambda _: _Name(next(codes)), raw), indent)


def _written(thing: Any, indent: int) -> str:
    """``repr`` on one line where it fits, else an element per line."""
    flat = repr(thing)
    if indent + len(flat) <= WIDTH or not isinstance(thing, (dict, tuple, list)) or hasattr(thing, "_fields"):
        return flat
    inner, outer = " " * (indent + 4), " " * indent
    if isinstance(thing, dict):
        items = [f"{key!r}: {_written(value, indent + 4)}" for key, value in thing.items()]
    else:
        items = [_written(value, indent + 4) for value in thing]
    opening, closing = flat[0], flat[-1]
    return "\n".join([opening, *_filled(items, inner), f"{outer}{closing}"])


def _filled(items: Sequence[str], indent: str) -> list[str]:
    """Put many short items on each line, and one that takes several lines alone."""
    lines: list[str] = []
    for item in items:
        fits = lines and "\n" not in item + lines[-1] and len(lines[-1]) + len(item) + 2 <= WIDTH
        if fits and len(items) > FEW:
            lines[-1] += f" {item},"
        else:
            lines.append(f"{indent}{item},")
    return lines
