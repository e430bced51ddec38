from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from gendiag.records import Finding
from gendiag.rules.evidence.callbacks import callbacks_of
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Rule, sound
from gendiag.sources.source import class_names, defined_in

FOLLOWS = ("EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint")


class MonitorMissing(Rule):
    """A callback follows a figure of the validation, and fit validates on nothing.

    What fit does
        Calls the callback, which finds no ``val_loss`` in the logs, warns once an epoch ("which is not available") and
        does nothing: EarlyStopping never stops, ``ModelCheckpoint(save_best_only=True)`` never saves.

    Why it hurts
        ``val_loss`` is their default, so that leaving out ``validation_data`` turns them off. After training there is
        no saved model.

    How to mend it
        Pass ``validation_data``, or let the callback follow ``monitor="loss"``.

    Known limits
        Keras's own callbacks only, and only where no other is given, since one may write the figure into the logs.

    Source
        keras 3.15.1, callbacks/monitor_callback.py and model_checkpoint.py; measured on keras 3.15.1 / tensorflow
        2.21.0.
    """

    name, title = "monitor-missing", "A callback waits for val_loss, and nothing is validated"

    @property
    def fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]  # a callback of its own for each fit
        return {"epochs": 1, "callbacks": [_stopping()]}

    @property
    def mended_fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]
        arrays = tuple(np.concatenate(part) + 1 for part in zip(*sound(), strict=True))
        return {"epochs": 1, "callbacks": [_stopping()], "validation_data": arrays}

    def check(self, seen: Evidence) -> Iterator[Finding]:
        is_validated = seen.fit_args.get("validation_data") is not None or seen.fit_args.get("validation_split")
        if is_validated or seen.failure is not None or not seen.rehearsal.deliveries:
            return
        callbacks = callbacks_of(seen)
        if any(_is_own(callback) for callback in callbacks):  # it may write the figure into the logs
            return
        for callback in callbacks:
            monitor = getattr(callback, "monitor", "") if _follows(callback) else ""
            if not isinstance(monitor, str) or not monitor.startswith("val_"):
                continue
            message = (
                f"{type(callback).__name__} follows {monitor!r}, and fit is given no validation_data beside the "
                "source: there is no such figure, and the callback does nothing but warn."
            )
            other = monitor.removeprefix("val_")
            fix = f'Pass `validation_data=...`, or let it follow the training: `monitor="{other}"`.'
            yield self.finding("warning", message, fix=fix, callback=type(callback).__name__)
            return

    def broken(self) -> Iterator[Any]:
        return sound()

    def mended(self) -> Iterator[Any]:
        return sound()


def _is_own(callback: Any) -> bool:
    return type(callback).__module__.split(".")[0] != "keras" or type(callback).__name__ == "LambdaCallback"


def _follows(callback: Any) -> bool:
    names = class_names(callback) & set(FOLLOWS)
    saves_all = "ModelCheckpoint" in names and not getattr(callback, "save_best_only", False)
    return bool(names) and defined_in(callback, "keras") and not saves_all


def _stopping() -> Any:
    import keras

    return keras.callbacks.EarlyStopping()
