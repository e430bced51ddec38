from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

import numpy as np

from gendiag.records import Finding, counted
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.sample_rows import Passes, is_rich, passes_of
from gendiag.rules.rule import ROWS, Rule, sound
from gendiag.sources.dataset_chain import chain

LEAST_SAMPLES = 16
MOST_SHARE = 0.1  # of a pass; more of them, and the samples are drawn with replacement
TWICE, COUNT = 2, 6 * ROWS


class Odd(NamedTuple):
    """A pass that is no permutation: where samples came again, where they had come, and which never came."""

    epoch: int
    again: tuple[int, ...]
    earlier: tuple[int, ...]
    missing: set[bytes]


class SampleTwice(Rule):
    """In one epoch a sample comes twice and another one never, though each pass is as long as there are samples.

    What fit does
        Trains on what comes; it keeps no account of samples.

    Why it hurts
        Each epoch leaves a sample out and has another one double. The order is likely made anew one sample too early
        or too late, an index off by one, and what else goes by that index is off too.

    How to mend it
        Shuffle behind the last sample of a pass and before the first of the next one:
        ``if position == len(order): rng.shuffle(order); position = 0`` in front of ``order[position]``.

    Known limits
        Told where every epoch that is held has as many samples as all of them have different ones, and all but a tenth
        come just once, or those that come again are in one batch: draws with replacement and records that are in the
        data twice look otherwise. A stream that is shuffled through a buffer beyond its end makes up for it in the next
        epoch, and is left out; so the last epoch alone tells nothing.

    Source
        the content of the samples, compared; measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "sample-twice", "In an epoch one sample comes twice and another one never"
    fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"epochs": 3, "steps_per_epoch": 6})

    def check(self, seen: Evidence) -> Iterator[Finding]:
        if seen.source.is_sliced or (seen.source.is_graph and _is_shuffled_on(seen.source.value)):
            return
        passes = passes_of(seen)
        odd = _odd(passes) if len(passes) > 1 and is_rich(seen) else []
        if odd:
            yield self._finding(seen, passes, odd)

    def _finding(self, seen: Evidence, passes: Passes, odd: list[Odd]) -> Finding:
        first = odd[0]
        count, missing, begun = len(first.again), len(first.missing), seen.first_epoch + 1
        once, again, earlier = counted(count, "sample"), seen.place(first.again[0]), first.earlier[0]
        where = f"both times in {again}" if earlier == first.again[0] else f"in batch {earlier} and again in {again}"
        message = (
            f"In epoch {begun + first.epoch}, {once} of {len(passes[first.epoch])} {'comes' if count == 1 else 'come'} "
            f"twice, {'' if count == 1 else 'the first of them '}{where}, and {missing} that other epochs have "
            f"{'does' if missing == 1 else 'do'} not come"
            + (f"; it is so in {len(odd)} of {len(passes)} epochs compared" if len(odd) > 1 else "")
            + ". The order is likely made anew within the pass, before its last sample is taken or after its first."
        )
        fix = (
            "Shuffle in `on_epoch_end`, which fit calls between two epochs, and not in `__getitem__`"
            if seen.source.is_indexed
            else "Shuffle behind the last sample of a pass: take `order[position]` first, then move on, and shuffle "
            "where the next pass begins"
        )
        fix += "; check with `len(set(ids)) == len(ids)` over one epoch."
        batches = list(dict.fromkeys(batch for each in odd for batch in each.again))
        return self.finding("warning", message, fix=fix, batches=batches, missing=missing, twice=count)

    def broken(self) -> Iterator[Any]:
        return _drawn(early=True)

    def mended(self) -> Iterator[Any]:
        return _drawn(early=False)


def _drawn(*, early: bool) -> Iterator[Any]:
    x, y = (np.concatenate(part) for part in zip(*sound(), strict=True))
    random, position = np.random.default_rng(0), 0
    order = random.permutation(COUNT)
    while True:
        rows = []
        for _ in range(ROWS):
            row, position = order[position], position + 1
            if position == COUNT:
                random.shuffle(order)
                row, position = order[-1] if early else row, 0
            rows.append(row)
        yield x[rows], y[rows]


def _is_shuffled_on(dataset: Any) -> bool:
    """Whether samples are shuffled through a buffer behind ``repeat``, beyond the end of a pass."""
    names = [step.name for step in chain(dataset)]
    return "repeat" in names and "shuffle" in names[: names.index("repeat")]


def _odd(passes: Passes) -> list[Odd]:
    """Which passes are no permutation of the samples, where nearly all of all passes is one."""
    places = {number: _places(one) for number, one in passes.items()}
    known = set().union(*places.values())
    if len(known) < LEAST_SAMPLES or any(len(one) != len(known) for one in passes.values()):
        return []
    found = [_at(number, places[number], known) for number in passes if len(places[number]) < len(known)]
    if not found or not all(_is_rest(places[odd.epoch], odd) for odd in found):
        return []
    beside = [(odd, places[odd.epoch + 1]) for odd in found if odd.epoch + 1 in places]
    return found if beside and not any(_is_made_up(odd, following) for odd, following in beside) else []


def _is_made_up(odd: Odd, following: dict[bytes, list[int]]) -> bool:
    """Whether half of what never came comes twice in the next epoch, and so was only late."""
    return 2 * sum(len(following.get(key, ())) > 1 for key in odd.missing) >= len(odd.missing)


def _at(number: int, places: dict[bytes, list[int]], known: set[bytes]) -> Odd:
    twice = [found for found in places.values() if len(found) > 1]
    return Odd(number, tuple(found[1] for found in twice), tuple(found[0] for found in twice), known - places.keys())


def _is_rest(places: dict[bytes, list[int]], odd: Odd) -> bool:
    """Whether so few came again that nothing is drawn with replacement: each once more, and few or in one batch."""
    few = len(odd.again) <= MOST_SHARE * len(places) or len(set(odd.again)) == 1
    return few and all(len(found) <= TWICE for found in places.values())


def _places(one: list[tuple[bytes, int]]) -> dict[bytes, list[int]]:
    """By content: the batches in which it came."""
    found: dict[bytes, list[int]] = {}
    for key, batch in one:
        found.setdefault(key, []).append(batch)
    return found
