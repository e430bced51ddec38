from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gendiag.records import Finding
from gendiag.rules.evidence.callbacks import callbacks_of
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Rule, sound
from gendiag.sources.source import describe_type

# How fit calls each method (keras 3.5.0 to 3.15.1, callbacks/callback_list.py): by place, and by name.
EPOCH = (("epoch", "logs"), ())
BATCH = (("batch",), ("logs",))
WHOLE = (("logs",), ())
CALLS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    **dict.fromkeys(("on_train_begin", "on_train_end"), WHOLE),
    **dict.fromkeys(("on_epoch_begin", "on_epoch_end"), EPOCH),
    **dict.fromkeys(("on_train_batch_begin", "on_batch_begin", "on_train_batch_end", "on_batch_end"), BATCH),
}


class CallbackForm(Rule):
    """Something in ``callbacks`` is no callback, or has a method that cannot be called as fit calls it.

    What fit does
        Calls ``set_model`` of each before the first batch, which a class in the place of an object, a text or a
        function does not take; then ``on_epoch_end(epoch, logs)`` and ``on_train_batch_end(batch, logs=logs)``, the
        logs of a batch by name. A method with other parameters raises a TypeError at its first call.

    Why it hurts
        The message is about an attribute or a number of arguments, and ``on_epoch_end`` comes after a whole epoch.

    How to mend it
        Make an object, ``EarlyStopping()``, and give each method the parameters that fit calls it with.

    Known limits
        Only told of by the parameters; nothing of the callback is run. Methods about the validation are not looked at.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    stops_fit = True
    name, title = "callback-form", "Something among the callbacks cannot be called as fit calls it"
    severity = "error"

    @property
    def fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]  # a callback of its own for each fit
        import keras

        return {"epochs": 1, "callbacks": [keras.callbacks.TerminateOnNaN]}

    @property
    def mended_fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]
        import keras

        return {"epochs": 1, "callbacks": [keras.callbacks.TerminateOnNaN()]}

    def check(self, seen: Evidence) -> Iterator[Finding]:
        failure = seen.failure
        run = seen.rehearsal
        is_rehearsed = run.method == "fit" and not run.live and bool(run.deliveries)
        if (failure is None and not is_rehearsed) or (failure is not None and failure.callback is None):
            return  # a live fit that came through has called them
        for callback in callbacks_of(seen):
            method, message, fix = _odd(callback)
            if not method or (failure is not None and not _raised(failure.callback, callback, method)):
                continue
            end = "before the first batch" if method == "set_model" else f"at the first call of {method}"
            yield self.finding("error", f"{message}: fit raises {end}.", fix=fix, method=method)
            return

    def broken(self) -> Iterator[Any]:
        return sound()

    def mended(self) -> Iterator[Any]:
        return sound()


def _raised(called: str | None, callback: Any, method: str) -> bool:
    """Whether that call is the one which raised: ``type.set_model()``."""
    return str(called).startswith(f"{type(callback).__name__}.{method}(") or (
        str(called).startswith(f"{type(callback).__name__}.on_train_batch") and method.startswith("on_batch")
    )


def _odd(callback: Any) -> tuple[str, str, str]:
    """Return the method that fit cannot call, why, and what to do; empty where nothing is wrong."""
    if isinstance(callback, type) and hasattr(callback, "set_model"):
        name = callback.__name__
        return (
            "set_model",
            f"callbacks holds the class {name}, not an object of it",
            f"Make an object, with parentheses: `callbacks=[{name}(...)]`.",
        )
    if not hasattr(callback, "set_model"):
        return _no_callback(callback) if not isinstance(callback, (list, tuple, dict)) else ("", "", "")
    methods = {name: getattr(callback, name, None) for name in CALLS if not _is_replaced(callback, name)}
    odd = (name for name, method in methods.items() if callable(method) and not _takes(method, *CALLS[name]))
    method = next(odd, "")
    return (method, *_parameters(callback, method, methods[method])) if method else ("", "", "")


def _is_replaced(callback: Any, name: str) -> bool:
    """Whether fit's own call of ``on_batch_end``, in ``on_train_batch_end``, is written over."""
    caller = name.replace("on_batch", "on_train_batch")
    module = str(getattr(getattr(callback, caller, None), "__module__", ""))
    return caller != name and not module.startswith("keras.")


def _no_callback(value: Any) -> tuple[str, str, str]:
    fix = "Pass objects of keras.callbacks.Callback, such as `keras.callbacks.EarlyStopping()`."
    if callable(value):
        fix = "Wrap the function: `keras.callbacks.LambdaCallback(on_epoch_end=...)`."
    what = "None" if value is None else describe_type(value)
    if value is None:
        fix = "Leave the None out: `callbacks=[each for each in callbacks if each is not None]`."
    return "set_model", f"callbacks holds {what}, which is no callback", fix


def _takes(method: Callable[..., Any], by_place: tuple[str, ...], by_name: tuple[str, ...]) -> bool:
    try:
        inspect.signature(method).bind(*by_place, **dict.fromkeys(by_name))
    except TypeError:
        return False
    except ValueError:  # no signature is known
        return True
    return True


def _plain(signature: inspect.Signature) -> inspect.Signature:
    """The parameters without their types."""
    given = [each.replace(annotation=inspect.Parameter.empty) for each in signature.parameters.values()]
    return inspect.Signature(given)


def _parameters(callback: Any, method: str, function: Any) -> tuple[str, str]:
    by_place, by_name = CALLS[method]
    called = ", ".join([*by_place, *(f"{name}=..." for name in by_name)])
    wanted = ", ".join([*by_place, *by_name]).replace("logs", "logs=None")
    own = _plain(inspect.signature(function))
    message = f"{type(callback).__name__}.{method} takes {own}, and fit calls it as {method}({called})"
    name = getattr(function, "__name__", method)
    if name == "<lambda>":
        return message, f"Write `lambda {wanted}: ...`."
    parameters = f"self, {wanted}" if inspect.ismethod(function) else wanted
    return message, f"Write `def {name}({parameters}):`."
