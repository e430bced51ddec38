"""Which batch an element is that Keras's adapter hands on to TensorFlow."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from gendiag.batches.tree import flatten, transform
from gendiag.runtime.tracebacks import causes


class Handover:
    """Knows an element by the thread that yielded its batch just now, or by the object that was marked before."""

    def __init__(self) -> None:
        self._thread = threading.local()
        self._handed: dict[int, tuple[object, int | None]] = {}
        self._errors: dict[int, int] = {}

    # ------------------------------------------------------------------ in one thread
    def forget_thread(self) -> None:
        """Begin to watch for a yield in this thread."""
        self._thread.last = None

    def yielded(self, index: int) -> None:
        """Note that this thread yielded a batch."""
        self._thread.last = index

    @property
    def last_yield(self) -> int | None:
        """The batch yielded in this thread since ``forget_thread``."""
        last: int | None = getattr(self._thread, "last", None)
        return last

    # ------------------------------------------------------------------ from thread to thread
    def marked(self, raw: object, index: int) -> object:
        """Return the batch with every array an object of its own, by which it is known again."""
        raw = transform(lambda leaf: leaf.view() if type(leaf) is np.ndarray else leaf, raw)
        first = next((part.value for part in flatten(raw)), None)
        known = self._handed.get(id(first))
        self._handed[id(first)] = first, index if known is None else None  # an object yielded twice tells nothing
        return raw

    def behind(self, element: object) -> int | None:
        """Return the batch that an element handed to TensorFlow is: yielded just now in this thread, or known again."""
        last = self.last_yield
        if last is not None:
            return last
        first = next((part.value for part in flatten(element)), None)
        known = self._handed.pop(id(first), None)
        return None if known is None else known[1]

    @contextmanager
    def asking(self, index: int) -> Iterator[None]:
        """Note which batch was being made when the source raised."""
        try:
            yield
        except BaseException as error:
            self._errors[id(error)] = index
            raise

    def raised_for(self, error: BaseException) -> int | None:
        """Return the batch that the source was making when it raised this, or what this was made of."""
        return next((at for each in causes(error) if (at := self._errors.get(id(each))) is not None), None)
