"""Arrays made into PNG: grey, colour, a heat map, classes. Equal arrays give equal bytes; no pyplot."""

from __future__ import annotations

import io
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.image import imsave
from numpy.typing import NDArray

NOT_FINITE = (213, 94, 0)  # vermilion
# Okabe and Ito's colours, black last: told apart without red and green; from the ninth class on they repeat.
CLASSES = (
    *((0, 114, 178), (230, 159, 0), (0, 158, 115), (204, 121, 167)),
    *((86, 180, 233), (213, 94, 0), (240, 228, 66), (20, 20, 20)),
)
Pixels = NDArray[np.uint8]


def coarse(sample: NDArray[Any], largest: int) -> NDArray[Any]:
    """Leave out pixels until no side is longer than ``largest``."""
    every = -(-max(sample.shape[:2]) // largest)
    return sample[::every, ::every]


def shades(placed: NDArray[np.float64]) -> Pixels:
    """Turn ``(height, width, 1, 3 or 4)`` of 0..1 into colours; a fourth channel is left out, NaN is vermilion."""
    rgb = np.broadcast_to(placed[..., :3], (*placed.shape[:2], 3))
    finite = ~np.isnan(rgb).any(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return np.where(finite, np.nan_to_num(rgb * 255).round(), NOT_FINITE).astype(np.uint8)


def heat(placed: NDArray[np.float64]) -> Pixels:
    """Turn ``(rows, columns)`` of 0..1 into dark blue to yellow, ever lighter; NaN is vermilion."""
    colours = mpl.colormaps["cividis"](np.nan_to_num(placed), bytes=True)[..., :3]
    return np.where(np.isnan(placed)[..., None], NOT_FINITE, colours).astype(np.uint8)


def classes(numbers: NDArray[np.int64]) -> Pixels:
    """Colour ``(height, width)`` of places in ``CLASSES``; what is below 0 is grey."""
    table = np.array([*CLASSES, (150, 150, 150)], dtype=np.uint8)
    return np.asarray(table[np.where(numbers < 0, len(CLASSES), numbers % len(CLASSES))])


def enlarged(pixels: Pixels, high: int, wide: int) -> Pixels:
    """Make every pixel so many high and wide."""
    return np.repeat(np.repeat(pixels, high, axis=0), wide, axis=1)


def png(pixels: Pixels) -> bytes:
    """Encode ``(height, width, 3)``."""
    buffer = io.BytesIO()
    imsave(buffer, np.ascontiguousarray(pixels), format="png", metadata={"Software": None})  # type: ignore[dict-item]
    return buffer.getvalue()
