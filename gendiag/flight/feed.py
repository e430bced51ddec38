"""One source of a recorded call: its yields, the steps begun, and which batch each step was."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from gendiag.flight.dataset_tap import is_shuffled, tapped
from gendiag.flight.elements import Span, Stream
from gendiag.flight.source_tap import FlightTap
from gendiag.records import Delivery
from gendiag.rehearsal.position import FitPosition
from gendiag.sources.source import Source


class Placed(NamedTuple):
    """A delivery, and the group of steps that it belongs to."""

    group: int
    batch: int | None


class Feed:
    """What is known of the training data, or of the validation data, of one call.

    Attributes
    ----------
    epochs, times
        Of each group of steps that was begun (one step, but for ``steps_per_execution``): its epoch, and when.
    adds_weights
        Whether fit makes sample weights of its ``class_weight``, and appends them to each batch.
    by_content
        Whether deliveries are measured where they arrive, and matched to yields by content; else fit takes what its
        adapter hands on, in that order.
    arrived
        Whether Keras made a dataset of the source.
    is_distributed
        Whether that is one of a ``tf.distribute`` strategy, into which nobody looks: deliveries are not recorded.
    troubles
        What went wrong in the recording itself.
    """

    def __init__(
        self, source: Source, keep_bytes: int, position: FitPosition, *, full: bool, adds_weights: bool = False
    ) -> None:
        self.source, self.full = source, full
        self.tap = FlightTap(keep_bytes, position, full=full)
        self.stream = Stream(source, self.tap, lambda: max(0, len(self.epochs) - 1), adds_weights=adds_weights)
        self.epochs: list[int] = []
        self.times: list[float] = []
        self.by_content, self.arrived = True, False
        self.is_distributed = False
        self.troubles: list[str] = []
        self._groups: list[int] = []
        self._steps: dict[int, int] = {}
        self._is_yield = True

    # ------------------------------------------------------------------ while fit runs
    def begin(self) -> None:
        """Note that a group of steps begins."""
        self.epochs.append(self.tap.position.epoch)
        self.times.append(time.perf_counter())

    def streamed(self, make: Callable[..., Iterator[Any]], signature: Any) -> Callable[..., Iterator[Any]]:
        """Record what the adapter hands on; from here on the source is no more peeked at."""
        self.tap.training = True
        self._is_yield = False
        return self.stream.through(make, signature)

    def arriving(self, dataset: Any) -> Any:
        """Record deliveries where they arrive, if the order alone does not tell which batches they are."""
        self.arrived = True
        with self.tap.sparing():
            return self._arriving(dataset)
        return dataset

    def _arriving(self, dataset: Any) -> Any:
        ordered = not self._is_yield and not is_shuffled(dataset)
        self.by_content = self.full or not ordered or self.tap.reuses_memory
        if not self.by_content:
            self.tap.trust_the_order()
            return dataset
        if not hasattr(dataset, "element_spec") or not hasattr(dataset, "map"):
            self.is_distributed = True
            return dataset
        return tapped(dataset, self._note)

    def looped(self, raw: Any, wait_s: float) -> None:
        """Record a batch that a loop of the user's own takes: it is delivered as it is yielded."""
        if not self.epochs:
            self.by_content = False
            self.tap.trust_the_order()
            self.stream.spans.append(Span(0))
        self.tap.yielded(raw, wait_s)
        self.begin()
        self.stream.spans[0].elements.append(self.tap.handover.last_yield)

    def _note(self, data: Any) -> None:
        """Write down a delivery; a failure of ours must not end the user's training."""
        try:
            group = max(0, len(self.epochs) - 1)
            epoch = self.epochs[group] if self.epochs else 0
            step = self._steps.get(epoch, 0)
            self._steps[epoch] = step + 1
            self._groups.append(group)
            self.tap.delivered(data, epoch, step, is_yield=self._is_yield)
        except Exception as error:  # noqa: BLE001  (as said above)
            self.troubles.append(f"A delivery was not recorded ({type(error).__name__}: {error}).")

    # ------------------------------------------------------------------ afterwards, or from another thread
    def placed(self, steps_per_execution: int) -> list[Placed]:
        """Return which batch was delivered in which group, as far as groups were begun."""
        if self.by_content:
            return [Placed(group, d.batch) for group, d in zip(self._groups, self.tap.deliveries, strict=False)]
        found: list[Placed] = []
        spans, groups = list(self.stream.spans), len(self.epochs)
        ends = [*(span.group for span in spans[1:]), groups][: len(spans)]
        for span, end in zip(spans, ends, strict=True):
            elements = list(span.elements)
            for place, group in enumerate(range(span.group, end)):
                part = elements[place * steps_per_execution : (place + 1) * steps_per_execution]
                found += [Placed(group, batch) for batch in part]
        return found

    def deliveries(self, groups: int, steps_per_execution: int) -> tuple[Delivery, ...]:
        """Make the records of the first so many groups."""
        placed = self.placed(steps_per_execution)
        if self.by_content:
            recorded = list(self.tap.deliveries)
            return tuple(d for d, at in zip(recorded, placed, strict=False) if at.group < groups)
        epochs, steps, made = list(self.epochs), dict[int, int](), list[Delivery]()
        for group, index in placed:
            if group < groups:
                epoch = epochs[group]
                made.append(self._delivery(epoch, steps.get(epoch, 0), index))
                steps[epoch] = steps.get(epoch, 0) + 1
        return tuple(made)

    def _delivery(self, epoch: int, step: int, index: int | None) -> Delivery:
        batch = None if index is None else self.tap.batch(index)
        plain = Delivery(epoch, step, index, () if batch is None else batch.leaves)
        altered = None if index is None else self.stream.altered.get(index)
        if altered is None:
            return plain
        return replace(plain, leaves=altered.leaves, changed=altered.changed, examples=altered.examples)

    @property
    def raised_at(self) -> int | None:
        """The batch at which the source raised, or the adapter, before it came to TensorFlow."""
        span = self.stream.spans[-1] if self.stream.spans else None
        return span.raised if span is not None and span.has_raised else None

    def handed_on(self, group: int, steps_per_execution: int) -> int | None:
        """The batch that the adapter gave to TensorFlow for a group of one step, however deliveries are known."""
        span = self.stream.spans[-1] if self.stream.spans else None
        place = group - span.group if span is not None else -1
        is_known = span is not None and steps_per_execution == 1 and 0 <= place < len(span.elements)
        return span.elements[place] if span is not None and is_known else None
