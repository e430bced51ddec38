"""``%gendiag`` behind a failed cell: what can be had from the traceback of its fit, and what cannot."""

from __future__ import annotations

import inspect
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from gendiag.errors import NothingRecordedError, SourceSpentError
from gendiag.report import Report, diagnose
from gendiag.runtime.tracebacks import Place, cut
from gendiag.sources import as_given

OF_FIT = "keras.src.backend.tensorflow.trainer"
AGAIN = "Put %%gendiag on top of the cell that calls fit, and run it again"
OF_KERAS = ("History", "ProgbarLogger")  # fit adds them to the user's own
ANEW = "read again from the start. What it draws at random may come out otherwise."
READ_AGAIN = {
    "arrays": "its arrays, read again from the start{shuffled}.",
    "tf.data.Dataset": f"its tf.data.Dataset, {ANEW}",
    "PyDataset": f"its PyDataset {{name}}, in the state in which the failed fit left it, {ANEW}",
    "torch DataLoader": f"its torch DataLoader, {ANEW}",
}
AS_IT_IS = "{name}, as it is now."


def after_failure(names: Mapping[str, Any]) -> Report:
    """Diagnose the fit that raised in the last traceback, with its model, source and arguments.

    Parameters
    ----------
    names
        What is defined in the notebook: the function that made a generator is looked for there.

    Raises
    ------
    NothingRecordedError
        If the last exception did not come out of a fit.
    SourceSpentError
        If its data were a generator that is spent and cannot be made anew.
    """
    error = getattr(sys, "last_value", None)
    found = None if error is None else _fit_call(error)
    if found is None:
        msg = (
            "the last exception did not come out of model.fit. Type %gendiag right behind the cell that failed. Or: "
            f"{AGAIN[0].lower()}{AGAIN[1:]}."
        )
        raise NothingRecordedError(msg)
    model, given = found
    source = given.pop("x", None)
    data = tuple(given.pop(name) for name in ("y", "sample_weight") if given.get(name) is not None)
    maker = maker_of(source, names)
    for value in (source if maker is None else None, given.get("validation_data")):
        _refuse_spent(value)
    raised = "" if error is None else _raised(error)
    lines = [_weights(model), _data(source, maker, given), *_left_out(given)]
    told = "\n".join(f"  - {line}" for line in lines)
    sys.stdout.write(
        f"{raised}\nDiagnosed from the traceback of the last exception:\n{told}\n"
        f"What fit itself was given is gone. {AGAIN}, to have it recorded:\n  %%gendiag\n  model.fit(...)\n"
    )
    return _headed(diagnose((source, *data) if data else source if maker is None else maker, model, **given), raised)


def _headed(report: Report, raised: str) -> Report:
    """Let the report begin with what is known of the fit that raised."""
    judged = report._judged  # noqa: SLF001  (made here)
    return Report(replace(judged, diagnosis=replace(judged.diagnosis, raised_before=raised)))


# ---------------------------------------------------------------------- what can be had
def _raised(error: BaseException) -> str:
    """Say what fit raised, and where, as far as the traceback tells."""
    failure = cut(error)
    callback = f" in the callback {failure.callback}" if failure.callback else ""
    called = next((str(place) for place in _callers_of_fit(error)), None)
    at = f", at {failure.frame}: `{failure.code}`" if failure.frame and failure.frame != called else ""
    return f"The fit raised{callback}{_step(error)}: {str(failure).rstrip('.')}{at}."


def _callers_of_fit(error: BaseException) -> Iterator[Place]:
    """Yield the line that called fit, which is where the cell failed and says nothing more."""
    walked = list(traceback.walk_tb(error.__traceback__))
    for (caller, line), (inner, _) in pairwise(walked):
        if inner.f_code.co_name == "error_handler":
            yield Place(caller.f_code.co_filename, line, caller.f_code.co_name, "")


