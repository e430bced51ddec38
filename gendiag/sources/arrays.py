"""Arrays: NumPy, tensors, pandas; as ``x``, or as an ``(x, y[, sample_weight])`` tuple."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gendiag.batches.tree import ROLES, flatten, transform, walk
from gendiag.batches.values import kind_of
from gendiag.records import Role
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
        return bool(parts) and all(_is_array(part.value) for part in parts)

    def open(self, tap: Tap) -> dict[str, Any]:  # noqa: ARG002  (recorded at delivery)
        """``diagnose((x, y), ...)`` stands for ``fit(x, y, ...)``."""
        if isinstance(self.value, tuple):
            return dict(zip(ROLES, self.value, strict=False))
        return {"x": self.value}

    def read(self) -> Iterator[Any]:
        """Yield batches of 32 rows in order, fit's default size."""
        for start in range(0, _rows(flatten(self.value)[0].value), BATCH_SIZE):
            yield transform(lambda leaf: leaf[start : start + BATCH_SIZE], self.value)  # noqa: B023  (used at once)

    def replay(self, batches: Sequence[Any], fit_args: Mapping[str, Any]) -> Any:
        """Make the dataset that fit makes of arrays: x alone stays x alone, and weights are in it already."""
        import tensorflow as tf

        sizes = {_rows(flatten(batch)[0].value) for batch in batches}
        size = sizes.pop() if len(sizes) == 1 else None
        # keras 3.15.1, array_data_adapter.get_tf_dataset: the batch axis is known where no batch is smaller.
        is_static = size and self._split_at(fit_args) % size == 0
        spec = transform(lambda leaf: _spec(leaf, size if is_static else None), batches[0])
        return tf.data.Dataset.from_generator(lambda: iter(batches), output_signature=spec)

    def split_off(self, fit_args: Mapping[str, Any]) -> dict[str, Any]:
        """Return the last rows, of y and weights too."""
        if not fit_args.get("validation_split"):
            return {}
        start = self._split_at(fit_args)
        given = [self._given(fit_args).get(role) for role in ROLES]
        return {"validation_data": tuple(None if part is None else _from(start, part) for part in given)}

    def dtypes(self, fit_args: Mapping[str, Any]) -> dict[str, str]:
        """Return those of the arrays: fit casts floats to Keras's float type as a whole."""
        parts = [part for role, given in self._given(fit_args).items() for part in walk(role, role, given)]
        dtypes: dict[str, Any] = {part.path: getattr(part.value, "dtype", None) for part in parts}
        return {path: dtype.name for path, dtype in dtypes.items() if getattr(dtype, "kind", "") == "f"}

    def describe(self) -> str:
        """Say how many rows."""
        return f"arrays of {_rows(flatten(self.value)[0].value)} rows"

    def _given(self, fit_args: Mapping[str, Any]) -> dict[Role, Any]:
        """Return x, y and weights, wherever they were given."""
        alone: dict[Role, Any] = {"x": self.value}
        own = dict(zip(ROLES, self.value, strict=False)) if isinstance(self.value, tuple) else alone
        return own | {role: fit_args[role] for role in ROLES if fit_args.get(role) is not None}

    def _split_at(self, fit_args: Mapping[str, Any]) -> int:
        """How many rows are trained on."""
        share = fit_args.get("validation_split") or 0.0
        # keras 3.15.1, array_slicing.train_validation_split
        return math.floor(_rows(flatten(self.value)[0].value) * (1.0 - share))


def _is_array(value: Any) -> bool:
    """Whether fit slices it: what it can convert (HDF5 datasets among others), and has a batch axis."""
    is_known = kind_of(value) in {"array", "tensor", "ragged", "frame", "sparse"}
    # keras 3.15.1, array_slicing.can_slice_array
    return (is_known or hasattr(value, "__array__")) and bool(getattr(value, "shape", ()))


def _rows(value: Any) -> int:
    return int(value.shape[0])


def _from(start: int, part: Any) -> Any:
    return transform(lambda leaf: leaf.iloc[start:] if hasattr(leaf, "iloc") else leaf[start:], part)


def _spec(leaf: Any, size: int | None) -> Any:
    import tensorflow as tf

    kind, shape = kind_of(leaf), [size, *leaf.shape[1:]]
    dtype = tf.string if leaf.dtype == object else leaf.dtype
    if kind == "ragged":
        return tf.RaggedTensorSpec([None, *leaf.shape[1:]], dtype, leaf.ragged_rank, leaf.row_splits.dtype)
    return tf.SparseTensorSpec(shape, dtype) if kind == "sparse" else tf.TensorSpec(shape, dtype)
