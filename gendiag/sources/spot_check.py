"""What an indexed source answers to a few questions of ours, asked after fit is done with it."""

from __future__ import annotations

import random
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gendiag.batches.measure import measure
from gendiag.records import NOTHING, Batch

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
    """

    again: tuple[Batch, ...] = ()
    beyond: tuple[Batch, ...] = ()
    ends: bool = False
    draws: tuple[str, ...] = ()
    hook: Mapping[str, tuple[Any, Any]] = field(default_factory=lambda: NOTHING)

    @property
    def repeatable(self) -> bool:
        """Whether item 0 had the same content each time."""
        return len(self.again) > 1 and len({batch.digests for batch in self.again}) == 1


def check_spots(dataset: Any, length: int | None, hook: Mapping[str, tuple[Any, Any]] = NOTHING) -> SpotCheck:
    """Ask item 0 again, and what lies behind the last item; whatever it raises is an answer too."""
    again: list[Batch] = []
    draws: tuple[str, ...] = ()
    with warnings.catch_warnings(), _kept(dataset):
        warnings.simplefilter("ignore")  # nobody asked for these items
        try:
            while len(again) < MOST_AGAIN and all(batch.wait_s < SLOW_S for batch in again):
                before = _random_states(dataset)
                again.append(_item(dataset, 0))
                draws = draws or _moved(before, _random_states(dataset))
        except Exception:  # noqa: BLE001  (fit never asked for this)
            return SpotCheck(tuple(again), draws=draws, hook=hook)
        beyond, ends = _beyond(dataset, length, again[0].rows) if again[-1].wait_s < SLOW_S else ([], False)
    return SpotCheck(tuple(again), tuple(beyond), ends, draws, hook)


@contextmanager
def _kept(dataset: Any) -> Iterator[None]:
    """Put back afterwards what these questions changed of the dataset: plain attributes, and its own random states."""
    plain, states = plain_attributes(dataset), {name: _state(value) for name, value in _attributes(dataset)}
    try:
        yield
    finally:
        for name, (before, _) in changed_attributes(dataset, plain).items():
            with suppress(Exception):  # a class of the user's own may let nobody set it
                setattr(dataset, name, before)
        for name, value in _attributes(dataset):
            if states.get(name) is not None:
                _set_state(value, states[name])


def _state(value: object) -> Any:
    if isinstance(value, np.random.Generator):
        return value.bit_generator.state
    if isinstance(value, np.random.RandomState):
        return value.get_state(legacy=False)
    return value.getstate() if isinstance(value, random.Random) else None


def _set_state(value: Any, state: Any) -> None:
    if isinstance(value, np.random.Generator):
        value.bit_generator.state = state
    elif isinstance(value, np.random.RandomState):
        value.set_state(state)
    elif isinstance(value, random.Random):
        value.setstate(state)


def _beyond(dataset: Any, length: int | None, full: int | None) -> tuple[list[Batch], bool]:
    beyond: list[Batch] = []
    for index in range(length or 0, (length or 0) + (MOST_BEYOND if length and full else 0)):
        try:
            item = _item(dataset, index)
        except Exception:  # noqa: BLE001  (no such item)
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


def plain_attributes(dataset: Any) -> dict[str, Any]:
    """Numbers, texts and truth values that the dataset holds."""
    return {name: value for name, value in _attributes(dataset) if isinstance(value, (bool, int, float, str))}


def changed_attributes(dataset: Any, before: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Which of them are others now: name to ``(before, after)``."""
    after = plain_attributes(dataset)
    return {name: (value, after.get(name)) for name, value in before.items() if after.get(name) != value}


def _attributes(dataset: Any) -> list[tuple[str, Any]]:
    return list(getattr(dataset, "__dict__", {}).items())


def _random_states(dataset: Any) -> dict[str, str]:
    states: dict[str, Any] = {"np.random": np.random.get_state(legacy=False), "random": random.getstate()}  # noqa: NPY002  (the global one is what threads share)
    own = ((name, _state(value)) for name, value in _attributes(dataset))
    states |= {f"self.{name}": state for name, state in own if state is not None}
    return {name: _text(state) for name, state in states.items()}


def _text(state: Any) -> str:
    if isinstance(state, dict):
        return "".join(map(_text, state.values()))
    return state.tobytes().hex() if isinstance(state, np.ndarray) else f"{state};"


def _moved(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(name for name, state in before.items() if after.get(name) != state)
