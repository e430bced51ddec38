"""What an object array is made of, column by column, and what makes numbers of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from gendiag.batches.values import Array

SHOWN, MOST_ROWS, TABLE, LONGEST = 6, 5000, 2, 24
NUMBERS = (bool, int, float, np.bool_, np.number)


class Objects(NamedTuple):
    """What is in it, in words, and what to type."""

    what: str
    fix: str


class Odd(NamedTuple):
    """The first value of a column that is no number."""

    column: int
    row: int
    value: Any


def told(path: str, value: Any) -> Objects:
    """Tell apart numbers of several types, text and gaps among numbers, and samples of unequal length."""
    names = [str(name) for name in getattr(value, "columns", ())]
    array = np.asarray(value, dtype=object)
    items = array.reshape(-1)
    parts = [item for item in items if hasattr(item, "__len__") and not isinstance(item, (str, bytes))]
    if parts:
        return _of_parts(path, parts)
    table = array[:MOST_ROWS].reshape(min(len(array), MOST_ROWS), -1) if array.ndim else array.reshape(1, 1)
    odd = list(_odd(table))
    if not odd:
        kinds = _kinds(table, names)
        several = " of several types" if len(kinds) > 1 else ""
        where = f" ({', '.join(kinds)})"
        return Objects(f"numbers{several} as Python objects{where}", _cast(path))
    return Objects(_said(path, odd, names, table.shape[1]), _fix(path, table, odd))


def _cast(path: str) -> str:
    return f"Convert {path} to numbers before it is given to fit: `{path}.astype('float32')`."


def _of_parts(path: str, parts: list[Any]) -> Objects:
    lengths = [len(part) for part in parts]
    if len(set(lengths)) > 1:
        shown = ", ".join(str(length) for length in lengths[:SHOWN]) + (", ..." if len(lengths) > SHOWN else "")
        what = (
            f"an object array of {len(lengths)} samples of unequal length ({shown}), which do not stack into one array"
        )
        fix = (
            "Pad the samples to one length (`keras.utils.pad_sequences`) or put equal lengths into one batch, "
            "then `np.stack` them."
        )
        return Objects(what, fix)
    what = f"an object array of {len(parts)} samples of length {lengths[0]}, each a Python object of its own"
    return Objects(what, f"Stack them into one array: `np.stack({path}).astype('float32')`.")


def _odd(table: Array) -> Iterator[Odd]:
    for column in range(table.shape[1]):
        for row, value in enumerate(table[:, column]):
            if not isinstance(value, NUMBERS):
                yield Odd(column, row, value)
                break


def _kinds(table: Array, names: list[str]) -> list[str]:
    """``bool in column 2``, ``float in columns 0, 1``; of a single column its types."""
    by_kind: dict[str, list[str]] = {}
    for column in range(table.shape[1]):
        for kind in sorted({type(value).__name__ for value in table[:, column]}):
            by_kind.setdefault(kind, []).append(_column(column, names))
    return [kind if table.shape[1] == 1 else f"{kind} in {_columns(found)}" for kind, found in by_kind.items()]


def _column(column: int, names: list[str]) -> str:
    return repr(names[column]) if column < len(names) else str(column)


def _columns(found: list[str]) -> str:
    shown = ", ".join(found[:SHOWN]) + (f" and {len(found) - SHOWN} more" if len(found) > SHOWN else "")
    return f"column{'s' if len(found) > 1 else ''} {shown}"


def _said(path: str, odd: list[Odd], names: list[str], columns: int) -> str:
    shown = [
        f"{'row' if columns == 1 else f'column {_column(each.column, names)}, row'} {each.row}: {_short(each.value)}"
        for each in odd[:SHOWN]
    ]
    more = f"; and {len(odd) - SHOWN} columns more" if len(odd) > SHOWN else ""
    return (
        f"Python objects, of which some are no numbers (the first of each column of {path}: {'; '.join(shown)}{more})"
    )


def _short(value: Any) -> str:
    text = repr(value) if isinstance(value, (str, bytes)) or value is None else f"{type(value).__name__} {value}"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _fix(path: str, table: Array, odd: list[Odd]) -> str:
    values = [value for each in odd for value in table[:, each.column] if not isinstance(value, NUMBERS)]
    if all(value is None or type(value).__name__ == "NAType" for value in values):
        return f"Fill the gaps or drop these rows, then `{path}.astype('float32')` (which alone makes NaN of None)."
    if all(isinstance(value, (str, bytes)) and is_number(value) for value in values):
        return f"The text is digits: `{path}.astype('float32')` makes numbers of it."
    if any(hasattr(value, "isoformat") for value in values):
        days = "Make numbers of the dates (such as days since the first) or leave them out"
        return f"{days}, then `{path}.astype('float32')`."
    if table.shape[1] == 1:
        return (
            f"Turn the text into numbers with a lookup (`np.unique({path}, return_inverse=True)[1]`) or a StringLookup "
            "layer."
        )
    return (
        "Encode the columns of text, `pd.get_dummies(table, dtype='float32')` or a StringLookup layer, or leave them "
        f"out; then `{path}.astype('float32')`."
    )


def is_number(value: object) -> bool:
    """Whether text, or anything else, can be read as a number."""
    try:
        float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return True
