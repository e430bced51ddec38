"""The range on which a leaf is drawn: that of the whole run, so that a batch on another scale looks different."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gendiag.records import every
from gendiag.views.wording import figure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gendiag.batches.values import Array
    from gendiag.records import Batch, Leaf
    from gendiag.rehearsal.profile import Profile

LOOKED = 2_000  # batches, evenly spaced; more would make each look at a batch slow
FAR, FEW = 8.0, 0.25  # times the typical magnitude; share of batches that may be left out as being so far off
NARROW = 1 / 16  # of the range: a batch this narrow is told
UNIT, BYTE, DARKEST_BYTE = 1.0, 255.0, 64.0
LEAST_OF_UNIT = 0.25  # of the range 0..1 or -1..1, below which the leaf's own range says more
GREY = 0.5  # of a constant


@dataclass(frozen=True, slots=True)
class Scale:
    """Lowest and highest value drawn.

    Attributes
    ----------
    where
        ``x holds 0 to 1 in all 40 batches``.
    warning
        That this batch lies elsewhere; empty where it does not.
    """

    low: float
    high: float
    where: str
    warning: str = ""

    def place(self, values: Array) -> NDArray[np.float64]:
        """0 at the low end, 1 at the high one; NaN and infinity become NaN."""
        floats = values.astype(np.float64)
        with np.errstate(all="ignore"):
            floats[~np.isfinite(floats)] = np.nan
            span = self.high / 2 - self.low / 2  # halves: the whole of a float64 range would overflow
            if span <= 0:
                return np.where(np.isnan(floats), np.nan, GREY + 0.5 * np.sign(floats - self.low))
            return np.clip((floats / 2 - self.low / 2) / span, 0.0, 1.0)


def scale_of(profile: Profile, leaf: Leaf, *, picture: bool = False) -> Scale:
    """Range of the leaf over the run, without few batches that are far off; brought to 0..1 and the like where near.

    Parameters
    ----------
    picture
        Whether its numbers are brightnesses: 8-bit ones are drawn on 0..255 then.
    """
    looked = spaced(profile.batches, LOOKED)
    same = (batch.leaf(leaf.path) for batch in looked)
    ends = [(one.low, one.high) for one in same if one is not None and one.low is not None and one.high is not None]
    if not ends:
        ends = [(leaf.low or 0.0, leaf.high or 0.0)]
    lows, highs = np.array(ends, dtype=np.float64).T
    usual = _usual(lows, highs)
    low, high = float(lows[usual].min()), float(highs[usual].max())
    many = f"{int(usual.sum()):,} of {len(ends):,} batches" if not usual.all() else every(len(ends))
    more = f" looked at, of {len(profile.batches):,}" if len(looked) < len(profile.batches) else ""
    where = f"{leaf.path} holds {figure(low)} to {figure(high)} in {many}{more}"
    low, high = _snapped(low, high, is_byte=picture and leaf.dtype == "uint8", picture=picture)
    with np.errstate(over="ignore"):
        usual_span = float(np.median(highs - lows))
    return _told(Scale(low, high, where), leaf, usual_span)


def own(leaf: Leaf) -> Scale:
    """Range of this batch alone."""
    return Scale(leaf.low or 0.0, leaf.high or 0.0, f"this batch holds {_held(leaf)}")


def spaced(batches: tuple[Batch, ...], most: int) -> tuple[Batch, ...]:
    """Return at most so many batches, evenly spaced."""
    return batches[:: -(-len(batches) // most)] if len(batches) > most else batches


def _usual(lows: NDArray[Any], highs: NDArray[Any]) -> NDArray[np.bool_]:
    size = np.maximum(np.abs(lows), np.abs(highs))
    typical = float(np.median(size))
    far = size > FAR * typical
    return ~far if typical > 0 and far.mean() <= FEW else np.ones(len(size), dtype=bool)


def _snapped(low: float, high: float, *, is_byte: bool, picture: bool) -> tuple[float, float]:
    if low >= 0 and high <= UNIT and high > LEAST_OF_UNIT:
        return 0.0, UNIT
    if low < 0 and low >= -UNIT and high <= UNIT and high - low > LEAST_OF_UNIT:
        return -UNIT, UNIT
    if picture and low >= 0 and UNIT < high <= BYTE and (is_byte or high >= DARKEST_BYTE):
        return 0.0, BYTE
    return low, high


def _told(scale: Scale, leaf: Leaf, usual_span: float) -> Scale:
    if leaf.low is None or leaf.high is None:
        return scale
    slack = 1e-6 * max(abs(scale.low), abs(scale.high))
    if leaf.low < scale.low - slack or leaf.high > scale.high + slack:
        warning = f"This batch holds {_held(leaf)}: what lies beyond is drawn as the nearest end."
        return Scale(scale.low, scale.high, scale.where, warning)
    span = leaf.high - leaf.low
    if span < NARROW * (scale.high - scale.low) and span < NARROW * usual_span:
        return Scale(scale.low, scale.high, scale.where, f"This batch holds {_held(leaf)} only.")
    return scale


def _held(leaf: Leaf) -> str:
    return f"{figure(leaf.low)} to {figure(leaf.high)}"
