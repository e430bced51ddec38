"""``torch.utils.data.DataLoader``."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gendiag.batches.tree import transform
from gendiag.sources.source import Source, Tap, class_names, defined_in


class TorchLoaderSource(Source):
    """Recognised by name, as Keras does; torch is not imported."""

    kind = "torch DataLoader"

    @classmethod
    def accepts(cls, value: object) -> bool:
        """Look for DataLoader along the MRO."""
        return "DataLoader" in class_names(value) and defined_in(value, "torch")

    @property
    def length(self) -> int | None:
        """``len()``, which an iterable dataset may not have."""
        try:
            return len(self.value)
        except TypeError:
            return None

    def open(self, tap: Tap) -> dict[str, Any]:
        """A shallow copy of a subclass whose iterator is recorded; Keras looks for the class name."""
        kind = type(self.value)

        def __iter__(loader: Any) -> Iterator[Any]:  # noqa: N807  (a DataLoader's method)
            plain = kind.__iter__(loader)
            # Before training, fit takes two batches to learn the shapes, from an iteration of their own.
            return tap.through(plain) if tap.training else plain

        recorded = copy.copy(self.value)
        recorded.__class__ = type(kind.__name__, (kind,), {"__iter__": __iter__, "__module__": kind.__module__})
        return {"x": recorded}

    def read(self) -> Iterator[Any]:
        """Yield one pass."""
        return iter(self.value)

    def packed(self, raw: object) -> Any:
        """Tensors become arrays, and the batch a tuple, as Keras's adapter does."""
        return tuple(transform(_as_array, raw))

    def replay(self, batches: Sequence[Any], fit_args: Mapping[str, Any]) -> Any:  # noqa: ARG002  (see ArraysSource)
        """What Keras's adapter makes of it is held to a generator's signature."""
        return (self.packed(batch) for batch in batches)


def _as_array(leaf: Any) -> Any:
    return leaf.detach().cpu().numpy() if hasattr(leaf, "detach") else leaf
