"""Small folders of files for rows about what reads directories."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

SIZE = 8


def folder() -> Path:
    """A new folder that goes with the process."""
    path = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def images(classes: int = 3, each: int = 20, *, broken: int | None = None) -> Path:
    """One sub-folder of PNG files for each class; file ``broken``, counted over all, is a text file."""
    import tensorflow as tf

    root, random = folder(), np.random.default_rng(0)
    for number in range(classes * each):
        sub = root / "abcdef"[number // each]
        sub.mkdir(exist_ok=True)
        picture = random.integers(0, 255, (SIZE, SIZE, 3)).astype("uint8")
        content = b"<!doctype html>" if number == broken else tf.io.encode_png(picture).numpy()
        (sub / f"{number:03d}.png").write_bytes(content)
    return root


def texts() -> Path:
    """Two classes of short texts."""
    root = folder()
    for name in "ab":
        (root / name).mkdir()
        for number in range(20):
            (root / name / f"{number}.txt").write_text(f"word {number} of {name}")
    return root


def pictures(root: Path, **given: Any) -> Any:
    """``image_dataset_from_directory`` with small batches and a seed."""
    told = {"image_size": (SIZE, SIZE), "batch_size": 8, "seed": 1, "verbose": False} | given
    return keras.utils.image_dataset_from_directory(root, **told)


def viewer(units: int = 3, loss: Any = "sparse_categorical_crossentropy", *, scale: bool = True) -> Any:
    """A classifier of these pictures."""
    start = [keras.layers.Rescaling(1 / 255)] if scale else []
    last = keras.layers.Dense(units, activation="softmax" if units > 1 else "sigmoid")
    model = keras.Sequential([keras.Input((SIZE, SIZE, 3)), *start, keras.layers.Flatten(), last])
    model.compile(keras.optimizers.SGD(0.001), loss)
    return model
