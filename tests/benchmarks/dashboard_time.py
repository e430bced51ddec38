"""``python -m tests.benchmarks.dashboard_time``: building the dashboard, and looking at another batch, by batches.

The diagnoses are made by hand. All are timed in one run, so on any machine the growth with the batches is what counts:
looking at another batch must not take longer the more there are.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import statistics
import sys
import time
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

COUNTS = (100, 10_000, 1_000_000)
BUILD_S, LOOK_MS = 2.0, 100.0  # allowed
LOOKS = 15


def main() -> int:
    """Print a line per number of batches; 1 if looking at a batch takes longer than allowed, in the middle."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.dashboard_time", description=__doc__)
    parser.add_argument("--batches", type=int, nargs="+", default=COUNTS)
    parser.add_argument("--profile", action="store_true", help="say where the time of the largest goes")
    given = parser.parse_args()
    _timed(diagnosis(5))  # imports, fonts
    slow = 0
    for count in given.batches:
        made = diagnosis(count)
        with cProfile.Profile() if given.profile and count == max(given.batches) else nullcontext() as profile:
            build_s, look_ms = _timed(made)
        middle, most = statistics.median(look_ms), max(look_ms)
        sys.stdout.write(
            f"{count:9,} batches: built in {build_s:6.2f} s (wanted {BUILD_S:.0f} s), another batch shown in "
            f"{middle:5.1f} ms (median of {LOOKS}, most {most:.1f} ms; allowed {LOOK_MS:.0f} ms)\n"
        )
        if profile is not None:
            pstats.Stats(profile).sort_stats("cumulative").print_stats(40)
        slow += middle > LOOK_MS
    return int(slow > 0)


def diagnosis(count: int) -> Any:
    """So many batches of two leaves, each trained on; one finding of one batch, and one of half of all."""
    import numpy as np

    from gendiag.records import Batch, Delivery
    from tests.support.diagnoses import finding, plain, x, y

    leaves = (x(), y())  # the same records in all, for a million of their own would need gigabytes
    few = plain(2, finding(count // 3, title="A batch repeats"), finding(*range(count // 2, count)))
    batches = tuple(Batch(n, 0, "(array, array)", 10, leaves, 0.002, 10**9 + n) for n in range(count))
    deliveries = tuple(Delivery(0, n, n, leaves) for n in range(count))
    profile = replace(few.profile, batches=batches, read_order=tuple(range(count)))
    for batch in _looked_at(count):
        few.profile.store.put(batch, (np.full((10, 4), batch, "float32"), np.arange(10)), 240)
    return replace(few, profile=profile, rehearsal=replace(few.rehearsal, deliveries=deliveries))


def _looked_at(count: int) -> list[int]:
    """Batches here and there, held so that their samples are drawn too."""
    return [(turn * 7919 + 1) % count for turn in range(LOOKS)]


def _timed(made: Any) -> tuple[float, list[float]]:
    from gendiag.views.dashboard import Dashboard

    began = time.perf_counter()
    dashboard = Dashboard(made)
    build_s = time.perf_counter() - began
    look_ms = []
    for batch in _looked_at(len(made.profile.batches)):
        began = time.perf_counter()
        dashboard.selection.batch = batch
        look_ms.append(1000 * (time.perf_counter() - began))
    return build_s, look_ms


if __name__ == "__main__":
    sys.exit(main())
