"""The values of a leaf: what kind it is, its array, its digest, its copy. Nothing of an unknown type is converted."""

from __future__ import annotations

from typing import Any

import numpy as np
import xxhash

from gendiag.batches.tree import transform

Array = np.ndarray[Any, np.dtype[Any]]

TENSORS = ("Tensor", "EagerTensor", "Variable", "ResourceVariable", "KerasVariable")
SPARSE = ("SparseTensor", "spmatrix", "sparray", "_spbase")
FRAMES = ("DataFrame", "Series")
MASKED = "masked array"


def kind_of(value: object) -> str:
    """``array``, ``tensor``, ``sparse``, ``ragged``, ``frame``, ``list``, ``scalar``, ``None`` or a class name."""
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return "array"
    names = {cls.__name__ for cls in type(value).__mro__}
    for kind, known in (("ragged", ("RaggedTensor",)), ("sparse", SPARSE), ("frame", FRAMES), ("tensor", TENSORS)):
        if names.intersection(known):
            return kind
    if isinstance(value, (list, tuple)):
        return "list"
    if isinstance(value, (bool, int, float, complex, str, bytes, np.generic)):
        return "scalar"
    return type(value).__name__


def as_array(value: object) -> Array | None:
    """Return the values as an array, without a copy where possible, or None for what must not be converted.

    A Keras image iterator, for one, never comes back from ``np.asarray`` (measured on keras 3.15.1).
    """
    kind = kind_of(value)
    if kind == "array":
        return np.asarray(value)
    if kind == "tensor":
        return _tensor_values(value)
    if kind == "sparse":
        return np.asarray(getattr(value, "values", getattr(value, "data", None)))
    if kind in {"frame", "list", "scalar"}:
        try:
            return np.asarray(value)
        except ValueError:  # a ragged list
            return None
    return None


def cast(array: Array, dtype: str) -> Array:
    """Cast as ``tf.data.Dataset.from_generator`` does: NumPy's own cast, without a safety check."""
    with np.errstate(all="ignore"):
        return array.astype(dtype_of(dtype))


def dtype_of(name: str) -> np.dtype[Any]:
    """NumPy's dtype of that name, those of ml_dtypes (bfloat16, float8) included; text in a tensor is of objects."""
    if name == "string":
        return np.dtype(object)
    try:
        return np.dtype(name)
    except TypeError:
        import ml_dtypes

        extended: np.dtype[Any] = np.dtype(getattr(ml_dtypes, name))
        return extended


def digest(value: object) -> str:
    """Hash of dtype, shape and content; equal for the SciPy and the TensorFlow form of a sparse matrix."""
    array = as_array(value)
    if array is None or array.dtype == object:
        return ""
    hasher = xxhash.xxh3_128(f"{array.dtype.name}{shape_of(value)}".encode())
    if kind_of(value) == "sparse":
        array = _coordinates(value, array, hasher)
    hasher.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data if array.size else b"")
    return hasher.hexdigest()


def copy(raw: object) -> Any:
    """Copy the arrays of a raw batch, because generators reuse buffers."""
    return transform(_copy_leaf, raw)


def _copy_leaf(value: object) -> object:
    kind = kind_of(value)
    if kind == "array":
        return np.array(value, copy=True, subok=np.ma.isMaskedArray(value))  # fit is to lose the mask, not we
    if kind == "list":
        return list(value)  # type: ignore[call-overload]
    if kind in {"frame", "sparse"} and hasattr(value, "copy"):
        return value.copy()
    if kind == "tensor" and hasattr(value, "clone"):  # torch tensors can be written to
        return value.clone()
    return value


def _tensor_values(value: Any) -> Array | None:
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    try:
        return np.asarray(value.numpy() if hasattr(value, "numpy") else value)
    except (AttributeError, NotImplementedError, TypeError):  # a symbolic tensor has no values
        return None


def shape_of(value: object) -> tuple[int | None, ...] | None:
    """Shape as the value itself says it, or None."""
    shape = getattr(value, "shape", None)
    if shape is None:
        array = as_array(value)
        return None if array is None else array.shape
    return tuple(shape)


def _coordinates(value: Any, values: Array, hasher: Any) -> Array:
    """Feed the coordinates in row-major order to ``hasher`` and return the values in that order."""
    if hasattr(value, "tocoo"):
        coo = value.tocoo()
        where, values = np.stack([coo.row, coo.col], axis=1), coo.data
    else:
        where = np.asarray(value.indices)
    order = np.lexsort(where.T[::-1])
    hasher.update(np.ascontiguousarray(where[order].astype(np.int64)).data)
    return np.asarray(values[order])
