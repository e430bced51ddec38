from __future__ import annotations

import io
import multiprocessing
import pickle
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.records import Finding, Severity
from gendiag.rules.edits import datasets
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Edits, Rule, sound

MARKS = ("pickle", "serializ")
FORKED = (
    "cannot be pickled ({}): it runs here, where processes are forked, and raises where they are spawned "
    "(multiprocessing's default on macOS and Windows)."
)


class ForkPickle(Rule):
    """Something that the dataset holds cannot be sent to a worker process.

    What fit does
        With ``use_multiprocessing=True`` sends the dataset to each worker process. Where processes are spawned
        (``set_start_method("spawn")``) it is pickled for that, and a lock, an open file, a lambda or a generator cannot
        be: TypeError "cannot pickle '_thread.lock' object".

    Why it hurts
        The error names a type and no attribute; and where processes are forked (Linux) the same code runs, with a lock
        of its own in each process.

    How to mend it
        Leave it out in ``__getstate__`` and make it anew in ``__setstate__``; or make it on first use in
        ``__getitem__``; or use threads (``use_multiprocessing=False``).

    Known limits
        The attribute is found by pickling the attributes one by one, into nothing; where none fails with the words of
        fit's error, none is named: Keras sends every PyDataset that is alive, also one of another fit. Where processes
        are forked it is a note.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0 on Linux, with the start methods fork and spawn; which one is the
        default where: Python's documentation of multiprocessing, contexts and start methods.
    """

    name, title = "fork-pickle", "The dataset cannot be pickled for worker processes"
    severity = "note"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        dataset, failure = seen.source.value, seen.rehearsal.failure
        if not seen.source.in_processes or seen.never_ends:
            return
        complaints = _complaints(dataset)
        if failure is None:
            if complaints and multiprocessing.get_start_method() == "fork":
                yield self._finding("note", dataset, list(complaints), FORKED.format(next(iter(complaints.values()))))
        elif any(mark in failure.line for mark in MARKS):
            guilty = [name for name, complaint in complaints.items() if complaint in failure.details]
            yield self._finding("error", dataset, guilty, f"cannot be pickled for that: {failure.line.rstrip('.')}.")

    def _finding(self, severity: Severity, dataset: Any, guilty: list[str], consequence: str) -> Finding:
        named = " and ".join(f"self.{name} ({_class_of(getattr(dataset, name, None))})" for name in guilty)
        message = (
            "The source is sent to worker processes (use_multiprocessing=True), and "
            f"{named or 'something that is sent along'} {consequence}"
        )
        drop = f"`del state[{guilty[0]!r}]`" if guilty else "leave it out"
        fix = (
            f"Drop it in `__getstate__` ({drop}) and make it anew in `__setstate__`, "
            "or use threads: use_multiprocessing=False."
        )
        return self.finding(severity, message, fix=fix, attributes=guilty)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        yield datasets.threads(at(seen, finding))

    def broken(self) -> Any:
        return _items(spoiled=True)

    def mended(self) -> Any:
        return _items(spoiled=False)


def _complaints(dataset: Any) -> dict[str, str]:
    """What pickling raises, by attribute; arrays are not tried, they can be pickled and may be large."""
    state = getattr(dataset, "__getstate__", lambda: vars(dataset))()
    complaints = {
        name: _complaint(value)
        for name, value in (state if isinstance(state, dict) else {}).items()
        if not isinstance(value, np.ndarray)
    }
    return {name: complaint for name, complaint in complaints.items() if complaint}


def _complaint(value: object) -> str:
    try:
        pickle.dump(value, _Nothing())
    except (TypeError, AttributeError, pickle.PicklingError) as error:
        return str(error)
    except RuntimeError:  # locks of multiprocessing are handed over in a way of their own
        return ""
    return ""


def _class_of(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__name__}".removeprefix("builtins.")


class _Nothing(io.RawIOBase):
    """A file that keeps nothing."""

    def write(self, data: Any) -> int:
        return len(data)


def _items(*, spoiled: bool) -> Any:
    import keras

    class Items(keras.utils.PyDataset):
        def __init__(self) -> None:
            super().__init__(workers=2, use_multiprocessing=spoiled)
            self.lock = threading.Lock()

        def __len__(self) -> int:
            return 6

        def __getitem__(self, index: int) -> Any:
            return list(sound())[index]

    return Items()
