"""Small pictures of the samples of a leaf that looks like images."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from matplotlib.image import imsave
from numpy.typing import NDArray

MOST = 4  # samples shown
LARGEST = 128  # pixels a side, coarser beyond
SMALLEST = 8  # a side; below that an array is a table
CHANNELS = (1, 3, 4)
GREY = 0.5  # of a constant picture
NOT_FINITE = (0.835, 0.369, 0.0)  # vermilion

Array = NDArray[Any]


def pictures(values: Array) -> list[bytes]:
    """Return up to four samples as PNG; none where ``values`` does not look like images.

    Images are ``(batch, height, width, channels)`` with 1, 3 or 4 channels, or ``(batch, height, width)``.
    8-bit values are shown as they are, others between the lowest and the highest of the samples shown. NaN and
    infinity are painted vermilion.
    """
    if not _image_like(values):
        return []
    samples = _coarse(values[:MOST])
    if samples.dtype != np.uint8:
        samples = _scaled(samples.astype(np.float64))
    return [_png(sample) for sample in samples]


def _image_like(values: Array) -> bool:
    rank = values.ndim == 3 or (values.ndim == 4 and values.shape[-1] in CHANNELS)  # noqa: PLR2004  (ranks)
    return rank and values.dtype.kind in "buif" and min(values.shape[1:3]) >= SMALLEST and len(values) > 0


def _coarse(samples: Array) -> Array:
    every = -(-max(samples.shape[1:3]) // LARGEST)
    return samples[:, ::every, ::every]


def _scaled(samples: Array) -> Array:
    finite = np.isfinite(samples)
    low, high = (samples[finite].min(), samples[finite].max()) if finite.any() else (0.0, 0.0)
    with np.errstate(invalid="ignore"):
        return (samples - low) / (high - low) if high > low else np.where(finite, GREY, np.nan)


def _png(sample: Array) -> bytes:
    colours = sample if sample.ndim == 3 else sample[..., None]  # noqa: PLR2004  (height, width, channels)
    rgb = np.broadcast_to(colours[..., :3], (*colours.shape[:2], 3))
    if rgb.dtype != np.uint8:
        rgb = np.where(np.isfinite(rgb).all(axis=-1, keepdims=True), rgb, NOT_FINITE)
        rgb = (rgb * 255).round().astype(np.uint8)
    buffer = io.BytesIO()
    imsave(buffer, np.ascontiguousarray(rgb), format="png")
    return buffer.getvalue()
