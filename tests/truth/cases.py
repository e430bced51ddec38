"""``python -m tests.truth.cases FOLDER``: whether reported failures are named, and sound sources left alone.

A case is a script with ``CASE``, ``FIT``, ``make_source``, ``make_model`` and, where there is one, the same without
the fault (``make_fixed_source``). ``CASE`` says what the real fit was measured to do (``outcome``), at which batch, and
which words a right diagnosis contains (``must_mention``: one of each group). ``--watch`` records the real fit instead.
"""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import multiprocessing
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

QUIET_S = 10.0
RE = re.IGNORECASE
TRAINS = {"trains", "trains on altered data", "trains to NaN"}
VERDICTS = {"raises": {"raises"}, "hangs": {"never ends", "raises"}, "silent": TRAINS, "warns": TRAINS}


def main() -> int:
    """Run them; 1 if one is not as it should be."""
    parser = argparse.ArgumentParser(prog="python -m tests.truth.cases", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="a part of the case's name")
    parser.add_argument("--watch", action="store_true")
    parser.add_argument("--out", type=Path, help="keep the answers as JSON")
    given = parser.parse_args()
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    answers: dict[str, Any] = {}
    amiss: dict[str, list[str]] = {}
    for name, module, kind in modules(given.folder, given.only):
        report = _watched(module, kind) if given.watch else diagnosed(module, kind)
        answers[name] = _answer(report)
        amiss[name] = list(_amiss(module.CASE, kind, report))
        sys.stdout.write("".join(f"{name}: {each}\n" for each in amiss[name]) or f"{name}: right\n")
        sys.stdout.flush()
        if given.out:
            given.out.write_text(json.dumps(answers, indent=1) + "\n", encoding="utf-8")
    return _count(amiss)


def _count(amiss: Mapping[str, list[str]]) -> int:
    faulty = {name: each for name, each in amiss.items() if not _is_sound(name)}
    sound = {name: each for name, each in amiss.items() if _is_sound(name)}
    for what, group in (("faults named", faulty), ("sound sources left alone", sound)):
        sys.stdout.write(f"{what}: {sum(not each for each in group.values())} of {len(group)}\n")
    return int(any(amiss.values()))


def _is_sound(name: str) -> bool:
    return name.endswith((" sound", " fixed"))


def modules(folder: Path, only: str = "") -> Iterator[tuple[str, ModuleType, str]]:
    """Yield the name, the module and the kind of each case: as it is, and ``fixed``."""
    import keras

    start_method = multiprocessing.get_start_method()
    sys.path.append(str(folder))  # so that worker processes find a case again
    for path in sorted(folder.glob("*.py")):
        for kind in ("", "fixed"):
            sys.modules.pop(path.stem, None)  # a case may change its own FIT
            if only not in path.stem:
                continue
            module = importlib.import_module(path.stem)
            if hasattr(module, "CASE") and hasattr(module, f"make_{kind}_source".replace("__", "_")):
                sound = " sound" if module.CASE["outcome"] == "clean" and not kind else ""
                yield f"{path.stem}{sound}{kind and ' fixed'}", module, kind
            keras.backend.clear_session()
            multiprocessing.set_start_method(start_method, force=True)  # some cases set another one


def made(module: ModuleType, kind: str) -> tuple[Any, Any, dict[str, Any]]:
    """Make source, model and arguments of fit."""
    import keras

    keras.utils.set_random_seed(0)
    names = ("make_fixed_source", "make_fixed_model", "FIXED_FIT") if kind else ("make_source", "make_model", "FIT")
    source = getattr(module, names[0])()  # first: it may put a fresh validation source into FIT
    return source, getattr(module, names[1], module.make_model)(), getattr(module, names[2], module.FIT)


def diagnosed(module: ModuleType, kind: str) -> Any:
    """Diagnose a case."""
    import gendiag

    source, model, fit = made(module, kind)
    return gendiag.diagnose(source, model, progress=False, quiet_s=QUIET_S, **fit)


def _watched(module: ModuleType, kind: str) -> Any:
    from tests.truth.surface.examine import watched

    source, model, fit = made(module, kind)
    return watched(source, model, fit)[0]


def _answer(report: Any) -> Any:
    found = [[f.rule, f.severity, f.message, f.fix, list(f.batches[:20]), f.leaf] for f in report.findings]
    return {
        "verdict": report.verdict,
        "fails_at": report.fails_at,
        "headline": report.diagnosis.headline,
        "findings": found,
    }


def _amiss(case: Mapping[str, Any], kind: str, report: Any) -> Iterator[str]:
    if kind or case["outcome"] == "clean":
        yield from (_short(found) for found in report.findings if found.severity != "note")
        if report.verdict != "trains":
            yield f"verdict {report.verdict}"
        return
    if report.verdict not in VERDICTS[case["outcome"]]:
        yield f"verdict {report.verdict}, and fit {case['outcome']}"
    if not report.findings:
        yield f"no finding; {case.get('advice', '')}"
        return
    first, at = report.findings[0], case["at_batch"]
    told = f"{first.title} {first.message} {first.fix}"
    missing = [words for words in case["must_mention"] if not any(re.search(word, told, RE) for word in words)]
    if missing:
        yield f"{_short(first)} | {first.fix} | lacks {missing}; {case.get('advice', '')}"
    elif at is not None and at not in (*first.batches, report.fails_at):
        yield f"{_short(first)} | batches {first.batches[:9]}, not {at}"


def _short(found: Any) -> str:
    return f"{found.rule} ({found.severity}): {found.message:.400}"


if __name__ == "__main__":
    # Threads of a fit that hangs are left behind, so the interpreter does not wait for TensorFlow to go.
    code = main()
    sys.stdout.flush()
    os._exit(code)
