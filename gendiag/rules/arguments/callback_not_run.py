from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gendiag.records import Finding
from gendiag.rules.evidence.callbacks import callbacks_of, held_by, reached, writes
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Rule, sound
from gendiag.sources.source import Source, describe_type

STATE = (dict, list, set)


class CallbackNotRun(Rule):
    """A callback holds the source, or something that the source reads, and callbacks are not run by ``diagnose``.

    What fit does
        Calls it between batches and epochs, where it may change what the source yields: a curriculum that raises a
        level, a list that grows, a generator that is read from.

    Why it hurts
        ``diagnose`` leaves callbacks out, because they may save, log and stop: what it says of the source is what the
        source does as it is now, and not what the callback makes of it.

    How to mend it
        Watch the fit itself: ``with gendiag.watch() as flight: model.fit(...)``, then ``flight.report``.

    Known limits
        Told by the objects that the callback's attributes and functions refer to; nothing of it is run. Whether it
        really changes the source is not known.

    Source
        gendiag's own rehearsal; what a callback changes was measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "callback-not-run", "A callback holds the source, and was not run"
    severity = "note"

    @property
    def fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]  # the source that broken gives too
        return {"callbacks": [_raises_level(_made())]}

    @property
    def mended_fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]
        return {"callbacks": []}

    def check(self, seen: Evidence) -> Iterator[Finding]:
        if seen.rehearsal.live:
            return
        for callback in callbacks_of(seen):
            held = held_by(callback)
            if _holds(seen.source, held):
                what = "holds your source"
            elif seen.validation_source is not None and _holds(seen.validation_source, held):
                what = "holds your validation data"
            elif (shared := _shared(seen.source, held)) is not None and writes(callback):
                what = f"holds {describe_type(shared)} that your source reads too, and writes"
            else:
                continue
            message = (
                f"The callbacks were not run, and {type(callback).__name__} {what}: if it changes what is yielded, "
                "that is not seen here."
            )
            fix = "Watch the fit itself: `with gendiag.watch() as flight: model.fit(...)`, then `flight.report`."
            yield self.finding("note", message, fix=fix, callback=type(callback).__name__)
            return

    def broken(self) -> Any:
        return _made()

    def mended(self) -> Any:
        return _items()


def _holds(source: Source, held: Mapping[int, Any]) -> bool:
    """Whether the source itself is held, of a kind that somebody else can change or read from."""
    return not (source.is_graph or source.is_sliced) and id(source.value) in held


def _shared(source: Source, held: Mapping[int, Any]) -> Any | None:
    """Return a container, or an object with attributes, that the source's function reads and that is held too."""
    function = source.maker if hasattr(source.maker, "__code__") else None
    mine = list(reached(function)) if function is not None else []
    mine += list(getattr(source.value, "__dict__", {}).values()) if source.is_indexed else []
    return next((value for value in mine if id(value) in held and _is_state(value)), None)


def _is_state(value: Any) -> bool:
    is_object = hasattr(value, "__dict__") and not callable(value) and not hasattr(value, "shape")
    return isinstance(value, STATE) or is_object


_MADE: list[Any] = []


def _made() -> Any:
    if not _MADE:
        _MADE.append(_items())
    return _MADE[0]


def _items() -> Any:
    import keras

    class Items(keras.utils.PyDataset):
        level = 1

        def __init__(self) -> None:
            super().__init__(workers=1)
            self.batches = list(sound())

        def __len__(self) -> int:
            return len(self.batches)

        def __getitem__(self, index: int) -> Any:
            x, y = self.batches[index]
            return x * self.level, y

    return Items()


def _raises_level(items: Any) -> Any:
    import keras

    class Curriculum(keras.callbacks.Callback):
        def __init__(self) -> None:
            super().__init__()
            self.items = items

        def on_epoch_end(self, epoch: int, *_logs: object) -> None:
            self.items.level = epoch + 1

    return Curriculum()
