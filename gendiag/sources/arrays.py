"""Arrays: NumPy, tensors, pandas; as ``x``, or as an ``(x, y[, sample_weight])`` tuple."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from gendiag.batches.tree import ROLES, flatten, transform
from gendiag.batches.values import kind_of
from gendiag.sources.source import Source, Tap

BATCH_SIZE = 32  # keras 3.15.1, array_data_adapter.py


class ArraysSource(Source):
    """fit slices them itself, so they are recorded where they are delivered."""

    kind = "arrays"
    tapped = False
    is_sliced = True

    @classmethod
    def accepts(cls, value: object) -> bool:
        """Every leaf is an array with at least a batch axis; a list of batches is something else."""
        if isinstance(value, list) and any(isinstance(item, tuple) for item in value):
            return False
        parts = flatten(value)
        return bool(parts) and all(
            kind_of(part.value) in {"array", "tensor", "frame", "sparse"} and getattr(part.value, "shape", ())
            for part in parts
        )

    def open(self, tap: Tap) -> dict[str, Any]:  # noqa: ARG002  (recorded at delivery)
        """``diagnose((x, y), ...)`` stands for ``fit(x, y, ...)``."""
        if isinstance(self.value, tuple):
            return dict(zip(ROLES, self.value, strict=False))
        return {"x": self.value}

    def read(self) -> Iterator[Any]:
        """Yield batches of 32 rows in order, fit's default size."""
        for start in range(0, self._rows(), BATCH_SIZE):
            yield transform(lambda leaf: leaf[start : start + BATCH_SIZE], self.value)  # noqa: B023  (used at once)

    def split_off(self, share: float | None) -> dict[str, Any]:
        """Return the last rows."""
        if not share:
            return {}
        start = math.floor(self._rows() * (1.0 - share))  # keras 3.15.1, array_slicing.train_validation_split
        return {"validation_data": transform(lambda leaf: leaf[start:], self.value)}

    def describe(self) -> str:
        """Say how many rows."""
        return f"arrays of {self._rows()} rows"

    def _rows(self) -> int:
        return int(flatten(self.value)[0].value.shape[0])
