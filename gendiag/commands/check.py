"""``python -m gendiag check``: a diagnosis in a terminal, or a gate in a CI job and before a long training.

Exit codes: 0, nothing was found at or above ``--fail-on``; 1, something was; 2, there is no diagnosis, because of the
arguments, the user's modules or an error of ours; 130, stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from typing import TYPE_CHECKING, Any, TextIO

from gendiag.commands.check_arguments import FIT, LIMITS, SEVERITIES
from gendiag.commands.object_reference import named, raised, split
from gendiag.commands.process import counted_interrupts, write
from gendiag.errors import BadArgumentError, BadModelError, GendiagError
from gendiag.runtime.tracebacks import users_place
from gendiag.sources.factory import is_maker, made_by, missing_arguments
from gendiag.sources.source import class_names, defined_in, describe_type

if TYPE_CHECKING:
    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.report import Report

CLEAN, FOUND, NO_DIAGNOSIS, INTERRUPTED = 0, 1, 2, 130


def check(given: argparse.Namespace, out: TextIO) -> int:
    """Diagnose, write the report to ``out``, and return the exit code. What else is said goes to stderr."""
    try:
        with counted_interrupts() as interrupts:
            report = _diagnosed(given)
        write(out, _text(report, as_json=given.json))
    except KeyboardInterrupt:
        _say("stopped before there was anything to report.")
        return INTERRUPTED
    except GendiagError as error:
        _say(str(error))
        return NO_DIAGNOSIS
    except (Exception, SystemExit) as error:  # noqa: BLE001  (a source that raises when it is made, or a bug of ours)
        _say(_unexpected(error))
        return NO_DIAGNOSIS
    if interrupts or report.diagnosis.rehearsal.ended == "stopped":
        return INTERRUPTED
    return FOUND if is_found(report.diagnosis, given.fail_on) else CLEAN


def is_found(diagnosis: Diagnosis, fail_on: str) -> bool:
    """Whether there is a finding at or above a severity, or fit does not come through with finite weights."""
    failing = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    severe = any(finding.severity in failing for finding in diagnosis.findings)
    return severe or diagnosis.verdict in {"raises", "never ends", "trains to NaN"}


def _diagnosed(given: argparse.Namespace) -> Report:
    source = _named(given.source)
    numbers = {name: value for name in (*FIT, "shuffle", *LIMITS) if (value := getattr(given, name)) is not None}
    validation = {"validation_data": _named(given.validation_data)} if given.validation_data else {}
    model = _made(_named(given.model), given.model) if given.model else None
    from gendiag.report import diagnose

    return diagnose(source, model, progress=sys.stderr.isatty(), **numbers, **validation)


def _named(reference: str) -> Any:
    """Return what a reference names: something, and if it is a function, one that can be called."""
    value = named(reference)
    if value is None:
        msg = f"{reference} is None when the module is imported. Name a function that makes it."
        raise BadArgumentError(msg)
    missing = missing_arguments(value) if is_maker(value) else []
    if missing:
        module, name = split(reference)
        msg = (
            f"{name} cannot be called without arguments: it wants {', '.join(missing)}. Write a function without "
            f"arguments and name that: `def checked(): return {name}({', '.join(missing)})`, {module}:checked."
        )
        raise BadArgumentError(msg)
    return value


def _made(model: Any, reference: str) -> Any:
    """Call what makes a model: a function, method, class or partial. A Keras model, callable too, is none of these."""
    try:
        made = made_by(model)
    except (Exception, SystemExit) as error:
        raise BadModelError(raised(f"{reference} raised", error)) from error
    if not ("Model" in class_names(made) and defined_in(made, "keras")):
        why = "Does it lack a `return`?" if made is None else "Name the compiled model, or a function that makes it."
        msg = f"{reference} gives {describe_type(made)}, no keras.Model. {why}"
        raise BadModelError(msg)
    return made


def _text(report: Report, *, as_json: bool) -> str:
    if as_json:
        from gendiag.export.json_report import to_json

        return f"{to_json(report.diagnosis)}\n"
    return f"{report!r}\n"


def _unexpected(error: BaseException) -> str:
    """Tell what a function or a dataset of the user's raised from a bug of ours."""
    called = {frame.name for frame in traceback.extract_tb(error.__traceback__)}
    if made_by.__name__ in called or users_place(error) is not None:
        return raised("your code raised, so there is no diagnosis", error)
    return f"this is a bug of gendiag, please report it.\n{''.join(traceback.format_exception(error))}"


def _say(text: str) -> None:
    from gendiag.views.wording import printable

    sys.stderr.write(f"python -m gendiag check: {printable(text)}\n")
