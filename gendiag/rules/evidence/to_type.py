"""What to type, for the kind of source: how it hands on a batch, and NumPy's words or TensorFlow's."""

from __future__ import annotations

from collections.abc import Sequence

from gendiag.sources.source import Source


def give(source: Source, parts: Sequence[str], *, takes: str = "x, y") -> str:
    """``yield x, y``; ``return x, y`` in ``__getitem__``, a ``map`` of a dataset, ``fit(x, y)`` of arrays."""
    whole = ", ".join(parts)
    if source.is_graph:
        return f"`dataset.map(lambda {takes}: ({whole}))`"
    if source.is_indexed:
        return f"`return {whole}`"
    if source.is_sliced:
        named = [part if place < len(("x", "y")) else f"sample_weight={part}" for place, part in enumerate(parts)]
        return f"`fit({', '.join(named)})`"
    return f"`yield {whole}`"


def code(source: Source, numpy: str, tensorflow: str) -> str:
    """NumPy's words, or TensorFlow's where the batch is a tensor in a map."""
    return f"`{tensorflow}`" if source.is_graph else f"`{numpy}`"


def cast(source: Source, path: str, dtype: str) -> str:
    """Say how a leaf gets another dtype."""
    return code(source, f"{path}.astype('{dtype}')", f"tf.cast({path}, '{dtype}')")


def one_hot(source: Source, path: str, classes: object) -> str:
    """Say how class numbers become one-hot rows."""
    numpy = f"keras.utils.to_categorical({path}, num_classes={classes})"
    return code(source, numpy, f"tf.one_hot(tf.cast({path}, 'int32'), {classes})")
