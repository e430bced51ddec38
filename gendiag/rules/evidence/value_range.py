"""On which scale numbers are: 0..1, 0..255, or divided by 255 twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gendiag.records import Leaf
from gendiag.rules.evidence.passes import size_of

UNIT, BYTE, TWICE = 1.0, 255.0, 1 / 255
SLACK = 1.02
LEAST_BYTE = 64.0  # the highest value of dark 8-bit images
FULL = 0.6  # of the range: images nearly always have a bright pixel somewhere


@dataclass(frozen=True, slots=True)
class Spread:
    """Range and moments of one leaf over many batches."""

    low: float
    high: float
    mean: float
    std: float
    values: int

    @property
    def largest(self) -> float:
        """The largest magnitude."""
        return max(abs(self.low), abs(self.high))

    @property
    def is_unit(self) -> bool:
        """Within 0..1 or -1..1, and not as if divided by 255 twice."""
        return self.low >= -UNIT * SLACK and TWICE * SLACK < self.high <= UNIT * SLACK

    @property
    def is_byte(self) -> bool:
        """Within 0..255 and nowhere near 0..1 only."""
        return self.low >= 0 and LEAST_BYTE <= self.high <= BYTE * SLACK and self.mean > UNIT

    @property
    def is_twice(self) -> bool:
        """Within 0..1/255, and using that range."""
        return self.low >= 0 and FULL * TWICE <= self.high <= TWICE * SLACK

    def __str__(self) -> str:
        """``0..255``."""
        return f"{self.low:.4g}..{self.high:.4g}"


def spread(leaves: Iterable[Leaf]) -> Spread | None:
    """Put the figures of one leaf in many batches together; None where nothing was measured."""
    known = [(leaf, size_of(leaf)) for leaf in leaves if leaf.mean is not None]
    total = sum(size for _, size in known)
    if not total:
        return None
    mean = sum((leaf.mean or 0.0) * size for leaf, size in known) / total
    squares = sum(_square(leaf.std or 0.0) * size + _square((leaf.mean or 0.0) - mean) * size for leaf, size in known)
    return Spread(
        min(leaf.low or 0.0 for leaf, _ in known),
        max(leaf.high or 0.0 for leaf, _ in known),
        mean,
        (squares / total) ** 0.5,
        total,
    )


def _square(value: float) -> float:
    return value * value  # not ** 2, which raises an OverflowError where this is infinite
