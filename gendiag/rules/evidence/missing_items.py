"""An index or a key that is not there: which one, and what is."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from typing import Any

from gendiag.runtime.failing_line import FailingLine
from gendiag.runtime.short_value import MISSING, keys_of, short

MOST_KEYS = 100_000  # looked through for one that is alike


def no_key(error: BaseException, line: FailingLine) -> str:
    """Name the key, what it is looked up in, and the keys that are there."""
    if not error.args:
        return ""
    key = error.args[0]
    frames = ((name, value) for name, value in _looked_into(line) if _is_of(value, "pandas", "Series", "DataFrame"))
    labelled = next(frames, None)
    if labelled is not None:
        return _no_label(*labelled, key)
    for name, value in [*_looked_into(line), *line.names.items()]:
        if type(value) is dict or isinstance(value, dict):
            if not value:
                return f"`{name}` is empty, so it has no key {short(key)}: look at where it is filled."
            alike = _alike(key, value)
            there = f"; there is {alike}" if alike else f"; {_keys(value)}"
            return f"`{name}` has no key {short(key)}{there}."
    return ""


def no_index(_error: BaseException, line: FailingLine) -> str:
    """Name the index, and how long that is which it points into."""
    for node in line.find(ast.Subscript):
        value, index = line.value(node.value), line.value(node.slice)
        length = _length(value)
        if length is None or type(index) is not int or -length <= index < length:
            continue
        name, asked = ast.unparse(node.value), ast.unparse(node.slice)
        if not length:
            return f"`{name}` is empty: look at where it is filled."
        told = f"`{asked}` is {index}" if asked != str(index) else f"{index} is asked for"
        return (
            f"{told}, and `{name}` has {length:,} elements (0 to {length - 1:,}): derive the number of batches "
            f"from `len({name})`."
        )
    return ""


def _keys(value: dict[Any, Any]) -> str:
    return f"its only key is {keys_of(value)}" if len(value) == 1 else f"its {len(value):,} keys are {keys_of(value)}"


def _looked_into(line: FailingLine) -> Iterator[tuple[str, Any]]:
    for node in line.find(ast.Subscript):
        value = line.value(node.value)
        if value is not MISSING:
            yield ast.unparse(node.value), value


def _is_of(value: Any, package: str, *classes: str) -> bool:
    return any(kind.__module__.split(".")[0] == package and kind.__name__ in classes for kind in type(value).__mro__)


def _no_label(name: str, frame: Any, key: Any) -> str:
    if type(key) is str:
        return f"`{name}` has no column or label {short(key)}: its labels are {keys_of(list(frame.keys()))}."
    labels = frame.index
    if type(labels).__name__ == "RangeIndex" and (labels.start, labels.step) == (0, 1):
        return f"`{name}` has {len(frame):,} rows: derive the number of batches from `len({name})`."
    return (
        f"`{name}[...]` looks up the label {short(key)} in the index, not the position, and the labels have gaps: "
        f"use `{name}.iloc[...]`, or `.reset_index(drop=True)` after rows are dropped."
    )


def _alike(key: Any, value: dict[Any, Any]) -> str:
    """A key that differs in its type or in a few letters only."""
    if len(value) > MOST_KEYS:
        return ""
    texts = {str(each): each for each in value if type(each) in {str, int, float}}
    other = texts.get(str(key))
    if other is not None and type(other) is not type(key):
        return f"{short(other)}, of type {type(other).__name__} and not {type(key).__name__}"
    close = difflib.get_close_matches(str(key), [each for each in texts if type(texts[each]) is str], n=1, cutoff=0.8)
    stem = close or [each for each in texts if str(key).startswith(f"{each}.") or each.startswith(f"{key}.")][:1]
    return f"{short(texts[stem[0]])}, which is spelled differently" if stem and type(key) is str else ""


def _length(value: Any) -> int | None:
    if type(value) in {list, tuple, str, bytes, range}:
        return len(value)
    shape = getattr(value, "shape", None) if type(value).__module__ == "numpy" else None
    return int(shape[0]) if shape else None
