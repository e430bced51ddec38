from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from types import FunctionType, MappingProxyType
from typing import Any, ClassVar

from gendiag.records import Finding, Severity
from gendiag.rules.evidence.callbacks import callbacks_of
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.items_behind import items_behind
from gendiag.rules.evidence.passes import repeats
from gendiag.rules.evidence.source_code import changes_itself, changes_something, methods, names_in
from gendiag.rules.rule import Rule, sound

CALLED = ("on_epoch_begin", "on_epoch_end")
MEANT = {"start": CALLED[0], "begin": CALLED[0], "end": CALLED[1], "finish": CALLED[1]}
ALIKE = 0.75


class HookNeverCalled(Rule):
    """A method of the dataset is named like a hook of fit, and fit never calls it.

    What fit does
        Calls ``on_epoch_begin`` and ``on_epoch_end`` of a PyDataset, and no other hook: ``on_epoch_start`` or
        ``on_train_begin`` are methods like any other there. Of a PyDataset whose items a generator hands on, or
        ``from_generator``, it calls none.

    Why it hurts
        What the method does is never done: the data are not shuffled anew, the next stage never begins.

    How to mend it
        Name it ``on_epoch_begin`` or ``on_epoch_end``; give fit the PyDataset itself.

    Known limits
        Only of methods that change something and that the dataset's own class never calls; not looked for where fit is
        given callbacks of the user's own, which may call it. A note where fit runs one epoch, since a loop around fit
        may call it. Of a PyDataset behind a generator only where every epoch has the same batches in the same order.

    Source
        keras 3.15.1, py_dataset_adapter.py; measured on keras 3.15.1.
    """

    name, title = "hook-never-called", "fit never calls a hook of the dataset"
    fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"epochs": 2})

    def check(self, seen: Evidence) -> Iterator[Finding]:
        if not seen.source.is_indexed and repeats(seen) and (behind := items_behind(seen)) is not None:
            yield self._behind(seen, *behind)
        if not seen.source.is_indexed or any(map(_is_own, callbacks_of(seen))):
            return
        own = methods(seen.source.value)
        called = {name for function in own.values() for name in names_in(function)}
        for name, function in own.items():
            meant = _meant(name)
            if meant is None or name in called or meant in own:
                continue
            if not changes_something(function, own) or _is_done(function, own):
                continue
            message = (
                f"The source has a method `{name}` that changes its data, and fit never calls it: of a PyDataset it "
                f"calls `{CALLED[0]}` and `{CALLED[1]}` only. What `{name}` does is not done in this fit."
            )
            severity: Severity = "warning" if seen.rehearsal.epochs > 1 else "note"
            extra = "; it then runs once before epoch 1 too" if meant == CALLED[1] else ""
            yield self.finding(severity, message, fix=f"Name it `{meant}`{extra}.", hook=name, meant=meant)

    def _behind(self, seen: Evidence, items: Any, hook: str) -> Finding:
        """Of a PyDataset that a generator reads, fit knows nothing."""
        name, count = type(items).__name__, len(seen.by_epoch)
        rehearsed = "" if seen.rehearsal.live else " rehearsed"
        way = "from_generator" if seen.source.is_graph else "a generator"
        message = (
            f"The batches are items of the PyDataset {name}, which {way} reads; fit does not see the PyDataset and "
            f"never calls its `{hook}`. Nothing is shuffled or changed anew: the same {len(seen.by_epoch[0])} batches "
            f"come in the same order in all {count} epochs{rehearsed}."
        )
        call = "at the end of each pass" if hook == CALLED[1] else "before each pass"
        fix = f"Give fit the PyDataset itself, or call `{hook}()` {call} in the generator."
        return self.finding("warning", message, fix=fix, hook=hook, meant=hook)

    def broken(self) -> Any:
        return _items("on_epoch_start")

    def mended(self) -> Any:
        return _items("on_epoch_begin")


def _meant(name: str) -> str | None:
    """The hook that a method's name is nearly, or that its place in training is."""
    if name in CALLED or name.startswith("__"):
        return None
    if close := difflib.get_close_matches(name.lower(), CALLED, n=1, cutoff=ALIKE):
        last = name.lower().rstrip("s").rpartition("_")[2]
        return MEANT.get(last, close[0])
    parts = name.lower().split("_")
    if parts[0] == "on" and {"epoch", "train", "epochs", "training"} & set(parts):
        return next((hook for word, hook in MEANT.items() if word in parts), None)
    return None


def _is_done(function: FunctionType, own: Mapping[str, FunctionType]) -> bool:
    """Whether a hook that fit does call calls the same methods."""
    calls = names_in(function) & own.keys()
    hooks = [names_in(own[hook]) for hook in CALLED if hook in own]
    return bool(calls) and not changes_itself(function) and any(calls <= names for names in hooks)


def _is_own(callback: Any) -> bool:
    return type(callback).__module__.split(".")[0] != "keras" or type(callback).__name__ == "LambdaCallback"


def _items(hook: str) -> Any:
    import keras
    import numpy as np

    class Items(keras.utils.PyDataset):
        def __init__(self) -> None:
            super().__init__()
            self.parts, self.order = list(sound()), np.arange(6)
            self.random = np.random.default_rng(0)

        def __len__(self) -> int:
            return 6

        def __getitem__(self, index: int) -> Any:
            return self.parts[self.order[index]]

    def shuffle(self: Any) -> None:
        self.order = self.random.permutation(6)

    setattr(Items, hook, shuffle)
    return Items()
