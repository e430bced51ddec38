"""A source that can be read once more: made anew, read again, or replayed from what was recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from gendiag.batches.values import copy
from gendiag.rehearsal.profile import Profile
from gendiag.rules.evidence.passes import period
from gendiag.sources.generator import made_anew
from gendiag.sources.source import Source


@dataclass(frozen=True, slots=True)
class Fresh:
    """What is read in the place of a source that was read already.

    Attributes
    ----------
    value
        A source, or a function that makes one.
    is_function
        Whether the user gave a function, which an edit may call.
    how
        What it is if not the source itself: ``the 12 batches that were read``.
    why_not
        Why there is nothing to read, and what to pass; empty where there is.
    """

    value: Any
    is_function: bool = False
    how: str = ""
    why_not: str = ""


def fresh(source: Source, given: Any, profile: Profile) -> Fresh:
    """Find a way to read a source again."""
    if source.maker is not None:
        return Fresh(given, is_function=True)
    name = getattr(source.value, "__name__", "make_batches")
    parts = source.value if isinstance(source.value, (list, tuple)) else [source.value]
    if source.is_foreign and any(hasattr(part, "__next__") for part in parts):
        why = "an iterator can be read once only, and the repair would use it up. Pass the function that makes it."
        return Fresh(None, why_not=why)
    if not source.one_shot:
        return Fresh(given)
    if not profile.batches or any(batch.index not in profile.store for batch in profile.batches):
        why = (
            f"the generator {name} was spent by the diagnosis, and not all of its batches are held. "
            f"{made_anew(source.value)}"
        )
        return Fresh(None, why_not=why)
    return Fresh(_recorded(source, profile), how=f"the {len(profile.batches)} batches that were read")


def _recorded(source: Source, profile: Profile) -> Callable[[], Iterator[Any]]:
    """Make a function that yields copies of what was read, and ends as the source did."""
    indices = [batch.index for batch in profile.batches]
    whole = indices[: period(profile.batches)]  # how far fit read ahead differs from run to run

    def once() -> Iterator[Any]:
        for index in indices:
            yield copy(profile.raw(index))
        if profile.error is not None:
            raise profile.error

    def for_ever() -> Iterator[Any]:
        while True:
            for index in whole:
                yield copy(profile.raw(index))

    return for_ever if source.is_endless and profile.error is None else once
