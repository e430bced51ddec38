"""``python -m tests.truth.answers --out before.json``: what gendiag says, kept, to be compared with another commit.

``--cases FOLDER`` adds scripts that define ``make_source``, ``make_model`` and ``FIT``; ``--compare a.json b.json``
prints what differs and exits with 1 if anything does.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

QUIET_S = 10.0
MEASURED = re.compile(r"0x[0-9a-f]+|\d+(\.\d+)?(e[-+]?\d+)? ?(ms|s|us|µs|MB|MiB|KiB|GB|%|x)\b")  # differs by the run
COUNTED = re.compile(r"(_\d+)+\b")  # Keras numbers layers over the whole process


def main() -> int:
    """Write the answers, or compare two files of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.truth.answers", description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--cases", type=Path)
    parser.add_argument("--compare", type=Path, nargs=2)
    given = parser.parse_args()
    if given.compare:
        return _compare(*given.compare)
    answers = dict(_answers(given.cases))
    given.out.write_text(json.dumps(answers, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 0


def _answers(cases: Path | None) -> Iterator[tuple[str, Any]]:
    import keras

    from tests.truth.bench import run
    from tests.truth.scenario import draw
    from tests.truth.test_truth import SEEDS

    for seed in SEEDS:
        result = run(draw(seed))
        yield f"seed {seed}", [[str(each) for each in result.disagreements], answer(result.report)]
    for path in sorted(cases.glob("*.py")) if cases else ():
        yield path.stem, _case(_loaded(path), "make_source", "make_model", "FIT")
        keras.backend.clear_session()
        module = _loaded(path)
        if hasattr(module, "make_fixed_source"):
            yield f"{path.stem} fixed", _case(module, "make_fixed_source", "make_fixed_model", "FIXED_FIT")
        keras.backend.clear_session()


def _loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem.replace("-", "_"), path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _case(module: ModuleType, source: str, model: str, fit: str) -> Any:
    import keras

    import gendiag

    keras.utils.set_random_seed(0)
    made = getattr(module, source)()  # first: it may put a fresh validation source into FIT
    compiled = getattr(module, model, module.make_model)()
    arguments = getattr(module, fit, module.FIT)
    report = gendiag.diagnose(made, compiled, progress=False, quiet_s=QUIET_S, **arguments)
    sys.stderr.write(f"{module.__name__}: {report.verdict}\n")
    return answer(report)


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


def _compare(before: Path, after: Path) -> int:
    old, new = (json.loads(path.read_text(encoding="utf-8")) for path in (before, after))
    differing = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
    for name in differing:
        sys.stdout.write(f"{name}\n  before: {json.dumps(old.get(name))}\n  after:  {json.dumps(new.get(name))}\n")
    sys.stdout.write(f"{len(differing)} of {len({*old, *new})} answers differ\n")
    return int(bool(differing))


if __name__ == "__main__":
    # Threads of a fit that hangs are left behind, so the interpreter does not wait for TensorFlow to go.
    code = main()
    sys.stdout.flush()
    os._exit(code)
