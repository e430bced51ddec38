"""What a ``tf.data.Dataset`` puts together with ``zip``: how long its parts are, and whether they keep one order."""

from __future__ import annotations

from typing import Any

from gendiag.sources.dataset_chain import chain, known_count, zipped

PAIR = 2
COUNTED = 2**40  # longer ones are counters, such as that of enumerate


def pair_of(dataset: Any) -> tuple[Any, Any] | None:
    """Return the two datasets whose elements become x and y as they are; None where there is no such zip."""
    parts, spec = zipped(dataset), getattr(dataset, "element_spec", None)
    if len(parts) != PAIR or not isinstance(spec, tuple) or len(spec) != PAIR:
        return None
    if any(isinstance(getattr(part, "element_spec", None), (tuple, list)) for part in parts):
        return None  # pairs of their own, such as those that mixup puts together
    return parts[0], parts[1]


def orders(part: Any) -> list[tuple[Any, ...]]:
    """Return what decides the order of a dataset: the arguments of each shuffle; equal ones give equal orders."""
    told = ("buffer_size", "seed", "seed2", "reshuffle_each_iteration")
    return [tuple(step.told(name) for name in told) for step in chain(part) if step.name == "shuffle"]


def are_shuffled_apart(one: Any, other: Any) -> bool:
    """Whether two datasets come in orders that have nothing to do with each other."""
    first, second = orders(one), orders(other)
    seeded = all(shuffle[1] or shuffle[2] for shuffle in first)
    return first != second or (bool(first) and not seeded)


def counts(dataset: Any) -> tuple[int | None, ...]:
    """Return the length of each part; None for what is endless, counts on, or is not known."""
    found = (known_count(part) for part in zipped(dataset))
    return tuple(None if count is None or count > COUNTED else count for count in found)


def is_repeated(part: Any) -> bool:
    """Whether a part of a zip was made longer on purpose."""
    return any(step.name == "repeat" for step in chain(part))
