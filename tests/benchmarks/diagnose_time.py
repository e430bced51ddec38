"""``python -m tests.benchmarks.diagnose_time``: diagnose beside the plain fit, on the broken source of every rule.

Both are timed in one run, one after the other, and so on any machine the ratio is what counts.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from contextlib import suppress
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

HANG = {"never ends"}  # the plain fit would not come back


def main() -> int:
    """Print a line per rule and the medians; 1 if the median is beyond what is allowed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.diagnose_time", description=__doc__)
    parser.add_argument("--allow-s", type=float, default=2.0, help="seconds beyond three times the plain fit")
    allowed = parser.parse_args().allow_s
    from gendiag.rules import RULES

    timed = [pair for rule in RULES if (pair := _timed(rule)) is not None]
    beyond = [diagnosis - 3 * fit for fit, diagnosis in timed]
    fit, diagnosis = (statistics.median(column) for column in zip(*timed, strict=True))
    sys.stdout.write(
        f"{len(timed)} sources: plain fit {fit:.2f} s, diagnose {diagnosis:.2f} s (medians); "
        f"diagnose - 3 x fit: median {statistics.median(beyond):+.2f} s, most {max(beyond):+.2f} s\n"
    )
    return int(statistics.median(beyond) > allowed)


def _timed(rule: Any) -> tuple[float, float] | None:
    from gendiag import diagnose
    from tests.support.models import linear

    source, model = rule.broken, rule.model() or linear()
    began = time.perf_counter()
    report = diagnose(source, model, quiet_s=10, progress=False, **dict(rule.fit_args))
    diagnosis = time.perf_counter() - began
    if report.verdict in HANG:
        return None
    source, model = rule.broken(), rule.model() or linear()
    began = time.perf_counter()
    with suppress(Exception):  # that it raises is what is diagnosed
        model.fit(source, verbose=0, **dict(rule.fit_args))
    fit = time.perf_counter() - began
    sys.stdout.write(f"{rule.name:24} fit {fit:6.2f} s   diagnose {diagnosis:6.2f} s\n")
    return fit, diagnosis


if __name__ == "__main__":
    sys.exit(main())
