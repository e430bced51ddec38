"""Exceptions of the source: which line, which values, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import ROWS, Items, arrays, batches_of, dense, generator
from tests.truth.surface.row import Call, fault

Batch = tuple[Any, Any]
BAD = 3


def made(make: Callable[[int, Batch], Batch], kind: str = "generator", **kwargs: Any) -> Any:
    """The sound batches as ``make`` gives each of them."""
    batches = batches_of(*arrays())
    if kind == "generator":

        def make_batches() -> Any:
            for number, batch in enumerate(batches):
                yield make(number, batch)

        return make_batches

    class Made(Items):
        def __getitem__(self, index: int) -> Any:
            return make(index, self.batches[index])

    return Made(batches, **kwargs)


KINDS = ("generator", "PyDataset")


@fault(first="source-raises", verdict="raises", batch=BAD, says=("has 3 elements", r"names\[number\]"), variants=KINDS)
def an_index_past_the_end_of_a_list(kind: str) -> Call:
    names = ["a", "b", "c"]

    def make(number: int, batch: Batch) -> Batch:
        name = names[number]
        return batch[0] + len(name), batch[1]

    return Call(made(make, kind), dense(), shuffle=False)


@an_index_past_the_end_of_a_list.sound
def an_index_that_is_caught() -> Call:
    def make(number: int, batch: Batch) -> Batch:
        try:
            return batch[0] + len(["a", "b", "c"][number]), batch[1]
        except IndexError:
            return batch

    return Call(made(make), dense())


@fault(first="source-raises", verdict="raises", batch=BAD, says=("no key 'img3'", "'img0'", "KeyError"))
def a_key_that_is_not_there() -> Call:
    goals = {"img0": 0.0, "img1": 1.0, "img2": 0.0}

    def make(number: int, batch: Batch) -> Batch:
        return batch[0], np.full((ROWS, 1), goals[f"img{number}"] if number < BAD else goals["img3"], "float32")

    return Call(made(make), dense())


@fault(first="source-raises", verdict="raises", batch=0, says=("of type str and not int",))
def a_key_of_another_type() -> Call:
    goals = {str(number): float(number) for number in range(6)}
    return Call(made(lambda number, batch: (batch[0], batch[1] + goals[number])), dense())  # type: ignore[index]


@fault(first="source-raises", verdict="raises", says=("iloc", "label", r"batch 0"))
def rows_dropped_from_a_pandas_index() -> Call:
    import pandas as pd

    table = pd.Series(np.arange(96.0))[::2]

    def make(number: int, batch: Batch) -> Batch:
        rows = range(number * ROWS, number * ROWS + ROWS)
        return batch[0], np.array([[table[row]] for row in rows], "float32")

    return Call(made(make), dense())


@fault(first="source-raises", verdict="raises", batch=BAD, says=(r"rows_3\.npy", "folder"), variants=KINDS)
def a_file_that_is_missing(kind: str) -> Call:
    def make(number: int, batch: Batch) -> Batch:
        return (np.load(f"/no/such/rows_{number}.npy"), batch[1]) if number == BAD else batch

    return Call(made(make, kind), dense(), shuffle=False)


@a_file_that_is_missing.sound
def a_file_that_is_not_needed() -> Call:
    def make(_number: int, batch: Batch) -> Batch:
        try:
            return np.load("/no/such/rows.npy"), batch[1]
        except FileNotFoundError:
            return batch

    return Call(made(make), dense())


@fault(first="source-raises", verdict="raises", batch=BAD, says=(r"7 of \(4,\)", r"rows\[2\]` is \(3,\)"))
def samples_of_two_sizes_are_stacked() -> Call:
    def make(number: int, batch: Batch) -> Batch:
        rows = [row[:3] if number == BAD and at == 2 else row for at, row in enumerate(batch[0])]
        return np.stack(rows), batch[1]

    return Call(made(make), dense())


@fault(first="source-raises", verdict="raises", batch=BAD, says=("is None", "image"), variants=KINDS)
def a_reader_that_gives_none(kind: str) -> Call:
    def make(number: int, batch: Batch) -> Batch:
        image = None if number == BAD else batch[0]
        return image.astype("float32"), batch[1]  # type: ignore[union-attr]

    return Call(made(make, kind), dense(), shuffle=False)


@fault(first="source-raises", verdict="raises", batch=BAD, says=("`left` is 0", "ZeroDivisionError"))
def a_division_by_zero() -> Call:
    def make(number: int, batch: Batch) -> Batch:
        left = BAD - number
        return batch[0] * (6 // left), batch[1]

    return Call(made(make), dense())


@fault(first="source-raises", verdict="raises", batch=BAD, says=("n/a", "no number", "float"))
def a_text_that_is_no_number() -> Call:
    lines = ["1.0", "2.0", "3.0", "n/a", "4.0", "5.0"]
    return Call(made(lambda number, batch: (batch[0] * float(lines[number]), batch[1])), dense())


@fault(first="source-raises", verdict="raises", batch=BAD, says=("utf-8", "encoding"))
def bytes_that_are_no_text() -> Call:
    raw = [b"1", b"2", b"3", b"\xff4", b"5", b"6"]
    return Call(made(lambda number, batch: (batch[0] * float(raw[number].decode("utf-8")), batch[1])), dense())


@fault(first="source-raises", verdict="raises", batch=BAD, says=("could not read", "cause: KeyError: 'b'"))
def an_exception_raised_about_another() -> Call:
    def make(number: int, batch: Batch) -> Batch:
        try:
            return batch[0] * {"a": 1}["b" if number == BAD else "a"], batch[1]
        except KeyError as error:
            msg = "could not read a sample"
            raise RuntimeError(msg) from error

    return Call(made(make), dense())


@fault(first="source-raises", verdict="raises", says=("StopIteration", "ran out"))
def next_inside_a_generator() -> Call:
    batches = batches_of(*arrays())

    def make_batches() -> Any:
        left = iter(batches)
        while True:
            yield next(left)

    return Call(make_batches, dense(), epochs=1, steps_per_epoch=8)


@fault(first="source-raises", verdict="raises", says=(r"batch (0|3)\b", "SystemExit"), variants=(0, BAD))
def an_exit(at: int) -> Call:
    def make(number: int, batch: Batch) -> Batch:
        if number == at:
            raise SystemExit(2)
        return batch

    return Call(made(make), dense())


@fault(
    first="source-raises",
    verdict="raises",
    batch=BAD,
    says=("KeyboardInterrupt",),
    live="a real Ctrl-C looks the same: fit is said to be interrupted",
)
def an_interrupt_of_the_sources_own() -> Call:
    def make(number: int, batch: Batch) -> Batch:
        if number == BAD:
            raise KeyboardInterrupt
        return batch

    return Call(made(make), dense())


@fault(first="source-raises", verdict="raises", batch=BAD, says=(r"__getitem__\(3\)", "KeyError"))
def an_item_of_a_shuffled_dataset() -> Call:
    def make(number: int, batch: Batch) -> Batch:
        return {}["gone"] if number == BAD else batch  # type: ignore[index]

    return Call(made(make, "PyDataset"), dense(), epochs=2)


@fault(first="source-raises", verdict="raises", says=("__init__", "on_epoch_begin", "self.order"))
def an_attribute_that_a_hook_sets_too_late() -> Call:
    class Late(Items):
        def on_epoch_begin(self) -> None:
            self.order = np.arange(6)

        def __getitem__(self, index: int) -> Any:
            return self.batches[self.order[index]]

    return Call(Late(batches_of(*arrays())), dense())


@an_attribute_that_a_hook_sets_too_late.sound
def an_attribute_that_a_hook_sets_anew() -> Call:
    class Early(Items):
        def __init__(self, batches: Any) -> None:
            super().__init__(batches)
            self.order = np.arange(6)

        def on_epoch_begin(self) -> None:
            self.order = np.random.default_rng(0).permutation(6)

        def __getitem__(self, index: int) -> Any:
            return self.batches[self.order[index]]

    return Call(Early(batches_of(*arrays())), dense())


@fault(first="source-raises", verdict="raises", says=("outside of `__getitem__`", "on_epoch_end"))
def a_hook_that_raises() -> Call:
    class Hooked(Items):
        def on_epoch_end(self) -> None:
            self.batches[99][0].sort()

    return Call(Hooked(batches_of(*arrays())), dense())


@fault(first="source-raises", verdict="raises", says=("worker process", "KeyError"))
def an_item_of_a_worker_process() -> Call:
    class Gone(Items):
        def __getitem__(self, index: int) -> Any:
            return {0: self.batches[0], 1: self.batches[1]}[index]

    return Call(Gone(batches_of(*arrays()), workers=2, use_multiprocessing=True), dense())


@fault(first="source-raises", says=(r"validation_data", r"__getitem__\(2\)"), verdict="raises")
def an_item_of_the_validation_data() -> Call:
    class Gone(Items):
        def __getitem__(self, index: int) -> Any:
            return {0: self.batches[0], 1: self.batches[1]}[index]

    batches = batches_of(*arrays())
    return Call(generator(batches), dense(), validation_data=Gone(batches))


@fault(first="source-raises", verdict="raises", says=("increasing order", "np.sort"))
def h5py_rows_in_shuffled_order() -> Call:
    import h5py

    x, y = arrays()
    file = h5py.File("rows.h5", "w", driver="core", backing_store=False)
    file["x"], order = x, np.random.default_rng(4).permutation(len(x))

    class FromFile(keras.utils.PyDataset):
        def __len__(self) -> int:
            return 6

        def __getitem__(self, index: int) -> Any:
            rows = order[index * ROWS : index * ROWS + ROWS]
            return file["x"][rows], y[rows]

    return Call(FromFile(), dense())
