from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from string import Formatter
from typing import Any

from gendiag.records import Finding
from gendiag.rules.evidence.callbacks import callbacks_of, functions_of
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Rule, sound
from gendiag.sources.source import class_names, defined_in

SHOWN, LIKE = 6, 0.5  # names in the message; share of the letters that two names have in common
RATE, SCHEDULES = "learning_rate", {"LearningRateScheduler", "ReduceLROnPlateau"}
SAID = "Failed to format this callback filepath"  # keras 3.5.0 to 3.15.1


class CheckpointName(Rule):
    """The file name of a ``ModelCheckpoint`` asks for a figure that is not logged when it saves.

    What fit does
        Fills in the epoch and what is logged, ``{epoch:02d}`` and ``{val_loss:.2f}``, at the end of each epoch, and
        raises KeyError for a name that is not there: ``{val_acc}`` where the metric is logged as ``val_accuracy``,
        ``{val_loss}`` without validation data, in an epoch that is not validated, or when it saves every n batches;
        ``{batch}`` when it saves every epoch.

    Why it hurts
        It comes after a whole epoch, which is lost, and the data are not at fault.

    How to mend it
        Ask for what is logged, or for the epoch alone.

    Known limits
        Nothing is said by ``diagnose`` where a callback of the user's own might log the figure.

    Source
        keras 3.15.1, callbacks/model_checkpoint.py; measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    stops_fit = True
    name, title = "checkpoint-name", "A checkpoint's file name asks for a figure that is not logged"
    severity = "error"

    @property
    def fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]  # a callback of its own for each fit
        return {"epochs": 1, "callbacks": [_saving("{acc:.2f}.keras", "epoch")]}

    @property
    def mended_fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]
        return {"epochs": 1, "callbacks": [_saving("{loss:.2f}.keras", 10_000)]}  # never written

    def check(self, seen: Evidence) -> Iterator[Finding]:
        failure, names = seen.failure, _logged(seen)
        if failure is not None and (failure.callback is None or SAID not in failure.details):
            return
        if not names or not seen.rehearsal.deliveries or (failure is None and _is_unknown(seen)):
            return
        for callback in filter(_saves, callbacks_of(seen)):
            path, there = str(callback.filepath), _there(seen, callback, names)
            missing = [field for field in _fields(path) if field not in there]
            if not missing or (failure is not None and path not in failure.details):
                continue
            message = (
                f"The file name of {type(callback).__name__}, {path.replace(chr(92), '/').rpartition('/')[2]!r}, asks "
                f"for {missing[0]!r}, {_why(seen, callback, missing[0], names)}: fit raises KeyError when it saves, "
                "and no batch is at fault."
            )
            is_validated = any(name.startswith("val_") for name in names)
            fix = " ".join(dict.fromkeys(_fix(each, there, is_validated=is_validated) for each in missing))
            yield self.finding("error", message, fix=fix, callback=type(callback).__name__, asked=missing[0])
            return

    def broken(self) -> Iterator[Any]:
        return sound()

    def mended(self) -> Iterator[Any]:
        return sound()


def _logged(seen: Evidence) -> list[str]:
    """Every figure of an epoch; of one that broke off before its validation, what that is to log too."""
    names = list(seen.model_run.logged) if seen.model_run is not None else []
    is_validated = seen.fit_args.get("validation_data") is not None or seen.fit_args.get("validation_split")
    if is_validated and not any(name.startswith("val_") for name in names):
        names += [f"val_{name}" for name in names]
    return names


def _fields(path: str) -> list[str]:
    """Names that the path asks for; those without one are no figure."""
    try:
        found = [name for _, name, _, _ in Formatter().parse(path) if name]
    except ValueError:  # a single brace
        return []
    return [re.split(r"[.\[]", name)[0] for name in found]


def _there(seen: Evidence, callback: Any, names: list[str]) -> list[str]:
    """Every name that can be filled in when it saves; all that it asks for where it never comes to that."""
    if callback.save_freq == "epoch":
        each = names if _is_every_epoch(seen) else [name for name in names if not name.startswith("val_")]
        return ["epoch", *each, *_of_schedules(seen, callback)]
    if len(seen.rehearsal.deliveries) < callback.save_freq:
        return _fields(str(callback.filepath))
    return ["epoch", "batch", *(name for name in names if not name.startswith("val_"))]


def _of_schedules(seen: Evidence, callback: Any) -> list[str]:
    """What Keras's own callbacks log that change the learning rate, where they are called before."""
    before = callbacks_of(seen)
    before = before[: next(place for place, each in enumerate(before) if each is callback)]
    return [RATE] if any(SCHEDULES & class_names(each) for each in before) else []


def _is_every_epoch(seen: Evidence) -> bool:
    """Whether epoch 1 is validated, as far as ``validation_freq`` says."""
    given = seen.fit_args.get("validation_freq", 1)
    return given == 1 if isinstance(given, int) else 1 in given


def _why(seen: Evidence, callback: Any, asked: str, names: list[str]) -> str:
    if asked == "batch":
        return "which is there only when it saves every so many batches (save_freq)"
    if asked in names and callback.save_freq != "epoch":
        return f"which is not known yet where it saves every {callback.save_freq} batches"
    if asked in names:
        return f"which is not logged in each epoch (validation_freq={seen.fit_args.get('validation_freq')})"
    if asked == RATE and any(SCHEDULES & class_names(each) for each in callbacks_of(seen)):
        return "which is logged only by a callback that is called after it"
    return f"which fit never logs (it logs {', '.join(names[:SHOWN])}{', ...' if len(names) > SHOWN else ''})"


def _fix(asked: str, there: list[str], *, is_validated: bool) -> str:
    of_validation = asked.startswith("val_")
    same = [name for name in there if name.startswith("val_") == of_validation]
    alike = difflib.get_close_matches(asked.lower(), same, n=1, cutoff=LIKE)
    if alike:
        return f"Write `{{{alike[0]}:.2f}}` in the file name."
    if asked == RATE:
        return (
            "Put LearningRateScheduler or ReduceLROnPlateau before the checkpoint: they log it at the end of an epoch."
        )
    if of_validation and not is_validated:
        return "Pass `validation_data=...`, or leave it out of the file name: `{epoch:02d}` is always there."
    return "Leave it out of the file name: `{epoch:02d}` is always there."


def _is_unknown(seen: Evidence) -> bool:
    """Whether a live fit came through, or a callback of the user's own, not rehearsed, may log what it likes."""
    return seen.rehearsal.live or any(functions_of(callback) for callback in callbacks_of(seen))


def _saves(callback: Any) -> bool:
    return "ModelCheckpoint" in class_names(callback) and defined_in(callback, "keras")


def _saving(path: str, save_freq: Any) -> Any:
    import keras

    return keras.callbacks.ModelCheckpoint(path, save_freq=save_freq)
