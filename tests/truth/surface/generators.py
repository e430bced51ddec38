"""Generators: where they end, and where they come to nothing."""

from __future__ import annotations

import queue
import threading
import time
from typing import Any

from tests.truth.surface.build import Items, arrays, batches_of, dense, generator
from tests.truth.surface.row import Call, fault

NEVER = "the real fit would not come back"
QUIET_S = 3.0


@fault(
    first="no-answer",
    verdict="never ends",
    says=("at work", "`files` is empty"),
    live=NEVER,
    variants=("list", "enumerate"),
)
def a_loop_over_nothing(kind: str) -> Call:
    files = [name for name in ("a.png", "b.png") if name.endswith(".jpg")]
    batches = batches_of(*arrays())

    def make_batches() -> Any:
        while True:
            for at, _ in enumerate(files) if kind == "enumerate" else zip(range(9), files, strict=False):
                yield batches[at]

    return Call(make_batches, dense(), epochs=1, steps_per_epoch=4, quiet_s=QUIET_S)


@fault(first="no-answer", verdict="never ends", says=("at work", "catches OSError"), live=NEVER)
def an_error_tried_again_for_ever() -> Call:
    batches = batches_of(*arrays())

    def make_batches() -> Any:
        at = 0
        while True:
            try:
                with open(["/dev/null", "/dev/null", "/no/such"][at]) as file:  # noqa: PTH123  (as people write it)
                    file.read()
            except OSError:
                continue
            yield batches[at]
            at += 1

    return Call(make_batches, dense(), epochs=1, steps_per_epoch=6, quiet_s=QUIET_S)


@fault(first="no-answer", verdict="never ends", says=("at work", "index is 3"), live=NEVER)
def an_item_that_loops() -> Call:
    class Looping(Items):
        def __getitem__(self, index: int) -> Any:
            while index == 3:
                pass
            return self.batches[index]

    return Call(Looping(batches_of(*arrays())), dense(), shuffle=False, quiet_s=QUIET_S)


@fault(first="no-answer", verdict="never ends", says=("waits", "queue"), live=NEVER)
def a_queue_that_nobody_fills() -> Call:
    batches = batches_of(*arrays())
    waiting: queue.Queue[int] = queue.Queue()
    for at in range(3):
        waiting.put(at)

    def make_batches() -> Any:
        while True:
            yield batches[waiting.get()]

    return Call(make_batches, dense(), epochs=1, steps_per_epoch=6, quiet_s=QUIET_S)


@fault(first="no-answer", verdict="never ends", says=("waits", "lock"), live=NEVER)
def a_lock_taken_twice() -> Call:
    batches, lock = batches_of(*arrays()), threading.Lock()

    def make_batches() -> Any:
        for batch in batches:
            lock.acquire()
            yield batch

    return Call(make_batches, dense(), quiet_s=QUIET_S)


@fault(first="no-answer", verdict="never ends", batch=3, says=("SystemExit", "worker thread"), live=NEVER)
def an_exit_in_a_worker_thread() -> Call:
    class Exit(Items):
        def __getitem__(self, index: int) -> Any:
            if index == 3:
                raise SystemExit(1)
            return self.batches[index]

    return Call(Exit(batches_of(*arrays()), workers=2), dense(), shuffle=False, quiet_s=QUIET_S)


@a_loop_over_nothing.sound
def a_loop_that_passes_most_by() -> Call:
    batches = batches_of(*arrays())

    def make_batches() -> Any:
        for number in range(60_000):
            if number % 10_000 == 0:
                yield batches[number // 10_000]

    return Call(make_batches, dense())


@a_lock_taken_twice.sound
def a_lock_let_go() -> Call:
    batches, lock = batches_of(*arrays()), threading.Lock()

    def make_batches() -> Any:
        for batch in batches:
            with lock:
                made = batch
            yield made

    return Call(make_batches, dense())


@fault(first="exhausted", verdict="trains on altered data", says=("exhausted", "epoch 2", "steps_per_epoch=6"))
def a_generator_read_once() -> Call:
    return Call(generator(batches_of(*arrays())), dense(), epochs=3)


@fault(first="exhausted", verdict="trains on altered data", says=("exhausted",))
def two_passes_for_four_epochs() -> Call:
    batches = batches_of(*arrays())

    def make_batches() -> Any:
        for _ in range(2):
            yield from batches

    return Call(make_batches, dense(), epochs=4, steps_per_epoch=6)


@fault(first="exhausted", says=("validation_data",))
def a_validation_generator_read_once() -> Call:
    batches = batches_of(*arrays())
    return Call(Items(batches), dense(), epochs=3, validation_data=generator(batches_of(*arrays(seed=5)))())


@a_generator_read_once.sound
def a_generator_for_one_epoch() -> Call:
    return Call(generator(batches_of(*arrays())), dense(), epochs=1)


@a_generator_read_once.sound
def as_many_passes_as_epochs() -> Call:
    batches = batches_of(*arrays())

    def make_batches() -> Any:
        for _ in range(3):
            yield from batches

    return Call(make_batches, dense(), epochs=3, steps_per_epoch=6)


@fault(first="input-bound", says=("waits for the source", "ms"), variants=("generator", "PyDataset"))
def a_source_that_is_slow(kind: str) -> Call:
    batches = batches_of(*arrays())

    def make_batches() -> Any:
        for batch in batches:
            time.sleep(0.08)
            yield batch

    class Slow(Items):
        def __getitem__(self, index: int) -> Any:
            time.sleep(0.08)
            return self.batches[index]

    return Call(make_batches if kind == "generator" else Slow(batches), dense(), epochs=1)


@fault(first="input-bound", says=("first epoch only", "ms"))
def a_first_pass_that_is_slow() -> Call:
    class Cached(Items):
        def __init__(self) -> None:
            super().__init__(batches_of(*arrays()))
            self.kept: set[int] = set()

        def __getitem__(self, index: int) -> Any:
            if index not in self.kept:
                time.sleep(0.08)
                self.kept.add(index)
            return self.batches[index]

    return Call(Cached(), dense(), epochs=4)
