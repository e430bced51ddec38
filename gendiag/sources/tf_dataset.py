"""``tf.data.Dataset``: stays a graph, so it is recorded where it is delivered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gendiag.batches.tree import flatten
from gendiag.sources.generator_casts import GeneratorCasts, SignatureCast
from gendiag.sources.source import Source, Tap, class_names, defined_in


class TfDatasetSource(Source):
    """Its own ``element_spec`` is the signature; fit adds none."""

    kind = "tf.data.Dataset"
    tapped = False
    is_graph = True

    @classmethod
    def accepts(cls, value: object) -> bool:
        """Recognise it as Keras does, by DatasetV2 along the MRO."""
        return "DatasetV2" in class_names(value) and defined_in(value, "tensorflow")

    @property
    def length(self) -> int | None:
        """Its cardinality, where TensorFlow knows it."""
        count = int(self.value.cardinality())
        return count if count >= 0 else None

    @property
    def is_endless(self) -> bool:
        """Cardinality -1 is TensorFlow's INFINITE."""
        return int(self.value.cardinality()) == -1

    def __init__(self, value: Any, maker: Any = None) -> None:
        super().__init__(value, maker)
        self._watch: GeneratorCasts | None = None

    def open(self, tap: Tap) -> dict[str, Any]:  # noqa: ARG002  (recorded at delivery)
        """Pass it as it is; only a generator behind it is looked at on its way into the dataset."""
        self._watch = GeneratorCasts(self.value)
        self._watch.start()
        return {"x": self.value}

    def release(self) -> None:
        """Look at the generator no longer."""
        if self._watch is not None:
            self._watch.stop()

    @property
    def casts(self) -> tuple[SignatureCast, ...]:
        """Values that the signature of ``from_generator`` changed."""
        return () if self._watch is None else tuple(self._watch.found.values())

    def read(self) -> Iterator[Any]:
        """Yield one pass."""
        return iter(self.value)

    def replay(self, batches: Sequence[Any], fit_args: Mapping[str, Any]) -> Any:  # noqa: ARG002  (see ArraysSource)
        """Hold the batches to the dataset's own ``element_spec``; ``class_weight`` has put sample weights behind it."""
        import tensorflow as tf

        spec, first = self.value.element_spec, next(iter(batches), None)
        if isinstance(spec, tuple) and isinstance(first, tuple):
            added = first[len(spec) :]
            spec = (*spec, *(tf.TensorSpec([None, *part.shape[1:]], part.dtype) for part in added))
        return tf.data.Dataset.from_generator(lambda: iter(batches), output_signature=spec)

    def dtypes(self, fit_args: Mapping[str, Any]) -> dict[str, str]:  # noqa: ARG002  (see ArraysSource)
        """Return those of its text, which is of a type that NumPy does not have."""
        parts: list[tuple[str, Any]] = [
            (part.path, getattr(part.value, "dtype", None)) for part in flatten(self.value.element_spec)
        ]
        return {path: dtype.name for path, dtype in parts if getattr(dtype, "name", "") == "string"}

    def describe(self) -> str:
        """Name the outermost transformation."""
        return f"tf.data.Dataset ({transformations(self.value)[0]})"


def transformations(dataset: Any) -> list[str]:
    """``["PrefetchDataset", "ShuffleDataset", ...]``: what a dataset is made by, the outermost first."""
    names = []
    while dataset is not None:
        names.append(type(dataset).__name__.strip("_"))
        dataset = getattr(dataset, "_input_dataset", None)
    return names
