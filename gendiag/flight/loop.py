"""A loop of the user's own over a source: recorded without fit, one call for each pass."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from gendiag.flight.call import Call
from gendiag.runtime.tracebacks import cut

_END = object()


class Loop(Call):
    """One pass over a source outside of fit: each batch that is yielded is a step."""

    def __init__(self, given: Any, keep_bytes: int, *, full: bool) -> None:
        super().__init__("loop", None, {"x": given}, keep_bytes, full=full)
        self.position.begin_epoch(0, "training")
        self.failed_batch: int | None = None

    def through(self) -> Iterator[Any]:
        """Yield what iterating the source yields; a batch is worked on until the next one is asked for."""
        iterator, tap = iter(self.given["x"]), self.train.tap
        while True:
            start = time.perf_counter()
            try:
                with tap.asking(len(tap.batches)):
                    raw = next(iterator, _END)
            except BaseException as error:
                self.position.phase = "between"
                self._raised(error, tap.failed_index)
                raise
            if raw is _END:
                tap.ended = True
                self.done()
                return
            self.train.looped(raw, time.perf_counter() - start)
            try:
                yield raw
            except GeneratorExit:  # a break: the loop was at its end here
                self.done()
                raise

    def left(self, error: BaseException | None) -> None:
        """The block was left; a pass that is not over was broken off at the batch worked on."""
        if self.state == "running":
            self._raised(error, len(self.train.tap.batches) - 1)

    def _raised(self, error: BaseException | None, batch: int | None) -> None:
        is_failure = isinstance(error, Exception)
        self.failure = cut(error) if isinstance(error, Exception) else None
        self.failed_batch = batch if is_failure else None
        self.state = "raised" if is_failure else "interrupted"
        self.ended = time.monotonic()
