from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.records import Finding, Severity, counted, listed
from gendiag.rules.edits import datasets
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.source_code import changes_something, is_random, methods
from gendiag.rules.rule import ROWS, Edits, Rule, sound
from gendiag.sources.spot_check import SpotCheck

SHOWN = 6  # lengths in the message
HOOKS = ("on_epoch_begin", "on_epoch_end")


class LenMismatch(Rule):
    """``__len__`` of a PyDataset promises more batches than the data fill, or fewer than there are.

    What fit does
        Believes it. Behind the end of the data a slice has no rows, and fit trains a step on nothing without a word; a
        list raises IndexError there. Where the length is too small, the rest of the data is never asked for.
        A length that changes from epoch to epoch is asked for once: each epoch has as many steps as the first.

    Why it hurts
        Steps on nothing count in the mean loss, and BatchNormalization turns NaN for good. Samples that are never
        asked for are missing in every epoch.

    How to mend it
        Compute it from what is indexed: ``math.ceil(len(self.x) / self.batch_size)``.

    Known limits
        A last batch that is not full and is left out is only noted: that may be meant. Items behind the end are asked
        for after fit, three at most, and count only if the data end there.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "len-mismatch", "__len__ does not fit the data"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        length, spot_check = seen.source.length, seen.profile.spot_check
        if not seen.source.is_indexed or not length:
            return
        if (changed := self._changes(seen, length)) is not None:
            yield changed
            return
        empty = [batch.index for batch in seen.batches if batch.index < length and batch.rows == 0]
        if empty and empty == list(range(empty[0], length)) and empty[0]:
            message = (
                f"{listed(empty).capitalize()} {'has' if len(empty) == 1 else 'have'} 0 rows (empty): `__len__` "
                f"promises {length} batches, the data fill {empty[0]}, so {counted(len(empty), 'step')} of each epoch "
                f"{'gets' if len(empty) == 1 else 'get'} nothing to train on."
            )
            severity: Severity = "error" if seen.refused(empty[0]) else "warning"
            yield self.finding(severity, message, fix=_fix(empty[0]), batches=empty, length=length)
        elif spot_check is not None and spot_check.ends and _is_left_out(seen, spot_check):
            yield self._left_out(length, spot_check)

    def _changes(self, seen: Evidence, length: int) -> Finding | None:
        """A length that an epoch hook changes, which fit asks for once."""
        others = [other for other in seen.profile.lengths if other is not None]
        steps = [len(steps) for steps in seen.by_epoch]
        if all(other == length for other in others) or seen.fit_args.get("steps_per_epoch") or not steps:
            return None
        later = ", ".join(map(str, list(dict.fromkeys(others))[:SHOWN]))
        message = (
            f"`__len__` of the source changes: it is {length} when fit starts, and {later} after `on_epoch_end`. fit "
            f"asks once and keeps to {counted(length, 'batch', 'batches')} an epoch, at most: "
        )
        most = max(others)
        if most > length and seen.fit_args.get("shuffle", True):
            message += f"of up to {most} items, each epoch trains on {length} drawn by chance."
        elif most > length:
            message += f"items {length} to {most - 1} are never delivered."
        else:
            message += f"an epoch ends where the items end (its steps here: {', '.join(map(str, steps[:SHOWN]))})."
        fix = (
            "Let `__len__` always give the same number and choose what an item holds by the epoch, or call fit once "
            "for each length: `fit(..., initial_epoch=k, epochs=k + 1)`."
        )
        return self.finding("warning", message, fix=fix, length=None, lengths=others)

    def _left_out(self, length: int, spot_check: SpotCheck) -> Finding:
        rows, full = sum(batch.rows or 0 for batch in spot_check.beyond), spot_check.again[0].rows
        whole = [batch for batch in spot_check.beyond if batch.rows == full]
        count = len(spot_check.beyond)
        found = f"item {length} exists" if count == 1 else f"items {length}-{length + count - 1} exist"
        message = (
            f"The source ends late: `__len__` is {length}, but {found} too, and the data end there: "
            f"{counted(rows, 'sample')} in {counted(count, 'batch', 'batches')} {'is' if rows == 1 else 'are'} never "
            "delivered."
        )
        return self.finding(
            "warning" if whole else "note", message, fix=_fix(length + len(spot_check.beyond)),
            batches=[batch.index for batch in spot_check.beyond], rows=rows, length=length,
        )  # fmt: skip

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        length, count = finding.evidence["length"], len(finding.batches)
        if length is None:
            return
        is_short = finding.batches[0] >= length
        yield datasets.length(at(seen, finding), length + count if is_short else finding.batches[0])

    def broken(self) -> Any:
        return _items(8)

    def mended(self) -> Any:
        return _items(6)


def _is_left_out(seen: Evidence, spot_check: SpotCheck) -> bool:
    """Whether the items behind the end hold anything, and nothing that was delivered already."""
    known = {batch.digests for batch in (*seen.batches, *seen.profile.peeks)}
    beyond = [batch.digests for batch in spot_check.beyond]
    is_new = bool(beyond) and all(all(digests) and digests not in known for digests in beyond)
    return is_new and spot_check.repeatable and not _is_drawn_anew(seen)


def _is_drawn_anew(seen: Evidence) -> bool:
    """Whether a hook of the dataset shuffles, so that other samples are left out in the next epoch."""
    own = methods(seen.source.value)
    hooks = [own[name] for name in HOOKS if name in own]
    return any(changes_something(hook, own) and is_random(hook, own) for hook in hooks)


def _fix(count: int) -> str:
    return f"Compute `__len__` from the data indexed, `math.ceil(len(self.x) / self.batch_size)`: it would be {count}."


def _items(length: int) -> Any:
    import keras

    class Items(keras.utils.PyDataset):
        def __init__(self) -> None:
            super().__init__()
            self.x, self.y = (np.concatenate(part) for part in zip(*sound(), strict=True))

        def __len__(self) -> int:
            return length

        def __getitem__(self, index: int) -> Any:
            rows = slice(index * ROWS, (index + 1) * ROWS)
            return self.x[rows], self.y[rows]

    return Items()
