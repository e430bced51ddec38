"""What an indexed source answers to a few questions of ours, asked after fit is done with it."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gendiag.batches.measure import measure
from gendiag.records import NOTHING, Batch
from gendiag.sources.held_state import Moment, random_states
from gendiag.sources.side_by_side import disturbed

MOST_AGAIN, MOST_BEYOND = 3, 3
SLOW_S = 1.0  # a source that takes longer for one item is asked no more


@dataclass(frozen=True, slots=True)
class SpotCheck:
    """Items asked for out of turn, one after the other in one thread, without an epoch hook in between.

    Attributes
    ----------
    again
        Item 0, asked for several times in a row.
    beyond
        Items ``len``, ``len + 1``, ...: full ones, up to the first that has fewer rows.
    ends
        Whether the data end there: an item with fewer rows, or an exception, came at last.
    draws
        Random states that item 0 draws from: ``np.random``, ``random``, or the name of an attribute.
    hook
        Plain attributes that ``on_epoch_end`` had changed before epoch 1: name to ``(before, after)``.
    counters
        Plain attributes that asking for item 0 moves.
    reseeded
        Item 0 with every random state put back to where it was before it was first asked for; None if not asked.
    put_back
        Items 0 and 1, each asked for with the counters put back too.
    disturbed
        Items that came with other content when several threads asked at once; looked for where fit's workers are such.
    """

    again: tuple[Batch, ...] = ()
    beyond: tuple[Batch, ...] = ()
    ends: bool = False
    draws: tuple[str, ...] = ()
    hook: Mapping[str, tuple[Any, Any]] = field(default_factory=lambda: NOTHING)
    counters: tuple[str, ...] = ()
    reseeded: Batch | None = None
    put_back: tuple[Batch, ...] = ()
    disturbed: tuple[Batch, ...] = ()

    @property
    def ignores_index(self) -> bool:
        """Whether the counters alone say which item comes: with them put back, items 0 and 1 are one."""
        return len(self.put_back) > 1 and {batch.digests for batch in self.put_back} == {self.again[0].digests}

    @property
    def goes_on(self) -> bool:
        """Whether item 0 was another each time, though nothing was drawn, or with the draws put back."""
        contents = [batch.digests for batch in self.again]
        differ = len(contents) == MOST_AGAIN == len(set(contents)) and all(map(all, contents))
        return differ and (self.reseeded is None or self.reseeded.digests != contents[0])

    @property
    def repeatable(self) -> bool:
        """Whether item 0 had the same content each time."""
        return len(self.again) > 1 and len({batch.digests for batch in self.again}) == 1


def check_spots(dataset: Any, length: int | None, hook: Mapping[str, tuple[Any, Any]] = NOTHING) -> SpotCheck:
    """Ask item 0 again, and what lies behind the last item; whatever it raises is an answer too. Nothing is changed."""
    start = Moment(dataset)
    try:
        return _side_by_side(dataset, length, _asked(dataset, start, length, hook))
    finally:
        start.put_back()


def _side_by_side(dataset: Any, length: int | None, found: SpotCheck) -> SpotCheck:
    """Ask by several threads too, where fit does."""
    threads = 1 if getattr(dataset, "use_multiprocessing", False) else int(getattr(dataset, "workers", 1))
    if threads <= 1 or not found.repeatable or any(batch.wait_s >= SLOW_S for batch in found.again):
        return found
    return replace(found, disturbed=disturbed(dataset, length, threads))


def comes_alone(dataset: Any, index: int) -> bool:
    """Whether an item that raised comes when nobody else asks for one at the same time."""
    try:
        _item(dataset, index)
    except BaseException:  # noqa: BLE001  (then the threads are not to blame)
        return False
    return True


def _asked(dataset: Any, start: Moment, length: int | None, hook: Mapping[str, tuple[Any, Any]]) -> SpotCheck:
    again: list[Batch] = []
    draws: tuple[str, ...] = ()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nobody asked for these items
        try:
            while len(again) < MOST_AGAIN and all(batch.wait_s < SLOW_S for batch in again):
                before = random_states(dataset)
                again.append(_item(dataset, 0))
                draws = draws or _moved(before, random_states(dataset))
        except BaseException:  # noqa: BLE001  (fit never asked for this)
            return SpotCheck(tuple(again), draws=draws, hook=hook)
        counters, asked = start.moved(), {}
        if len({batch.digests for batch in again}) == MOST_AGAIN:
            asked = _from_there(dataset, start, draws, counters, length)
        beyond, ends = _beyond(dataset, length, again[0].rows) if again[-1].wait_s < SLOW_S else ([], False)
    return SpotCheck(tuple(again), tuple(beyond), ends, draws, hook, counters, **asked)


def _from_there(
    dataset: Any, start: Moment, draws: tuple[str, ...], counters: tuple[str, ...], length: int | None
) -> dict[str, Any]:
    """Ask for item 0 from where it was first asked for, and for item 1; then everything is as it was."""
    now, asked = Moment(dataset), {}
    try:
        if draws:
            start.put_back_draws()
            asked["reseeded"] = _item(dataset, 0)
        if counters:
            asked["put_back"] = tuple(_again_from(dataset, start, index) for index in range(min(2, length or 2)))
    except BaseException:  # noqa: BLE001  (fit never asked for this)
        asked = {}
    finally:
        now.put_back()
    return asked


def _again_from(dataset: Any, start: Moment, index: int) -> Batch:
    start.put_back()
    return _item(dataset, index)


def _beyond(dataset: Any, length: int | None, full: int | None) -> tuple[list[Batch], bool]:
    beyond: list[Batch] = []
    for index in range(length or 0, (length or 0) + (MOST_BEYOND if length and full else 0)):
        try:
            item = _item(dataset, index)
        except BaseException:  # noqa: BLE001  (no such item)
            return beyond, True
        if item.rows:
            beyond.append(item)
        if item.rows != full:
            return beyond, True
    return beyond, False


def _item(dataset: Any, index: int) -> Batch:
    start = time.perf_counter()
    raw = dataset[index]
    return measure(raw, index=index, epoch=0, wait_s=time.perf_counter() - start)


def _moved(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(name for name, state in before.items() if after.get(name) != state)
