from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gendiag.records import Finding
from gendiag.rules.evidence.callbacks import callbacks_of
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.refusing_callbacks import refused
from gendiag.rules.rule import Rule, dense, sound


class MonitorDirection(Rule):
    """A callback follows a figure of which Keras does not know whether more or less of it is better.

    What fit does
        Raises at the end of the first epoch: "Keras isn't able to automatically determine whether that metric should
        be maximized or minimized". With ``mode="auto"``, the default, it looks for a metric of that very name: it knows
        its own (``accuracy``, ``auc``), and ``loss``; it knows neither the loss or metric of one output of several
        (``left_loss``, ``left_mae``) nor a function of the user's own.

    Why it hurts
        A whole epoch is trained before it raises, and the message names no argument of fit.

    How to mend it
        ``mode="max"`` or ``mode="min"`` beside ``monitor=``.

    Known limits
        Keras's own callbacks only; each is asked on a copy, since ``diagnose`` runs no callbacks.

    Source
        keras 3.15.1, callbacks/monitor_callback.py; measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "monitor-direction", "A callback cannot tell whether more or less is better"
    stops_fit = True
    consequence_of = ("monitor-missing",)
    severity = "error"

    @property
    def fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]  # a callback of its own for each fit
        return {"epochs": 1, "callbacks": [_stopping("auto")]}

    @property
    def mended_fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]
        return {"epochs": 1, "callbacks": [_stopping("min")]}

    def check(self, seen: Evidence) -> Iterator[Finding]:
        given = callbacks_of(seen)
        for place in refused(seen)[:1]:
            kind, monitor = type(given[place]).__name__, given[place].monitor
            message = (
                f"{kind} follows {monitor!r}, of which Keras cannot tell whether more or less is better: fit raises "
                "ValueError at the end of the first epoch. No batch is at fault."
            )
            fix = f'Tell {kind}: `mode="max"` where more of it is better, `mode="min"` where less is.'
            yield self.finding("error", message, fix=fix, callback=kind)

    def broken(self) -> Iterator[Any]:
        return sound()

    def mended(self) -> Iterator[Any]:
        return sound()

    def model(self) -> Any:
        model = dense()
        model.compile("sgd", "mse", metrics=[_bias])
        return model


def _bias(y: Any, predicted: Any) -> Any:
    return predicted - y


def _stopping(mode: str) -> Any:
    import keras

    return keras.callbacks.EarlyStopping(monitor="_bias", mode=mode)
