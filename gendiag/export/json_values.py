"""Any value of a record -> what JSON can say: texts, numbers, lists and objects, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from gendiag.records import format_shape

MOST_VALUES = 64  # of an array; a larger one is told by its dtype and shape
DEEPEST = 20
OF_NUMPY = {"b": bool, "i": int, "u": int, "f": float, "c": complex, "U": str, "S": bytes}  # by the kind of the dtype
NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def plain(value: Any, *, depth: int = 0) -> Any:  # noqa: PLR0911  (one for each kind of value)
    """Return the value as ``json.dumps(..., allow_nan=False)`` takes it.

    NaN and infinity, which JSON has no numbers for, become the texts ``"NaN"``, ``"Infinity"`` and ``"-Infinity"``.
    Scalars of NumPy become numbers, records objects, sets sorted lists. An array of more than 64 values is told as
    ``float32 (100, 3)``, and what is of an unknown type as ``<its class>``: nothing of the user's is called.
    """
    if depth > DEEPEST:
        return "…"
    if isinstance(value, np.generic):
        value = OF_NUMPY.get(value.dtype.kind, str)(value)
    if value is None or isinstance(value, (bool, str, bytes, int, float, complex)):
        return _scalar(value)
    if isinstance(value, np.ndarray):
        small = value.size <= MOST_VALUES and value.dtype.kind in "biufU"
        return plain(value.tolist() if small else f"{value.dtype} {format_shape(value.shape)}", depth=depth + 1)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name), depth=depth + 1) for field in fields(value)}
    if isinstance(value, Mapping):
        return {_key(key): plain(item, depth=depth + 1) for key, item in value.items()}
    if isinstance(value, AbstractSet):
        return sorted((plain(item, depth=depth + 1) for item in value), key=repr)
    if isinstance(value, (list, tuple, range)):
        return [plain(item, depth=depth + 1) for item in value]
    return f"<{type(value).__name__}>"


def _scalar(value: Any) -> Any:
    """Strip what is no plain number or text of its subclass."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bytes):
        return value.decode("ascii", "backslashreplace")
    if isinstance(value, int):
        return int.__index__(value)
    if isinstance(value, complex):
        return complex.__repr__(value)
    value = float.__float__(value)
    return value if math.isfinite(value) else NOT_FINITE[float.__repr__(value)]


def _key(key: Any) -> str:
    """A dict of the user's may have any keys; an object of JSON has texts."""
    return str(plain(key)) if not isinstance(key, (tuple, frozenset)) else repr(plain(key))
