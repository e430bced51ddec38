"""The options of ``python -m gendiag check``: fit's own arguments and diagnose's limits, by their names.

``--fail-on`` is ``warning`` by default. An error shows by itself, a minute later: fit raises. A warning is what
trains without a word on something else than was meant, which no other check in a CI job would find. A note says that
nothing is wrong.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import Any

from gendiag.commands.object_reference import split
from gendiag.errors import BadArgumentError

SEVERITIES = ("error", "warning", "note")  # the worst first
DESCRIPTION = """\
Rehearse the real model.fit with your source, and say what it does with every batch. SOURCE is anything that fit
accepts, or a function that makes it, which is best: train:make_batches, package.data:Loader.batches, src/train.py:data.
A copy of your model is tried; the model itself stays as it was. Your module is imported, so put what trains behind
`if __name__ == "__main__":`."""
EXAMPLE = """\
example: before a long training, and as a step of a CI job

  python -m gendiag check train:make_batches --model train:make_model --epochs 10 --steps-per-epoch 100
  python -m gendiag check train:make_batches --model train:make_model --epochs 10 && python train.py
  python -m gendiag check src/train.py:make_batches --json | jq -r '.findings[] | .severity + ": " + .message'

exit code: 0 nothing found at or above --fail-on, 1 something found, 2 no diagnosis (usage, your module raised, ...),
130 stopped by Ctrl-C. The report goes to stdout; progress, errors and whatever your modules print go to stderr."""

MODEL = (
    "the compiled model; or a function or class that makes it without arguments, and is called "
    "(a keras.Model is never called, although it could be)"
)


def _reference(text: str) -> str:
    try:
        split(text)
    except BadArgumentError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _above_zero(kind: Callable[[str], float]) -> Callable[[str], float]:
    def number(text: str) -> float:
        value = kind(text)
        if not (value > 0 and math.isfinite(value)):
            msg = f"{text}: it must be above 0, and finite"
            raise argparse.ArgumentTypeError(msg)
        return value

    number.__name__ = kind.__name__  # argparse names it: "invalid int value"
    return number


FIT: dict[str, Any] = {  # fit's own arguments that are plain numbers, by their names in Keras
    "epochs": int,
    "initial_epoch": int,
    "steps_per_epoch": int,
    "batch_size": int,
    "validation_split": float,
    "validation_steps": int,
    "validation_batch_size": int,
    "validation_freq": int,
}
LIMITS: dict[str, tuple[Any, str]] = {  # of diagnose
    "rehearse_epochs": (int, "exactly how many epochs to rehearse (default: 3, and more as long as it is quick)"),
    "max_batches": (int, "most training steps of the rehearsal (default: 2000)"),
    "budget_s": (float, "most seconds of the rehearsal (default: 60); --budget means the same"),
    "quiet_s": (float, "seconds without a sign of life until the answer is that fit never ends (default: 30)"),
    "keep_bytes": (int, "most bytes of batches held for trials (default: 256 MiB)"),
}


def add_check(commands: Any) -> None:
    """Add the command with its options to those of ``python -m gendiag``."""
    parser = commands.add_parser(
        "check",
        usage="%(prog)s SOURCE [--model MODULE:NAME] [--fail-on LEVEL] [--json] [options of fit, and limits]",
        help="diagnose a source of yours; the exit code says whether something was found",
        description=DESCRIPTION,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,  # else a misspelt argument of fit might be taken for another one
    )
    parser.set_defaults(refuse=parser.error)
    parser.add_argument("source", type=_reference, metavar="SOURCE", help="module:name or path/to/file.py:name")
    parser.add_argument("--model", type=_reference, metavar="MODULE:NAME", help=MODEL)
    _add_result(parser.add_argument_group("result"))
    _add_fit(parser.add_argument_group("arguments of fit, as you pass them"))
    _add_limits(parser.add_argument_group("limits of the diagnosis"))


def _add_result(group: Any) -> None:
    told = "exit with 1 on findings so severe or worse (default: %(default)s, since these train without a word)"
    group.add_argument("--fail-on", choices=SEVERITIES, default="warning", help=told)
    group.add_argument("--json", action="store_true", help="print one JSON object in place of the text")


def _add_fit(group: Any) -> None:
    for name, kind in FIT.items():
        group.add_argument(_option(name), type=kind, metavar="N" if kind is int else "SHARE")
    group.add_argument("--shuffle", action=argparse.BooleanOptionalAction)
    group.add_argument("--validation-data", type=_reference, metavar="MODULE:NAME", help="as SOURCE")


def _add_limits(group: Any) -> None:
    for name, (kind, told) in LIMITS.items():
        names = [_option(name), *(["--budget"] if name == "budget_s" else [])]
        unit = "SECONDS" if kind is float else "N"
        group.add_argument(*names, dest=name, type=_above_zero(kind), metavar=unit, help=told)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
