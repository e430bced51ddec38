"""Several workers at one PyDataset: threads that disturb each other, processes that are sent what cannot be sent."""

from __future__ import annotations

import io
import threading
import time
from typing import Any

import numpy as np

from tests.truth.surface.build import ROWS, Items, arrays, batches_of, dense
from tests.truth.surface.row import Call, fault

NBYTES = ROWS * 4 * 4


class FromFile(Items):
    """Rows read through one file object."""

    def __init__(self, pieces: int, **kwargs: Any) -> None:
        super().__init__(batches_of(*arrays()), **kwargs)
        self.pieces = pieces
        self.file = io.BytesIO(np.random.default_rng(0).normal(size=(400, 4)).astype("float32").tobytes())

    def read(self, index: int) -> Any:
        self.file.seek(index * NBYTES)
        parts = []
        for _ in range(self.pieces):
            time.sleep(0.002)
            parts.append(self.file.read(NBYTES // self.pieces))
        x = np.frombuffer(b"".join(parts), "float32").reshape(ROWS, 4)
        return x, x[:, :1]

    def __getitem__(self, index: int) -> Any:
        return self.read(index)


@fault(first="thread-unsafe", says=("threads", "self.file"), variants=(1, 2))
def a_file_position_that_is_shared(pieces: int) -> Call:
    return Call(FromFile(pieces, workers=3), dense(), epochs=2)


@fault(first="thread-unsafe", says=("threads",))
def a_cursor_that_is_shared() -> Call:
    class Cursor(Items):
        at = 0

        def __getitem__(self, index: int) -> Any:
            self.at = index
            time.sleep(0.002)
            return self.batches[self.at]

    return Call(Cursor(batches_of(*arrays()), workers=3), dense(), epochs=2)


@a_file_position_that_is_shared.sound
def a_file_behind_a_lock() -> Call:
    class Locked(FromFile):
        def __init__(self, pieces: int, **kwargs: Any) -> None:
            super().__init__(pieces, **kwargs)
            self.lock = threading.Lock()

        def __getitem__(self, index: int) -> Any:
            with self.lock:
                return self.read(index)

    return Call(Locked(2, workers=3), dense(), epochs=2)


@a_file_position_that_is_shared.sound
def a_file_with_one_worker() -> Call:
    return Call(FromFile(2, workers=1), dense(), epochs=2)


@fault(
    first="thread-unsafe",
    verdict="raises",
    says=("generator", "at once"),
    live="whether two threads meet in the generator is a matter of timing",
)
def one_generator_for_all() -> Call:
    def slow() -> Any:
        while True:
            for batch in batches_of(*arrays()):
                time.sleep(0.02)
                yield batch

    class Next(Items):
        def __init__(self) -> None:
            super().__init__(batches_of(*arrays()), workers=3)
            self.slow = slow()

        def __getitem__(self, index: int) -> Any:
            return next(self.slow)

    return Call(Next(), dense())


@fault(
    first="thread-unsafe",
    verdict="raises",
    says=("alone the same item comes",),
    live="whether two threads meet is a matter of timing",
)
def an_error_that_only_threads_see() -> Call:
    class Exact(FromFile):
        def __getitem__(self, index: int) -> Any:
            self.file.seek(index * NBYTES)
            time.sleep(0.005)
            at = self.file.tell()
            if at != index * NBYTES:
                msg = f"read from {at}"
                raise OSError(msg)
            x = np.frombuffer(self.file.read(NBYTES), "float32").reshape(ROWS, 4)
            return x, x[:, :1]

    return Call(Exact(1, workers=4), dense(), epochs=2)


class Stage(Items):
    """Another shift in each epoch."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(batches_of(*arrays()), **kwargs)
        self.shift = 0

    def __getitem__(self, index: int) -> Any:
        x, y = self.batches[index]
        return x + self.shift % 2, y

    def on_epoch_begin(self) -> None:
        time.sleep(0.1)
        self.shift += 1


@fault(first="hook-overtaken", says=("on_epoch_begin", "self.shift", "before"))
def a_stage_that_workers_overtake() -> Call:
    return Call(Stage(workers=3), dense(), epochs=2)


@a_stage_that_workers_overtake.sound
def a_stage_with_one_worker() -> Call:
    return Call(Stage(workers=1), dense(), epochs=2)


@a_stage_that_workers_overtake.sound
def a_count_that_no_item_reads() -> Call:
    class Counting(Stage):
        def __getitem__(self, index: int) -> Any:
            return self.batches[index]

    return Call(Counting(workers=3), dense(), epochs=2)


@fault(first="order-nondeterministic", says=("seed", "workers?|threads"), variants=(2, 4))
def one_random_state_for_all_threads(workers: int) -> Call:
    class Drawing(Items):
        def __getitem__(self, index: int) -> Any:
            x, y = self.batches[index]
            return (x * np.random.uniform(0.5, 1.5)).astype("float32"), y  # noqa: NPY002  (that is the fault)

    return Call(Drawing(batches_of(*arrays()), workers=workers), dense(), epochs=2)


@one_random_state_for_all_threads.sound
def a_generator_for_each_item() -> Call:
    class ByIndex(Items):
        def __getitem__(self, index: int) -> Any:
            x, y = self.batches[index]
            return (x * np.random.default_rng([7, index]).uniform(0.5, 1.5)).astype("float32"), y

    return Call(ByIndex(batches_of(*arrays()), workers=3), dense(), epochs=2)


class Drawn(Items):
    """Each item drawn from a generator that the dataset holds."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(batches_of(*arrays()), workers=2, use_multiprocessing=True, **kwargs)
        self.random = np.random.default_rng(0)

    def __getitem__(self, index: int) -> Any:
        x, y = self.batches[index]
        return (x * self.random.uniform(0.5, 1.5)).astype("float32"), y


@fault(first="fork-rng", says=("self.random", "process"))
def processes_that_draw_alike() -> Call:
    return Call(Drawn(), dense(), epochs=2)


@processes_that_draw_alike.sound
def processes_that_draw_by_index() -> Call:
    class ByIndex(Drawn):
        def __getitem__(self, index: int) -> Any:
            x, y = self.batches[index]
            return (x * np.random.default_rng([7, index]).uniform(0.5, 1.5)).astype("float32"), y

    return Call(ByIndex(), dense(), epochs=2)


@fault(first="fork-pickle", says=("pickled", r"self\.(kept|lock)"), variants=("lock", "lambda"))
def something_that_cannot_be_sent(kind: str) -> Call:
    class Holding(Items):
        def __init__(self) -> None:
            super().__init__(batches_of(*arrays()), workers=2, use_multiprocessing=True)
            self.kept: Any = threading.Lock() if kind == "lock" else lambda x: x

    return Call(Holding(), dense())
