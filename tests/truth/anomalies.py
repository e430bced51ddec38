"""What can be wrong with one batch ``(x, y[, sample_weight])``; its number stays at the first place of x."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tests.truth.leaves import Array, each

Change = Callable[[Array], Any]


class Raises:
    """Stands for a batch at which the source raises."""

    def __init__(self, error: type[BaseException]) -> None:
        self.error = error


def apply(name: str, batch: Any) -> Any:
    """Return the batch with this anomaly; what another anomaly has already taken to pieces stays as it is."""
    if not isinstance(batch, tuple) or len(batch) < 2:
        return batch
    with np.errstate(all="ignore"):
        return {**ANOMALIES, **LATER}[name](batch)


def fitting(chosen: Mapping[str, Any]) -> list[str]:
    """Names of the anomalies that can be in such a source."""
    left_out = set() if chosen["structure"] == "dict" else {"lost key", "new key", "other key"}
    left_out |= set() if chosen["weighted"] else {"short weight", "no weight"}
    left_out |= set() if chosen["loss"].startswith("sparse") else {"label 7", "label -1"}
    return [name for name in ANOMALIES if name not in left_out]


def _on_x(change: Change) -> Callable[[tuple[Any, ...]], Any]:
    """Change the first leaf of x, and put the number of the batch back into its first place."""

    def changed(batch: tuple[Any, ...]) -> Any:
        x, *others = batch
        if isinstance(x, dict):
            first = min(x)
            return ({**x, first: _numbered(change, x[first])}, *others)
        if isinstance(x, tuple):
            return ((_numbered(change, x[0]), *x[1:]), *others)
        return (_numbered(change, x), *others)

    return changed


def _numbered(change: Change, leaf: Any) -> Any:
    if not isinstance(leaf, np.ndarray) or not leaf.size or leaf.dtype == object:
        return leaf
    changed = change(leaf.copy())
    changed.reshape(-1)[:1] = leaf.reshape(-1)[:1]
    return changed


def _on_y(change: Change) -> Callable[[tuple[Any, ...]], Any]:
    def changed(batch: tuple[Any, ...]) -> Any:
        x, y, *others = batch
        if isinstance(y, tuple):
            return (x, (_if_array(change, y[0]), *y[1:]), *others)
        return (x, _if_array(change, y), *others)

    return changed


def _if_array(change: Change, leaf: Any) -> Any:
    return change(leaf.copy()) if isinstance(leaf, np.ndarray) and leaf.size and leaf.dtype.kind in "fiu" else leaf


def _wider(leaf: Array) -> Array:
    return np.concatenate([leaf, leaf[..., -1:]], axis=-1)


def _with(value: float, dtype: str | None = None) -> Change:
    """Put a value into the last place."""

    def change(leaf: Array) -> Array:
        leaf = leaf if dtype is None or (dtype == "float" and leaf.dtype.kind == "f") else leaf.astype(dtype)
        leaf.reshape(-1)[-1] = value
        return leaf

    return change


def _as_tensor(batch: tuple[Any, ...]) -> Any:
    import tensorflow as tf

    x, *others = batch
    return (tf.constant(x) if isinstance(x, np.ndarray) and x.dtype != object else x, *others)


def _raising(error: type[BaseException]) -> Callable[[Any], Any]:
    return lambda _: Raises(error)


def _without_first_key(batch: tuple[Any, ...]) -> Any:
    x, *others = batch
    return ({key: leaf for key, leaf in x.items() if key != "b"}, *others) if isinstance(x, dict) else batch


def _with_key(batch: tuple[Any, ...]) -> Any:
    return ({**batch[0], "c": batch[0]["a"]}, *batch[1:]) if isinstance(batch[0], dict) else batch


def _other_key(batch: tuple[Any, ...]) -> Any:
    return _without_first_key(_with_key(batch))


ANOMALIES: dict[str, Callable[[tuple[Any, ...]], Any]] = {
    "x float64": _on_x(lambda x: x.astype("float64")),
    "x int64": _on_x(lambda x: x.astype("int64")),
    "x fraction": _on_x(lambda x: x.astype("float32") + np.float32(0.5)),
    "x 300": _on_x(_with(300, "int64")),
    "x 1e300": _on_x(_with(1e300, "float64")),
    "x wider": _on_x(_wider),
    "x extra axis": _on_x(lambda x: x[..., None]),
    "x flat": _on_x(lambda x: x.reshape(-1)),
    "x one row": _on_x(lambda x: x[:1]),
    "x object": _on_x(lambda x: x.astype(object)),
    "x NaN": _on_x(_with(np.nan, "float")),
    "x inf": _on_x(_with(np.inf, "float")),
    "y fraction": _on_y(lambda y: y.astype("float64") + 0.3),
    "y int64": _on_y(lambda y: y.astype("int64")),
    "y NaN": _on_y(_with(np.nan, "float")),
    "y wider": _on_y(_wider),
    "y extra axis": _on_y(lambda y: y[..., None]),
    "y flat": _on_y(lambda y: y.reshape(-1)),
    "y short": _on_y(lambda y: y[:-1]),
    "y long": _on_y(lambda y: np.concatenate([y, y[:1]])),
    "y one row": _on_y(lambda y: y[:1]),
    "y text": _on_y(lambda y: y.astype(str)),
    "y list": _on_y(lambda y: y.tolist()),
    "label 7": _on_y(_with(7)),
    "label -1": _on_y(_with(-1, "int64")),
    "short weight": lambda batch: (*batch[:2], batch[-1][:-1]),
    "no weight": lambda batch: batch[:2],
    "weight None": lambda batch: (*batch[:2], None),
    "x tensor": _as_tensor,
    "y 1e30": _on_y(_with(1e30, "float")),
    "no y": lambda batch: batch[:1],
    "y None": lambda batch: (batch[0], None, *batch[2:]),
    "four": lambda batch: (*batch, *batch)[:4],
    "None": lambda _: None,
    "list": list,
    "bare x": lambda batch: batch[0],
    "empty": lambda batch: each(lambda leaf: leaf[:0], batch),
    "lost key": _without_first_key,
    "new key": _with_key,
    "other key": _other_key,
    **{
        error.__name__: _raising(error)
        for error in (ZeroDivisionError, KeyError, ValueError, StopIteration, MemoryError, OSError)
    },
}
# Drawn by the second version of ``scenario.draw``: the first one chooses among those above, by their number.
LATER: dict[str, Callable[[tuple[Any, ...]], Any]] = {
    "x masked": _on_x(lambda x: np.ma.masked_array(x, np.arange(x.size).reshape(x.shape) == x.size - 1)),
    "y masked": _on_y(lambda y: np.ma.masked_array(y, np.arange(y.size).reshape(y.shape) == y.size - 1)),
    **{error.__name__: _raising(error) for error in (SystemExit, IndexError, RuntimeError)},
}
FOR_ARRAYS = {
    "x float64", "x int64", "x fraction", "x object", "x NaN", "x inf", "y fraction", "y int64", "y NaN", "y short",
    "y long", "y one row", "label 7", "label -1", "short weight", "empty",
}  # fmt: skip
