from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from gendiag.records import Delivery, Finding, counted
from gendiag.rules.edits import arguments
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import ROWS, Edits, Rule, sound

DEFAULT = 32  # keras 3.15.1, array_data_adapter.py
SIZE = "Pass a whole number of 1 or more for batch_size, such as `batch_size=max(1, n)`, or leave it out."


class StepsNotPositive(Rule):
    """``steps_per_epoch``, ``validation_steps`` or ``batch_size`` is 0 or below; fit takes it as not given.

    What fit does
        Takes 0 like None: an epoch is whatever the source yields until it ends, and of an endless source it never
        does. Arrays and a PyDataset are then read whole. -1 does the same with a generator and a dataset.
        ``batch_size=0`` makes batches of 32.

    Why it hurts
        It comes from ``n_samples // batch_size`` with fewer samples than one batch, and nothing says so: what was
        meant as the length of an epoch is no length at all.

    How to mend it
        ``math.ceil(n_samples / batch_size)``, which is at least 1; or leave the argument out on purpose.

    Known limits
        Where the source is proven to have no end, that is said in its place (endless).

    Source
        keras 3.15.1, epoch_iterator.py, ``steps_per_epoch or num_batches or -1``; measured on keras 3.15.1 /
        tensorflow 2.21.0.
    """

    name, title = "steps-not-positive", "A number of steps of 0 or below, which fit takes as not given"
    fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"epochs": 2, "steps_per_epoch": 24 // 32})
    mended_fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"epochs": 2})

    def check(self, seen: Evidence) -> Iterator[Finding]:
        if seen.never_ends or (seen.failure is not None and not seen.rehearsal.deliveries):
            return
        size = seen.fit_args.get("batch_size")
        if is_not_positive(size) and not size and seen.source.is_sliced and seen.failure is None:
            message = f"batch_size is {size}, which fit takes as if it were not given: batches of {DEFAULT} samples."
            yield self.finding("warning", message, fix=SIZE, argument="batch_size")
        if not seen.source.is_endless:
            yield from self._of(seen, "steps_per_epoch", seen.by_epoch, "training")
        validation = seen.validation_source
        if seen.rehearsal.validation and (validation is None or not validation.is_endless):
            yield from self._of(seen, "validation_steps", seen.validation_by_epoch, "each validation", validation=True)

    def _of(
        self,
        seen: Evidence,
        name: str,
        epochs: tuple[tuple[Delivery, ...], ...],
        what: str,
        *,
        validation: bool = False,
    ) -> Iterator[Finding]:
        value = seen.fit_args.get(name)
        if not is_not_positive(value) or not epochs:
            return
        steps = len(epochs[0])
        message = (
            f"{name} is {value}, which fit takes as if it were not given: {what} goes on until the source ends "
            f"({counted(steps, 'step')} in the first epoch)."
        )
        message += (
            " Most likely it is `n_samples // batch_size` with fewer samples than one batch." if not value else ""
        )
        fix = f"Pass `{name}=math.ceil(n_samples / batch_size)`, which is at least 1, or leave {name} out."
        more: dict[str, Any] = {"source": "validation"} if validation else {}
        yield self.finding("warning", message, fix=fix, argument=name, steps=steps, **more)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        yield arguments.without(at(seen, finding), finding.evidence["argument"])

    def broken(self) -> Any:
        return _dataset()

    def mended(self) -> Any:
        return _dataset()


def is_not_positive(value: object) -> bool:
    """Whether it is a number, and 0 or below."""
    return isinstance(value, (int, float, np.integer, np.floating)) and math.isfinite(value) and bool(value <= 0)


def _dataset() -> Any:
    import tensorflow as tf

    arrays = tuple(np.concatenate(part) for part in zip(*sound(), strict=True))
    return tf.data.Dataset.from_tensor_slices(arrays).batch(ROWS)
