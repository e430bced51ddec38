"""Raw batches -> arrays for one ``.npz`` file that needs no pickle, and the code that makes the batches of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from gendiag.batches.tree import Part
from gendiag.batches.values import Array, as_array, kind_of
from gendiag.errors import BadSourceError
from gendiag.export.python_source import nested

LONGEST_LITERAL = 60
FRAME = {"DataFrame": "pd.DataFrame", "Series": "pd.Series"}
PLAIN = "biufcUS"  # kinds of dtypes that np.save writes as they are


class Portable:
    """Collects arrays under short names, and writes batches as code that reads them from ``data``.

    Attributes
    ----------
    arrays
        What belongs into the file.
    imports
        Modules that the code names beside NumPy.
    """

    def __init__(self) -> None:
        self.arrays: dict[str, Array] = {}
        self.imports: set[str] = set()

    def batch(self, number: int, raw: Any, *, indent: int = 0) -> str:
        """Write one batch.

        Raises
        ------
        BadSourceError
            If a leaf is nothing that can be written without pickle.
        """
        return nested(raw, lambda part: self._leaf(number, part), indent=indent)

    def _leaf(self, number: int, part: Part) -> str:
        kind, value = kind_of(part.value), part.value
        if kind in {"None", "scalar", "list"} and len(repr(value)) <= LONGEST_LITERAL and not _holds_numpy(value):
            return repr(value)
        array = as_array(value) if kind not in {"ragged", "sparse"} else None
        if array is None:
            raise BadSourceError(_refusal(number, part, kind))
        read = self._array(f"{number}_{len(self.arrays)}", array, number, part)
        if kind == "tensor":
            self.imports.add("import tensorflow as tf")
            return f"tf.constant({read})"
        if kind == "frame":
            self.imports.add("import pandas as pd")
            return f"{FRAME.get(type(value).__name__, 'pd.DataFrame')}({read})"
        return f"{read}.tolist()" if kind == "list" else f"{read}[()]" if kind == "scalar" else read

    def _array(self, key: str, array: Array, number: int, part: Part) -> str:
        if array.dtype.kind in PLAIN:
            self.arrays[key] = array
            return f'data["{key}"]'
        if array.dtype == object:
            return self._objects(key, array, number, part)
        raise BadSourceError(_refusal(number, part, f"of dtype {array.dtype}"))

    def _objects(self, key: str, array: Array, number: int, part: Part) -> str:
        """Write an object array: one array where its elements are alike, else one per element."""
        try:
            alike = np.array(array.tolist())
        except ValueError:  # of different lengths
            alike = np.array(None)
        if alike.dtype.kind in PLAIN and alike.shape == array.shape:
            self.arrays[key] = alike
            return f'data["{key}"].astype(object)'
        elements = [as_array(element) for element in array] if array.ndim == 1 else [None]
        if any(element is None or element.dtype.kind not in PLAIN for element in elements):
            raise BadSourceError(_refusal(number, part, "of dtype object"))
        names = [f"{key}_{place}" for place in range(len(elements))]
        self.arrays |= {name: np.asarray(element) for name, element in zip(names, elements, strict=True)}
        return f'np.array([data[f"{key}_{{i}}"] for i in range({len(names)})], dtype=object)'


def _holds_numpy(value: Any) -> bool:
    """Whether ``repr`` names types of NumPy, as it does for its scalars."""
    return isinstance(value, np.generic) or (isinstance(value, (list, tuple)) and any(map(_holds_numpy, value)))


def _refusal(number: int, part: Part, kind: str) -> str:
    return (
        f"{part.path} of batch {number} is {kind}, which cannot be written without pickle. "
        "Yield arrays of numbers or text, or send the report: `report.save('report.html')`."
    )
