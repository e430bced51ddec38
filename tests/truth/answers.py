"""``python -m tests.truth.answers --out before.json``: what gendiag says, kept, to be compared with another commit.

``--cases FOLDER`` adds scripts that define ``make_source``, ``make_model`` and ``FIT``. ``--compare a.json b.json``
prints where the verdict, the failing batch or a finding above a note differs, and exits with 1 if one does. With
``--words`` all that is said counts; then how far fit reads ahead, and what it waits for, differ from run to run.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

MEASURED = re.compile(r"0x[0-9a-f]+|\d+(\.\d+)?(e[-+]?\d+)? ?(ms|s|us|µs|MB|MiB|KiB|GB|%|x)\b")  # differs by the run
COUNTED = re.compile(r"(_\d+)+\b")  # Keras numbers layers over the whole process


def main() -> int:
    """Write the answers, or compare two files of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.truth.answers", description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--cases", type=Path, default=Path("no cases"))
    parser.add_argument("--compare", type=Path, nargs=2)
    parser.add_argument("--words", action="store_true")
    given = parser.parse_args()
    if given.compare:
        return _compare(*given.compare, words=given.words)
    answers = dict(_answers(given.cases))
    given.out.write_text(json.dumps(answers, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 0


def _answers(cases: Path) -> Iterator[tuple[str, Any]]:
    from tests.truth.bench import run
    from tests.truth.cases import diagnosed, modules
    from tests.truth.scenario import draw
    from tests.truth.test_truth import SEEDS

    for seed in SEEDS:
        result = run(draw(seed))
        yield f"seed {seed}", [[str(each) for each in result.disagreements], answer(result.report)]
    for name, module, kind in modules(cases):
        report = diagnosed(module, kind)
        sys.stderr.write(f"{name}: {report.verdict}\n")
        yield name, answer(report)


def answer(report: Any) -> Any:
    """Verdict, place and every finding with its words; what is measured anew each time is left out."""
    if report is None:
        return None
    findings = [
        [f.rule, f.severity, f.title, _plain(f.message), _plain(f.fix), list(f.batches[:20]), f.leaf]
        for f in report.findings
    ]
    headline = _plain(report.diagnosis.headline)
    return {"verdict": report.verdict, "fails_at": report.fails_at, "headline": headline, "findings": findings}


def _plain(text: str) -> str:
    return COUNTED.sub("", MEASURED.sub("#", text))


def _compare(before: Path, after: Path, *, words: bool) -> int:
    old, new = (_read(path, words=words) for path in (before, after))
    differing = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
    for name in differing:
        sys.stdout.write(f"{name}\n  before: {json.dumps(old.get(name))}\n  after:  {json.dumps(new.get(name))}\n")
    sys.stdout.write(f"{len(differing)} of {len({*old, *new})} answers differ\n")
    return int(bool(differing))


def _read(path: Path, *, words: bool) -> dict[str, Any]:
    told = json.loads(path.read_text(encoding="utf-8"))
    return told if words else {name: _decided(answer) for name, answer in told.items()}


def _decided(told: Any) -> Any:
    """The verdict, the failing batch and the findings above a note; of a scenario also where the real fit disagrees."""
    if isinstance(told, list):
        return [told[0], _decided(told[1])]
    if told is None:
        return None
    found = [(rule, severity, leaf) for rule, severity, *_, leaf in told["findings"] if severity != "note"]
    return [told["verdict"], told["fails_at"], found]


if __name__ == "__main__":
    # Threads of a fit that hangs are left behind, so the interpreter does not wait for TensorFlow to go.
    code = main()
    sys.stdout.flush()
    os._exit(code)
