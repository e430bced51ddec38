"""Python source as a value: nestings written with a piece of code in the place of each leaf."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

from gendiag.tree import Part, flatten, transform

WIDTH = 100


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
    return "\n".join([opening, *(f"{inner}{item}," for item in items), f"{outer}{closing}"])
