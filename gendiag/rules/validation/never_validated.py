from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from gendiag.records import Finding
from gendiag.rules.edits import arguments
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.dataset_counts import why_empty
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Edits, Rule, sound


class NeverValidated(Rule):
    """``validation_data`` is given, and fit evaluates on none of it.

    What fit does
        Evaluates after the epochs that ``validation_freq`` says: with ``validation_freq=5`` and 3 epochs after none.
        A dataset or an array with nothing in it is evaluated in no step, and a ``validation_split`` below 0 sets no
        sample aside. None of it is said; the history has no ``val_loss``.

    Why it hurts
        EarlyStopping and ModelCheckpoint on ``val_loss`` find nothing to follow, and there is no figure for what the
        model learnt.

    How to mend it
        ``validation_freq=1``; look at what the validation data hold: ``len(x_val)``, ``next(iter(dataset))``.

    Known limits
        Told only where fit came through all its epochs.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "never-validated", "validation_data is never evaluated"

    @property
    def fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]  # arrays of its own
        return {"epochs": 1, "validation_data": _arrays(), "validation_freq": 5}

    @property
    def mended_fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]
        return {"epochs": 1, "validation_data": _arrays(), "validation_freq": 1}

    def check(self, seen: Evidence) -> Iterator[Finding]:
        run = seen.rehearsal
        if run.ended != "finished" or run.validation or not run.deliveries or seen.failure is not None:
            return
        given = seen.fit_args.get("validation_data")
        share = seen.fit_args.get("validation_split")
        if given is None and seen.source.is_sliced and isinstance(share, (int, float)) and share < 0:
            message = f"validation_split={share} sets no sample aside: fit trains on all of them and validates on none."
            fix = f"Pass a share above 0: `validation_split={-share if share > -1 else 0.2}`."
            yield self.finding("warning", message, fix=fix, frequency=None)
        if given is None or run.method != "fit" or run.epochs_run < run.epochs - seen.first_epoch:
            return
        frequency = seen.fit_args.get("validation_freq", 1)
        if _is_left_out(frequency, seen):
            message = (
                f"No batch of validation_data is ever evaluated: validation_freq={frequency!r} names no epoch up to "
                f"the last, epochs={run.epochs}."
            )
            yield self.finding("warning", message, fix="Pass `validation_freq=1`.", frequency=1)
            return
        rows = _rows(given)
        dropped = why_empty(given) if seen.validation_source is not None else None
        what = "its arrays have 0 rows" if rows == 0 else dropped[0] if dropped else "it yields nothing"
        message = f"No batch of validation_data is ever evaluated: {what}. The history has no val_loss."
        fix = dropped[1] if dropped else "Look at how it is made: the split may have left nothing for validation."
        yield self.finding("warning", message, fix=fix, source="validation", frequency=None)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        if finding.evidence["frequency"]:
            yield arguments.with_argument(at(seen, finding), "validation_freq", 1)

    def broken(self) -> Iterator[Any]:
        return sound()

    def mended(self) -> Iterator[Any]:
        return sound()


def _is_left_out(frequency: Any, seen: Evidence) -> bool:
    """Whether no epoch, counted from 1, is one after which fit evaluates (keras 3.15.1, trainer.py, _should_eval)."""
    epochs = range(seen.first_epoch + 1, seen.rehearsal.epochs + 1)
    if isinstance(frequency, int):
        return frequency != 0 and all(epoch % frequency for epoch in epochs)
    return isinstance(frequency, (list, tuple, set)) and not any(epoch in frequency for epoch in epochs)


def _rows(given: Any) -> int | None:
    x = given[0] if isinstance(given, (tuple, list)) and given else given
    shape = getattr(x, "shape", None)
    return int(shape[0]) if shape is not None and len(shape) else None


def _arrays() -> tuple[Any, ...]:
    return tuple(np.concatenate(part) + 1 for part in zip(*sound(), strict=True))
