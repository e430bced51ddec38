"""``python -m tests.truth.surface``: every row through ``diagnose`` and ``watch``, look-alikes too; 1 if one is wrong.

``--area A`` and ``--row NAME`` (a part of the name) choose; ``--no-watch`` and ``--no-sound`` leave these out.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from collections import Counter

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")


def main() -> int:
    """Examine the rows chosen; print what is wrong, and the shares."""
    options = _options()
    from tests.truth.surface.table import rows

    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    chosen = [row for row in rows() if options.area in (None, row.area) and options.row in row.name]
    counts: Counter[str] = Counter()
    for row in chosen:
        start = time.monotonic()
        for way, amiss in _ways(row, options):
            counts[way] += 1
            counts[f"{way} right"] += not amiss
            for each in amiss:
                _say(f"{row.area}.{row.name} {way}: {each}\n")
        if options.times:
            _say(f"{row.area}.{row.name}: {time.monotonic() - start:.1f} s\n")
    for way in ("diagnose", "watch", "sound", "sound live"):
        _say(f"{way:10} {counts[f'{way} right']:4} of {counts[way]:4} rows right\n")
    return int(any(counts[f"{way} right"] != counts[way] for way in ("diagnose", "watch", "sound", "sound live")))


def _ways(row, options):  # type: ignore[no-untyped-def]
    from tests.truth.surface import examine

    yield "diagnose", examine.through_diagnose(row)
    if row.live is True and not options.no_watch:
        yield "watch", examine.through_watch(row)
    if row.sound and not options.no_sound:
        yield "sound", examine.look_alikes(row)
        if not options.no_watch:
            yield "sound live", examine.look_alikes(row, live=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.truth.surface", description=__doc__)
    parser.add_argument("--area")
    parser.add_argument("--row", default="")
    parser.add_argument("--no-watch", action="store_true")
    parser.add_argument("--no-sound", action="store_true")
    parser.add_argument("--times", action="store_true")
    return parser.parse_args()


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    # Threads of a fit that hangs are left behind, so the interpreter does not wait for TensorFlow to go.
    code = main()
    sys.stdout.flush()
    os._exit(code)
