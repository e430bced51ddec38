"""A value in a few words: bounded, escaped, and without calling anything of a class that is not known."""

from __future__ import annotations

from itertools import islice
from typing import Any

MISSING = object()
LONGEST, MOST = 60, 4  # letters of a text; elements or keys
KNOWN = ("numpy", "pandas", "tensorflow", "torch", "jaxlib", "h5py", "PIL", "keras", "scipy")


def short(value: Any) -> str:
    """``3``, ``'a.png'``, ``float32 (4, 3)``, ``a list of 3``; empty where there is nothing to say."""
    if value is None or type(value) in {bool, int, float, complex}:
        return _cut(repr(value))
    if type(value) in {str, bytes}:
        return _text(value)
    if type(value) in {range, slice}:
        return _cut(repr(value))
    if type(value) in {list, tuple, set, frozenset, dict}:
        return _container(value)
    return _object(value)


def keys_of(mapping: Any) -> str:
    """``'a', 'b' and 3 more``: the first keys of a dict."""
    shown = [short(key) for key in islice(mapping, MOST)]
    more = len(mapping) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")


def _container(value: Any) -> str:
    kind = type(value).__name__
    if not value:
        return f"an empty {kind}"
    if kind == "dict":
        return f"a dict of {len(value)} (keys {keys_of(value)})"
    if kind in {"list", "tuple"} and len(value) <= MOST and all(type(each) in {bool, int, str} for each in value):
        return _cut(repr(value))
    return f"a {kind} of {len(value):,}"


def _object(value: Any) -> str:
    kind = type(value)
    package = str(getattr(kind, "__module__", "")).split(".")[0]
    name = kind.__name__
    if package not in KNOWN:
        return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
    try:
        shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
        if shape == () and package == "numpy":
            return _cut(repr(value.item()))
        what = "" if package == "numpy" else f"{name} "
        sizes = f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})" if shape is not None else ""
        return f"{what}{getattr(dtype, 'name', dtype or '')} {sizes}".replace("  ", " ").strip()
    except Exception:  # noqa: BLE001  (a tensor without a value, a file that is closed)
        return name


def _text(value: Any) -> str:
    return repr(value) if len(value) <= LONGEST else f"{value[:LONGEST]!r}… ({len(value):,} long)"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
