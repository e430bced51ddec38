"""What is put around Keras while a flight is open, and taken away with the last one.

``fit``, ``evaluate`` and ``predict`` of ``keras.Model``; beneath them, for recorded calls only, the two places where
Keras's adapters make a dataset; and ``warnings.showwarning``.
"""

from __future__ import annotations

import functools
import inspect
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from gendiag.flight.call import Call

METHODS = ("fit", "evaluate", "predict")


class Recorder(Protocol):
    """What opens a flight."""

    def call(self, method: str, model: Any, given: dict[str, Any]) -> tuple[Call, dict[str, Any]]:
        """Begin the record of one call; with it come the arguments for Keras, the sources tapped."""

    def warned(self, text: str) -> None:
        """Take note of a warning."""


_recorders: list[Recorder] = []
_undo: list[Callable[[], None]] = []
_lock = threading.RLock()
_here = threading.local()


def begin(recorder: Recorder) -> None:
    """Record for ``recorder`` from here on; the first one puts the patches in place."""
    with _lock:
        if not _recorders:
            _install()
        _recorders.append(recorder)


def end(recorder: Recorder) -> None:
    """Record no more for ``recorder``; the last one takes the patches away."""
    with _lock:
        if recorder in _recorders:
            _recorders.remove(recorder)
        if not _recorders:
            while _undo:
                _undo.pop()()


def _install() -> None:
    import keras
    import tensorflow as tf

    for method in METHODS:
        _patch(keras.Model, method, _recorded)
    _patch(tf.data.Dataset, "from_generator", _from_generator, around=staticmethod)
    iterator = _epoch_iterator()
    if iterator is not None:
        _patch(iterator, "__init__", _dataset_made)
    _patch(warnings, "showwarning", _showwarning)


def _epoch_iterator() -> Any:
    # Private, the same in keras 3.5.0 and 3.15.1: the one place through which every dataset of fit comes.
    trainer = sys.modules.get("keras.src.backend.tensorflow.trainer")
    return getattr(trainer, "TFEpochIterator", None)


def _patch(owner: Any, name: str, make: Callable[[Any], Any], around: Callable[[Any], Any] = lambda made: made) -> None:
    """Replace an attribute, and remember how to put it back: to nothing, where it was inherited."""
    own, original = vars(owner).get(name), getattr(owner, name)
    replacement = around(make(original))
    setattr(owner, name, replacement)

    def undo() -> None:
        if vars(owner).get(name) is not replacement:  # somebody else's by now, who may still call ours
            return
        if own is None:
            delattr(owner, name)
        else:
            setattr(owner, name, own)

    _undo.append(undo)


# ---------------------------------------------------------------------- the calls
def _recorded(original: Any) -> Any:
    method, signature = original.__name__, inspect.signature(original)

    @functools.wraps(original)
    def recorded(self: Any, *args: Any, **kwargs: Any) -> Any:
        recorders = list(_recorders)
        if not recorders or "_use_cached_eval_dataset" in kwargs:  # fit's own evaluation is a part of fit
            return original(self, *args, **kwargs)
        names = list(signature.parameters)[1 : len(args) + 1]
        if len(names) < len(args) or not kwargs.keys().isdisjoint(names):  # the original says what is wrong
            return original(self, *args, **kwargs)
        calls, arguments = _opened(recorders, method, self, {**dict(zip(names, args, strict=True)), **kwargs})
        return _run(original, self, calls, arguments)

    return recorded


def _opened(
    recorders: Sequence[Recorder], method: str, model: Any, given: dict[str, Any]
) -> tuple[list[Call], dict[str, Any]]:
    calls, arguments = [], given
    for recorder in recorders:
        call, arguments = _begun(recorder, method, model, arguments)
        if call is not None:
            calls.append(call)
    return calls, arguments


def _begun(recorder: Recorder, method: str, model: Any, given: dict[str, Any]) -> tuple[Call | None, dict[str, Any]]:
    try:
        return recorder.call(method, model, given)
    except Exception as error:  # noqa: BLE001  (a failure of ours must not end the user's training)
        warnings.warn(f"gendiag does not record this {method}: {type(error).__name__}: {error}", stacklevel=5)
        return None, given


def _run(original: Any, model: Any, calls: list[Call], arguments: dict[str, Any]) -> Any:
    standing = _standing()
    standing.append(calls)
    try:
        result = original(model, **arguments)
    except BaseException as error:
        for call in reversed(calls):
            _over(call, error)
        raise
    finally:
        standing.pop()
    for call in reversed(calls):
        _over(call, None)
    return result


def _over(call: Call, error: BaseException | None) -> None:
    with call.train.tap.sparing():
        call.done() if error is None else call.raised(error)


# ---------------------------------------------------------------------- where adapters make datasets
def _standing() -> list[list[Call]]:
    """The recorded calls of this thread, the innermost last."""
    if not hasattr(_here, "calls"):
        _here.calls = []
    calls: list[list[Call]] = _here.calls
    return calls


def _from_generator(original: Any) -> Any:
    @functools.wraps(original)
    def from_generator(generator: Any, *args: Any, **kwargs: Any) -> Any:
        caller = sys._getframe(1).f_globals.get("__name__", "")  # noqa: SLF001  (documented)
        if _standing() and str(caller).startswith("keras."):
            for call in _standing()[-1]:
                generator = call.feed_made.streamed(generator, kwargs.get("output_signature"))
        return original(generator, *args, **kwargs)

    return from_generator


def _dataset_made(original: Any) -> Any:
    @functools.wraps(original)
    def made(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        for call in _standing()[-1] if _standing() else ():
            dataset = getattr(self, "_distributed_dataset", None)
            if dataset is not None:
                self._distributed_dataset = call.feed_made.arriving(dataset)

    return made


def _showwarning(original: Any) -> Any:
    @functools.wraps(original)
    def showwarning(message: Any, category: Any, *args: Any, **kwargs: Any) -> None:
        for recorder in _recorders:
            recorder.warned(f"{category.__name__}: {message}")
        original(message, category, *args, **kwargs)

    return showwarning
