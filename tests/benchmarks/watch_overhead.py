"""``python -m tests.benchmarks.watch_overhead``: fit under ``watch`` beside plain fit, and its memory.

Plain and watched fits alternate in one run; the medians are compared. On a busy machine the CPU time says more than
the wall clock. Memory is measured in a fresh process each, as the peak over the run.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

KEPT, MIB = 64, 2**20
KINDS = {"cnn": ((32, 64, 64, 3), 3.0), "dense": ((32, 16), 10.0)}  # batch, percent allowed


def main() -> int:
    """Print a line per model and source; 1 if an overhead or the memory is beyond what is allowed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.watch_overhead", description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--cnn-batches", type=int, default=40)
    parser.add_argument("--dense-batches", type=int, default=2000)
    parser.add_argument("--source", choices=["generator", "tf.data"], default="generator")
    parser.add_argument("--only", choices=[*KINDS, "memory"])
    parser.add_argument("--level", choices=["light", "full"], default="light")
    parser.add_argument("--peak", choices=["plain", "watched"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.peak:
        return _print_peak(watching=given.peak == "watched")
    failed = 0
    for kind, (shape, allowed) in KINDS.items():
        if given.only in (None, kind):
            count = given.cnn_batches if kind == "cnn" else given.dense_batches
            failed += _compare(kind, shape, count, given) > allowed
    if given.only in (None, "memory"):
        failed += _memory() > KEPT + 100
    return int(failed > 0)


def _compare(kind: str, shape: tuple[int, ...], count: int, given: Any) -> float:
    model, source = _model(kind), _source(given.source, shape, count)
    _timed(model, source, None)
    times: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
    for _ in range(given.runs):
        for watching, measured in times.items():
            measured.append(_timed(model, source, given.level if watching else None))
    middle = [[statistics.median(column) for column in zip(*times[watching], strict=True)] for watching in times]
    wall, cpu = (100 * (watched / plain - 1) for plain, watched in zip(*middle, strict=True))
    ratios = [one[0] / other[0] for one, other in zip(times[True], times[False], strict=True)]
    sys.stdout.write(
        f"{kind:6} {given.source:9} {given.level:5} {count} batches of {shape}, {given.runs} runs: plain "
        f"{middle[0][0]:.2f} s, watched {middle[1][0]:.2f} s; wall {wall:+.1f} %, CPU {cpu:+.1f} %, "
        f"median of the pairs {100 * (statistics.median(ratios) - 1):+.1f} %\n"
    )
    sys.stdout.flush()
    return cpu


def _timed(model: Any, source: Any, level: Any) -> tuple[float, float]:
    import gendiag

    context = contextlib.nullcontext() if level is None else gendiag.watch(level=level)
    with context:
        gc.collect()  # what an earlier fit left: TensorFlow can take a minute to let go of an iterator (garbage.py)
        began, cpu = time.perf_counter(), time.process_time()
        model.fit(source(), verbose=0)
        return time.perf_counter() - began, time.process_time() - cpu


def _model(kind: str) -> Any:
    import keras

    layers: list[Any] = [keras.Input((16,)), keras.layers.Dense(8, activation="relu")]
    if kind == "cnn":
        layers = [
            keras.Input((64, 64, 3)),
            keras.layers.Conv2D(16, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(32, 3, activation="relu"),
            keras.layers.GlobalAveragePooling2D(),
        ]
    model = keras.Sequential([*layers, keras.layers.Dense(1)])
    model.compile("adam", "mse")
    return model


def _source(kind: str, shape: tuple[int, ...], count: int) -> Any:
    import numpy as np

    rng = np.random.default_rng(0)
    pool = [(rng.random(shape, "float32"), rng.random((shape[0], 1), "float32")) for _ in range(16)]

    def batches() -> Iterator[Any]:
        for number in range(count):
            x, y = pool[number % 16]
            yield x.copy(), y.copy()

    if kind == "generator":
        return batches
    import tensorflow as tf

    def dataset() -> Any:
        x, y = (np.concatenate(parts) for parts in zip(*pool, strict=True))
        return tf.data.Dataset.from_tensor_slices((x, y)).batch(shape[0]).repeat().take(count).prefetch(2)

    return dataset


def _memory() -> float:
    peaks = [_peak_of(how) for how in ("plain", "watched")]
    sys.stdout.write(
        f"memory: 10,000 batches of 1 MiB, keep_bytes={KEPT} MiB: peak of plain fit {peaks[0]:.0f} MiB, watched "
        f"{peaks[1]:.0f} MiB ({peaks[1] - peaks[0]:+.0f})\n"
    )
    return peaks[1] - peaks[0]


def _peak_of(how: str) -> float:
    command = [sys.executable, "-m", "tests.benchmarks.watch_overhead", "--peak", how]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def _print_peak(*, watching: bool) -> int:
    import keras
    import numpy as np

    import gendiag

    def batches() -> Iterator[Any]:
        for number in range(10_000):
            yield np.full((64, 4096), number % 7, "float32"), np.zeros((64, 1), "float32")

    model = keras.Sequential([keras.Input((4096,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with gendiag.watch(keep_bytes=KEPT * MIB) if watching else contextlib.nullcontext():
        model.fit(batches(), verbose=0)
    sys.stdout.write(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.1f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
