"""What Keras's adapter hands to TensorFlow, element by element: the order in which fit takes the batches.

Between ``tf.data.Dataset.from_generator`` and the training step stands only a queue, so the k-th element of an iterator
is its k-th step. A new iterator begins within the step that first asks it (measured on keras 3.5.0 and 3.15.1).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gendiag.batches.measure import measure_leaf
from gendiag.batches.signature import PEEKED
from gendiag.batches.tree import ROLES, Part, flatten
from gendiag.batches.values import Array, as_array, cast, digest
from gendiag.flight.fast_measure import is_plain, name_of
from gendiag.flight.source_tap import FlightTap
from gendiag.records import Leaf
from gendiag.rehearsal.matching import changes
from gendiag.sources.source import Source


@dataclass
class Span:
    """One iterator of fit.

    Attributes
    ----------
    group
        The group of steps that first asked it.
    elements
        The batches handed on, in order; None where it is not known which one it was.
    raised
        The batch at which the source or the adapter raised, or None; ``has_raised`` where one of them did.
    """

    group: int
    elements: list[int | None] = field(default_factory=list)
    raised: int | None = None
    has_raised: bool = False


@dataclass(frozen=True)
class Altered:
    """How a batch arrives that fit does not deliver as it was yielded."""

    leaves: tuple[Leaf, ...]
    changed: Mapping[str, int]
    examples: Mapping[str, tuple[str, str]]


class Stream:
    """The elements of one source on their way to TensorFlow."""

    def __init__(self, source: Source, tap: FlightTap, standing: Callable[[], int], *, adds_weights: bool) -> None:
        self.source, self.tap, self._standing, self._adds_weights = source, tap, standing, adds_weights
        self.spans: list[Span] = []
        self.altered: dict[int, Altered] = {}

    def through(self, make: Callable[..., Iterator[Any]], signature: Any) -> Callable[..., Iterator[Any]]:
        """Wrap what ``from_generator`` is given."""
        dtypes = {part.path: _dtype(part.value) for part in flatten(signature)}

        def stream(*args: Any) -> Iterator[Any]:
            span = Span(self._standing())
            self.spans.append(span)
            iterator = iter(make(*args))
            while True:
                self.tap.handover.forget_thread()
                began = time.perf_counter()
                try:
                    element = next(iterator)
                except StopIteration:
                    return
                except BaseException as error:
                    known = self.tap.handover.raised_for(error)
                    span.raised, span.has_raised = self.tap.handover.last_yield if known is None else known, True
                    raise
                seconds = time.perf_counter() - began
                with self.tap.sparing():
                    span.elements.append(self._note(element, len(span.elements), seconds, dtypes))
                yield element

        return stream

    def _note(self, element: Any, position: int, seconds: float, dtypes: Mapping[str, str]) -> int | None:
        if not self.source.tapped:  # from worker processes: here they come into this one
            self.tap.yielded(element, seconds)
            return self.tap.handover.last_yield
        index = self.tap.handover.behind(element)
        replayed = index is None and self.source.one_shot and position < PEEKED
        if replayed:  # the adapter puts the two batches that it peeked at in front of every iterator
            index = position
        if index is not None and (replayed or self._adds_weights or not _fits(element, dtypes)):
            self._compare(index, element, dtypes, again=replayed)
        return index

    def _compare(self, index: int, element: Any, dtypes: Mapping[str, str], *, again: bool) -> None:
        """Write down what the signature's dtypes, or a buffer filled anew, make of a batch."""
        batch = self.tap.batch(index)
        if batch is None:
            return
        leaves, parts = batch.leaves, [_as_cast(part, dtypes) for part in flatten(element)]
        differs = any(dtypes.get(leaf.path, leaf.dtype) != leaf.dtype for leaf in leaves if leaf.dtype)
        filled_anew = again and any(
            digest(part.value) != leaf.digest for part, leaf in zip(flatten(element), leaves, strict=False)
        )
        if not (differs or filled_anew or len(parts) > len(leaves)):
            return
        arrays: dict[str, Array] = {part.path: a for part in parts if (a := as_array(part.value)) is not None}
        yielded = self.tap.store.get(index) if index in self.tap.store else element
        arrived = tuple(measure_leaf(part, full=self.tap.full) for part in parts)
        self.altered[index] = Altered(arrived, *changes(yielded, arrays))


def _fits(element: Any, dtypes: Mapping[str, str]) -> bool:
    """Whether the arrays of a plain batch have the dtypes of the signature already."""
    return is_plain(element) and all(
        name_of(leaf.dtype) == dtypes.get(role) for role, leaf in zip(ROLES, element, strict=False)
    )


def _dtype(spec: Any) -> str:
    return str(getattr(getattr(spec, "dtype", None), "name", ""))


def _as_cast(part: Part, dtypes: Mapping[str, str]) -> Part:
    array, dtype = as_array(part.value), dtypes.get(part.path, "")
    if array is None or not dtype or array.dtype.name == dtype or dtype in {"string", "variant"}:
        return part
    try:
        return part._replace(value=cast(array, dtype))
    except (TypeError, ValueError):  # fit cannot cast it either, and says so
        return part
