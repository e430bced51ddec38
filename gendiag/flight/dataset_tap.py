"""The last station before the training step: a dataset through which everything passes that fit delivers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gendiag.sources.tf_dataset import transformations


def tapped(dataset: Any, note: Callable[[Any], None]) -> Any:
    """Append to a ``tf.data.Dataset`` a step that shows ``note`` every element, and passes it on as it is.

    Its elements, their specs, its cardinality and its order are the same. What is sparse or ragged is named but not
    read.
    """
    import tensorflow as tf

    spec = dataset.element_spec
    specs = tf.nest.flatten(spec)
    dense = [place for place, leaf in enumerate(specs) if isinstance(leaf, tf.TensorSpec)]

    def noted(*arrays: Any) -> None:
        values: list[Any] = [_Unread.of(leaf) for leaf in specs]
        for place, array in zip(dense, arrays, strict=True):
            values[place] = array
        note(tf.nest.pack_sequence_as(spec, values))

    def passing(*element: Any) -> Any:
        whole = element if type(spec) is tuple else element[0]  # a named tuple is handed over as one
        flat = tf.nest.flatten(whole)
        done = tf.numpy_function(noted, [flat[place] for place in dense], [])
        with tf.control_dependencies([done] if not isinstance(done, (list, tuple)) else list(done)):
            return tf.nest.map_structure(_same, whole, expand_composites=True)

    if "Prefetch" not in type(dataset).__name__:
        dataset = dataset.prefetch(
            tf.data.AUTOTUNE
        )  # TensorFlow puts one behind the last step: it must stand before ours
    options = tf.data.Options()
    options.experimental_optimization.inject_prefetch = False  # else an element would pass here before its step
    return dataset.map(passing).with_options(options)


def _same(leaf: Any) -> Any:
    import tensorflow as tf

    return None if leaf is None else tf.identity(leaf)


class _Unread:
    """Stands for a leaf that is no dense tensor; its class is named after it."""

    @staticmethod
    def of(spec: Any) -> Any:
        name = type(spec).__name__.removesuffix("Spec")
        return None if name == "Optional" else type(name, (), {})()


def is_shuffled(dataset: Any) -> bool:
    """Whether the order of a dataset's elements is not that of what it is made from."""
    return any("Shuffle" in name for name in transformations(dataset))
