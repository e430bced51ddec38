"""What ``from_generator`` makes of the values of the user's generator, where its signature holds another dtype.

Measured on tensorflow 2.21: it converts with ``np.asarray(value, dtype)``, without a word where digits are lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gendiag.sources.dataset_chain import chain, generator_state, is_generator

MOST_ELEMENTS = 20_000
ROLES = ("x", "y", "sample_weight")


@dataclass(slots=True)
class SignatureCast:
    """One leaf that is cast: from which dtype to which, how many values changed, and where first."""

    path: str
    yielded: str
    delivered: str
    changed: int
    example: tuple[str, str]
    first: int
    elements: int


class GeneratorCasts:
    """Stands between a dataset and the user's generator while fit reads it; passes everything on as it is."""

    def __init__(self, dataset: Any) -> None:
        self.found: dict[str, SignatureCast] = {}
        self._state = generator_state(dataset)
        self._spec = next((step.dataset.element_spec for step in chain(dataset) if is_generator(step)), None)
        self._original: Any = None

    def start(self) -> None:
        """Begin to look."""
        if self._state is not None and self._original is None:
            self._original = self._state._generator  # noqa: SLF001  (TensorFlow has no other place to look at)
            self._state._generator = self._watched  # noqa: SLF001

    def stop(self) -> None:
        """Put back what was there."""
        if self._original is not None:
            self._state._generator, self._original = self._original, None  # type: ignore[union-attr]  # noqa: SLF001

    def _watched(self, *args: Any) -> Iterator[Any]:
        return self._through(iter(self._original(*args)))

    def _through(self, elements: Iterator[Any]) -> Iterator[Any]:
        for number, element in enumerate(elements):
            if number < MOST_ELEMENTS:
                for path, dtype, value in _pairs(self._spec, element, ""):
                    self._note(number, path, dtype, value)
            yield element

    def _note(self, number: int, path: str, dtype: Any, value: Any) -> None:
        lost = _lost(value, dtype)
        if lost is None:
            return
        before, after, changed = lost
        known = self.found.get(path)
        if known is None:
            known = SignatureCast(path, before.dtype.name, after.dtype.name, 0, _example(before, after), number, 0)
            self.found[path] = known
        known.changed += changed
        known.elements += 1


def _pairs(spec: Any, value: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """Give path, dtype and value of each part that has a spec of its own."""
    if isinstance(spec, Mapping) and isinstance(value, Mapping):
        for key in spec:
            if key in value:
                yield from _pairs(spec[key], value[key], f"{path or 'x'}[{key!r}]")
    elif isinstance(spec, tuple):
        if isinstance(value, (tuple, list)) and len(value) == len(spec):
            for place, (part, each) in enumerate(zip(spec, value, strict=True)):
                name = ROLES[place] if not path and place < len(ROLES) else f"{path or 'batch'}[{place}]"
                yield from _pairs(part, each, name)
    elif type(spec).__name__ == "TensorSpec" and spec.dtype.name not in {"string", "variant", "resource"}:
        yield path or "x", spec.dtype.as_numpy_dtype, value


def _lost(value: Any, dtype: Any) -> tuple[Any, Any, int] | None:
    """Return the values before and after the cast, and how many differ; None where nothing is lost."""
    try:
        before = np.asarray(value)
        if before.dtype == dtype or before.dtype.kind not in "biuf" or np.dtype(dtype).kind not in "iub":
            return None
        with np.errstate(all="ignore"):
            after = before.astype(dtype)
    except (TypeError, ValueError, OverflowError):  # then TensorFlow raises, and says so
        return None
    changed = int(np.count_nonzero(before != after))
    return (before, after, changed) if changed else None


def _example(before: Any, after: Any) -> tuple[str, str]:
    first = np.flatnonzero((before != after).reshape(-1))[0]
    return f"{before.reshape(-1)[first]:.6g}", f"{after.reshape(-1)[first]}"
