"""How numbers of batches, and counts of things, are said: ``batches 2, 5-7 and 9 more``."""

from __future__ import annotations

from collections.abc import Iterable

MAX_RUNS = 6


def runs(indices: Iterable[int]) -> list[tuple[int, int]]:
    """First and last of every unbroken run, ascending."""
    found: list[tuple[int, int]] = []
    for index in sorted(set(indices)):
        if found and index == found[-1][1] + 1:
            found[-1] = (found[-1][0], index)
        else:
            found.append((index, index))
    return found


def ranges(indices: Iterable[int], most: int = MAX_RUNS) -> str:
    """``3, 7-9``; from the seventh run on only how many more there are."""
    found = runs(indices)
    shown = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in found[:most])
    rest = sum(last - first + 1 for first, last in found[most:])
    return f"{shown} and {rest:,} more" if rest else shown


def listed(indices: Iterable[int], *, most: int = MAX_RUNS) -> str:
    """``batch 4``, ``batches 2, 5-7 and 9 more``."""
    indices = set(indices)
    return f"{'batch' if len(indices) == 1 else 'batches'} {ranges(indices, most)}"


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """``1 value``, ``2,000 values``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def every(count: int) -> str:
    """``all 10 batches``; ``the only batch``."""
    return "the only batch" if count == 1 else f"all {count:,} batches"
