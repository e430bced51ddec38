from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from gendiag.records import Finding
from gendiag.rules.evidence.callbacks import callbacks_of, functions_of
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.refusing_callbacks import refused
from gendiag.rules.rule import Rule, sound
from gendiag.sources.source import class_names, defined_in

SHOWN, LIKE = 6, 0.5  # names in the message; share of the letters that two names have in common
FOLLOWS = ("EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint")


class MonitorMissing(Rule):
    """A callback follows a figure that fit never logs: one of a validation that there is not, or of another name.

    What fit does
        Calls the callback, which finds no such name in the logs, warns once an epoch ("which is not available") and
        does nothing: EarlyStopping never stops, ``ModelCheckpoint(save_best_only=True)`` never saves. With
        ``mode="auto"``, the default, and another name than ``val_loss``, it raises at the end of the first epoch.

    Why it hurts
        ``val_loss`` is their default, so that leaving out ``validation_data`` turns them off; a metric is logged under
        its own name, ``accuracy`` and not ``acc``, and with several outputs with theirs in front. After training there
        is no saved model.

    How to mend it
        Pass ``validation_data``, or let the callback follow what is logged, such as ``monitor="loss"``.

    Known limits
        Keras's own callbacks only. ``diagnose`` runs no callbacks, and says nothing where one of the user's own might
        log the figure.

    Source
        keras 3.15.1, callbacks/monitor_callback.py and model_checkpoint.py; measured on keras 3.15.1 / tensorflow
        2.21.0.
    """

    stops_fit = True
    name, title = "monitor-missing", "A callback follows a figure that is never logged"

    @property
    def fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]  # a callback of its own for each fit
        return {"epochs": 1, "callbacks": [_stopping()]}

    @property
    def mended_fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]
        arrays = tuple(np.concatenate(part) + 1 for part in zip(*sound(), strict=True))
        return {"epochs": 1, "callbacks": [_stopping()], "validation_data": arrays}

    def check(self, seen: Evidence) -> Iterator[Finding]:
        will_raise = refused(seen)
        if (seen.failure is not None and not will_raise) or not seen.rehearsal.deliveries:
            return
        for place, callback in enumerate(callbacks_of(seen)):
            told = _told(seen, callback)
            if told is None or (seen.failure is not None and place not in will_raise):
                continue
            does = "the callback does nothing but warn"
            if place in will_raise:
                does = (
                    "Keras cannot tell whether more or less of it is better: fit raises ValueError at the end of the "
                    "first epoch"
                )
            name = type(callback).__name__
            message = f"{name} follows {callback.monitor!r}, {told[0]}, and {does}."
            yield self.finding("error" if place in will_raise else "warning", message, fix=told[1], callback=name)
            return

    def broken(self) -> Iterator[Any]:
        return sound()

    def mended(self) -> Iterator[Any]:
        return sound()


def _told(seen: Evidence, callback: Any) -> tuple[str, str] | None:
    """Why the figure is not there, and what to do; None where it is, or where that cannot be known."""
    monitor = getattr(callback, "monitor", "") if _follows(callback) else ""
    if not isinstance(monitor, str) or not monitor or monitor in _names(seen) or _is_unknown(seen):
        return None
    is_validated = seen.fit_args.get("validation_data") is not None or seen.fit_args.get("validation_split")
    if monitor.startswith("val_") and not is_validated:
        return _nothing_validated(monitor)
    return None if _may_be_logged(seen, monitor) else _another_name(monitor, _names(seen))


def _nothing_validated(monitor: str) -> tuple[str, str]:
    other = monitor.removeprefix("val_")
    return (
        "and fit is given no validation_data beside the source: there is no such figure",
        f'Pass `validation_data=...`, or let it follow the training: `monitor="{other}"`.',
    )


def _another_name(monitor: str, names: list[str]) -> tuple[str, str]:
    """What is logged, and the name that was likely meant: the one most like it, of the same data."""
    same = [name for name in names if name.startswith("val_") == monitor.startswith("val_")]
    alike = difflib.get_close_matches(monitor.lower(), same, n=1, cutoff=LIKE)
    what = f"which fit never logs: it logs {', '.join(names[:SHOWN])}{', ...' if len(names) > SHOWN else ''}"
    other = alike[0] if alike else "val_loss" if "val_loss" in names else "loss"
    metric = monitor.removeprefix("val_")
    return what, (
        f'Follow what is logged, `monitor="{other}"`'
        + ("." if alike else f", or give compile a metric of the name {metric!r}; the name that Keras logs counts.")
    )


def _names(seen: Evidence) -> list[str]:
    """Figures that are logged, of an evaluation too where fit is to evaluate."""
    return list(seen.model_run.logged) if seen.model_run is not None else []


def _may_be_logged(seen: Evidence, monitor: str) -> bool:
    """Whether it is logged, or cannot be known not to be."""
    names = _names(seen)
    if not names or monitor.startswith("learning_rate"):
        return True
    # Whether no evaluation was run to its end.
    return monitor.startswith("val_") and not any(name.startswith("val_") for name in names)


def _is_unknown(seen: Evidence) -> bool:
    """Whether a callback of the user's own, which a rehearsal does not run, may log what it likes."""
    return not seen.rehearsal.live and any(functions_of(callback) for callback in callbacks_of(seen))


def _follows(callback: Any) -> bool:
    names = class_names(callback) & set(FOLLOWS)
    saves_all = "ModelCheckpoint" in names and not getattr(callback, "save_best_only", False)
    return bool(names) and defined_in(callback, "keras") and not saves_all


def _stopping() -> Any:
    import keras

    return keras.callbacks.EarlyStopping()
