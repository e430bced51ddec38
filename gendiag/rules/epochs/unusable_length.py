from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.records import Finding
from gendiag.rules.edits import datasets
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import ROWS, Edits, Rule, sound
from gendiag.runtime.short_value import short
from gendiag.sources.source import RefusedLength, Source

WHOLE = "`return math.ceil(len(self.x) / self.batch_size)`"


class UnusableLength(Rule):
    """``__len__`` of a PyDataset gives no whole number, or there is none.

    What fit does
        Asks for it before it reads anything, and Python refuses: "'numpy.float64' object cannot be interpreted as an
        integer", "__len__() should return >= 0". Validation data are asked after the whole first epoch.

    Why it hurts
        The message names neither ``__len__`` nor the dataset; after an epoch of training the training data, which are
        sound, seem to be at fault. ``np.ceil`` gives a float, and that is where it mostly comes from.

    How to mend it
        ``math.ceil(len(self.x) / self.batch_size)``, or ``int(np.ceil(...))``.

    Known limits
        Only where fit raised. An exception of ``__len__`` itself is another rule's (source-raises).

    Source
        measured on keras 3.15.1 and 3.5.0 / tensorflow 2.21.0.
    """

    name, title = "unusable-length", "__len__ gives no number of batches"
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        trained = bool(seen.rehearsal.deliveries)
        if not trained:
            yield from self._of(seen, "the source", seen.source, "before it reads a batch")
        elif seen.validation_source is not None:
            late = "after training, where it begins to evaluate. The training source is not at fault"
            yield from self._of(seen, "validation_data", seen.validation_source, late, source="validation")

    def _of(self, seen: Evidence, whose: str, origin: Source, when: str, **more: Any) -> Iterator[Finding]:
        refused, failure = origin.refused_length, seen.rehearsal.failure
        if failure is None or failure.frame is not None or refused is None or not refused.explains(failure):
            return
        told, fix = _told(refused)
        message = f"`__len__` of {whose} {told}: fit raises {failure.type} ({refused.said}) {when}."
        if not refused.given:
            message = f"{whose[0].upper()}{whose[1:]} has no `__len__`: fit raises {failure.type} {when}."
        yield self.finding("error", message, fix=fix, length=_likely(refused), **more)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        if finding.evidence["length"]:
            yield datasets.length(at(seen, finding), finding.evidence["length"])

    def broken(self) -> Any:
        return _items(np.ceil(24 / ROWS))

    def mended(self) -> Any:
        return _items(24 // ROWS)


def _told(refused: RefusedLength) -> tuple[str, str]:
    if not refused.given:
        return "", f"Give the dataset one: `def __len__(self): {WHOLE[1:]}."
    value = refused.given[0]
    if value is None:
        fix = (
            f"Return the number of batches, {WHOLE}; likely the `return` is missing. For a dataset without an end "
            "leave `__len__` out and let its property `num_batches` return None."
        )
        return "returns None, where Python takes a whole number (int) only", fix
    if hasattr(value, "__index__"):
        return f"returns {short(value)}, below 0", f"Return the number of batches, {WHOLE}, which is never below 0."
    return (
        f"returns {short(value)}, a {type(value).__name__}, where Python takes a whole number (int) only",
        f"Return an int: {WHOLE}, or `int(np.ceil(...))`.",
    )


def _likely(refused: RefusedLength) -> int | None:
    """The whole number that was likely meant; None where that cannot be known."""
    given = refused.given[0] if refused.given else None
    number = float(given) if isinstance(given, (float, np.floating)) else 0.0
    return math.ceil(number) if math.isfinite(number) and number > 0 else None


def _items(length: Any) -> Any:
    import keras

    class Items(keras.utils.PyDataset):
        def __len__(self) -> int:
            return length  # type: ignore[no-any-return]

        def __getitem__(self, index: int) -> Any:
            return list(sound())[index]

    return Items(workers=1)