def _step(error: BaseException) -> str:
    """Say in which epoch and step fit stood, where it called what raised: Keras cuts its own frames out otherwise."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    callers = [frame for frame, _ in traceback.walk_stack(frames[-1])] if frames else []
    fit = next(
        (each for each in callers if each.f_code.co_name == "fit" and OF_FIT in each.f_globals["__name__"]), None
    )
    epoch, first, last = (fit.f_locals.get(name) if fit else None for name in ("epoch", "begin_step", "end_step"))
    if not isinstance(epoch, int):
        return ""
    if not isinstance(first, int) or not isinstance(last, int):
        return f" in epoch {epoch + 1}"
    return f" in epoch {epoch + 1}, " + (f"step {first + 1}" if first == last else f"steps {first + 1}-{last + 1}")


def _weights(model: Any) -> str:
    steps = int(getattr(getattr(model, "optimizer", None), "iterations", 0))
    taken = f"{steps:,} step{'' if steps == 1 else 's'}" if steps else "no step"
    failed = ", any of the failed fit included" if steps else ""
    return f"the model {model.name}, with the weights that it has now: its optimizer counts {taken}{failed}."


def _data(source: Any, maker: Any, given: Mapping[str, Any]) -> str:
    if maker is not None:
        return (
            f"batches made anew by {maker.__name__}(), from the first on. Where it depends on something that changes "
            "(random numbers, files, globals), they are not those that fit was given."
        )
    known = as_given(source)
    kind = "" if known is None else known.kind
    name = getattr(source, "__name__", type(source).__name__)
    if kind == "generator":
        if inspect.getgeneratorstate(source) == inspect.GEN_CREATED:
            return f"the generator {name}, of which fit took nothing."
        return (
            f"what is left of the generator {name}: it cannot be made anew from here ({_why_not(source)}). The batches "
            "that fit took of it are gone, with any that it raised at; batch 0 is the first one behind those."
        )
    is_shuffled = kind == "arrays" and given.get("shuffle", True) is not False
    return READ_AGAIN.get(kind, AS_IT_IS).format(name=name, shuffled=", shuffled anew" if is_shuffled else "")


def _left_out(given: Mapping[str, Any]) -> Iterator[str]:
    callbacks = given.get("callbacks")
    each = getattr(callbacks, "callbacks", callbacks) or ()
    each = each if isinstance(each, (list, tuple)) else [each]
    names = [name for name in (type(callback).__name__ for callback in each) if name not in OF_KERAS]
    if names:
        yield f"not its callbacks, which are not run: {', '.join(names)}."
    validation = given.get("validation_data")
    if inspect.isgenerator(validation) and inspect.getgeneratorstate(validation) != inspect.GEN_CREATED:
        yield f"what is left of the validation generator {validation.__name__}: what fit took of it is gone."


def _refuse_spent(source: Any) -> None:
    if not inspect.isgenerator(source):
        return
    what = {
        inspect.GEN_CLOSED: "was read by the fit that failed and is spent",
        inspect.GEN_RUNNING: "is being read by another thread",
    }.get(inspect.getgeneratorstate(source))
    if what is not None:
        msg = (
            f"the generator {source.__name__} {what}, and it cannot be made anew from here: {_why_not(source)}. "
            f"There is nothing left to diagnose. {AGAIN}:\n%%gendiag\nmodel.fit(...)"
        )
        raise SourceSpentError(msg)


# ---------------------------------------------------------------------- the call
def _fit_call(error: BaseException) -> tuple[Any, dict[str, Any]] | None:
    """Find the call of fit in a traceback: in the frame of Keras's filter, which has the arguments as they were given.

    In the frame of fit itself, they are partly replaced by what fit made of them.
    """
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    for frame in reversed(frames):
        local = frame.f_locals
        called = local.get("fn")
        if called is not None and frame.f_code.co_name == "error_handler" and called.__name__ == "fit":
            given = dict(inspect.signature(called).bind(*local["args"], **local["kwargs"]).arguments)
            return given.pop("self"), given
    return None


# ---------------------------------------------------------------------- the generator's function
def maker_of(source: Any, names: Mapping[str, Any]) -> Any:
    """The function that made a generator, if it stands in the notebook and can only make the same again."""
    if not inspect.isgenerator(source):
        return None
    made_by = _function_of(source, names)
    return made_by if made_by is not None and _is_plain(made_by) else None


def _function_of(source: Any, names: Mapping[str, Any]) -> Any:
    every = (value for value in list(names.values()) if inspect.isgeneratorfunction(value))
    return next((value for value in every if getattr(value, "__code__", None) is source.gi_code), None)


def _is_plain(function: Any) -> bool:
    return function.__closure__ is None and not inspect.signature(function).parameters


def _why_not(source: Any) -> str:
    """Why the function of a generator is not called again, from its code, which is all that there is of it."""
    code = source.gi_code
    if code.co_name == "<genexpr>":
        return "it is a generator expression"
    if code.co_argcount or code.co_kwonlyargcount or code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS):
        return "its function takes arguments"
    if code.co_freevars:
        return "its function keeps variables of its own"
    return "its function is not defined in this notebook any more"
