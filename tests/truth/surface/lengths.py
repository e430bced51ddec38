"""``__len__`` of a PyDataset: beyond the data, short of them, changing, and no whole number."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import Items, arrays, batches_of, dense
from tests.truth.surface.row import Call, fault


class Sliced(keras.utils.PyDataset):
    """Cuts its batches from arrays, so that there is something behind any length."""

    def __init__(self, length: Any, grows: int = 0, rows: int = 48) -> None:
        super().__init__()
        self.length, self.grows, (self.x, self.y) = length, grows, arrays(rows)

    def __len__(self) -> Any:
        return self.length

    def __getitem__(self, index: int) -> Any:
        rows = slice(index * 8, (index + 1) * 8)
        return self.x[rows], self.y[rows]

    def on_epoch_end(self) -> None:
        self.length += self.grows


CHANGES = r"`__len__` of the source changes"


@fault(
    first="len-mismatch", says=(CHANGES, r"2 when fit starts", r"items 2 to \d+ are never delivered"), variants=(1, 2)
)
def a_length_that_grows(by: int) -> Call:
    return Call(Sliced(2, by, rows=200), dense(), epochs=4, shuffle=False)


@fault(first="len-mismatch", says=(CHANGES, r"drawn by chance"))
def a_length_that_grows_under_shuffle() -> Call:
    return Call(Sliced(2, 2, rows=400), dense(), epochs=4)


@fault(first="len-mismatch", says=(CHANGES, r"6 when fit starts", r"ends where the items end"))
def a_length_that_shrinks() -> Call:
    return Call(Sliced(6, -1), dense(), epochs=3, shuffle=False)


@a_length_that_grows.sound
def a_length_that_stays() -> Call:
    return Call(Sliced(6), dense(), epochs=3, shuffle=False)


@a_length_that_grows.sound
def a_hook_that_reorders() -> Call:
    class Reordered(Items):
        def on_epoch_end(self) -> None:
            np.random.default_rng(len(self.batches)).shuffle(self.batches)

    return Call(Reordered(batches_of(*arrays())), dense(), epochs=3)


@fault(first="len-mismatch", says=(r"0 rows", r"`__len__` promises 8"), batch=6, variants=(False, True))
def a_length_beyond_the_data(shuffle: bool) -> Call:  # noqa: FBT001  (a variant)
    return Call(Sliced(8), dense(), epochs=1, shuffle=shuffle)


@fault(first="len-mismatch", says=r"never delivered", live="after a live fit no item is asked for", variants=(4, 5))
def a_length_short_of_the_data(length: int) -> Call:
    return Call(Sliced(length), dense(), epochs=2)


@fault(
    first="unusable-length",
    verdict="raises",
    says=(r"`__len__` of the source returns", r"math\.ceil"),
    variants=(6.0, 5.5, np.float64(6), np.ones(2), "6", None, -1),
)
def a_length_that_is_no_number(length: Any) -> Call:
    return Call(Sliced(length), dense(), epochs=1)


@fault(
    first="unusable-length",
    verdict="raises",
    says=(r"`__len__` of validation_data returns", r"math\.ceil", r"training source is not at fault"),
    variants=(2.0, np.ceil(1.5), "2", None, -3),
)
def a_validation_length_that_is_no_number(length: Any) -> Call:
    return Call(Sliced(6), dense(), epochs=2, validation_data=Sliced(length))


@fault(first="unusable-length", verdict="raises", says=(r"has no `__len__`", r"def __len__"))
def no_length_at_all() -> Call:
    class Nameless(keras.utils.PyDataset):
        def __getitem__(self, index: int) -> Any:
            return batches_of(*arrays())[index]

    return Call(Nameless(), dense(), epochs=1)


@fault(first="source-raises", verdict="raises", says=(r"len\(validation_data\)", r"KeyError", r"in __len__"))
def a_validation_length_that_raises() -> Call:
    class Unsized(Items):
        def __len__(self) -> int:
            sizes: dict[str, int] = {}
            return sizes["val"]

    return Call(Items(batches_of(*arrays())), dense(), epochs=1, validation_data=Unsized([]))


@a_length_that_is_no_number.sound
def a_length_in_whole_numbers_of_numpy() -> Call:
    validation = Sliced(np.int64(2))
    validation.x = validation.x + 1
    return Call(Sliced(np.int64(6)), dense(), epochs=2, validation_data=validation)


@a_length_that_is_no_number.sound
def no_end_and_num_batches() -> Call:
    class Endless(Items):
        @property
        def num_batches(self) -> None:
            return None

        def __getitem__(self, index: int) -> Any:
            return self.batches[index % len(self.batches)]

    return Call(Endless(batches_of(*arrays())), dense(), epochs=2, steps_per_epoch=6)


@a_length_beyond_the_data.sound
def a_last_batch_that_is_not_full() -> Call:
    return Call(Sliced(6, rows=45), dense(), epochs=2)


@a_length_beyond_the_data.sound
def a_rest_that_is_left_out() -> Call:
    return Call(Sliced(5, rows=45), dense(), epochs=2)


@fault(
    first="steps-mismatch", says=(r"6 batches", r"steps_per_epoch=4"), variants=("PyDataset", "dataset"),
)  # fmt: skip
def steps_that_do_not_divide_the_length(kind: str) -> Call:
    from tests.truth.surface.build import dataset

    return Call(Sliced(6) if kind == "PyDataset" else dataset(*arrays()), dense(), epochs=4, steps_per_epoch=4)


@fault(first="steps-mismatch", says=(r"6 batches", r"steps_per_epoch=8"))
def steps_beyond_the_length() -> Call:
    return Call(Sliced(6), dense(), epochs=3, steps_per_epoch=8)


@steps_beyond_the_length.sound
def steps_that_divide_the_length() -> Call:
    return Call(Sliced(6), dense(), epochs=4, steps_per_epoch=3)


@fault(first="exhausted", verdict="trains on altered data", says=(r"exhausted", r"6 batches"), variants=(2, 3))
def a_generator_read_once(epochs: int) -> Call:
    from tests.truth.surface.build import generator

    return Call(generator(batches_of(*arrays())), dense(), epochs=epochs)


@fault(first="exhausted", verdict="trains on altered data", says=r"exhausted", variants=(6, 4))
def a_generator_read_once_with_steps(steps: int) -> Call:
    from tests.truth.surface.build import generator

    return Call(generator(batches_of(*arrays())), dense(), epochs=3, steps_per_epoch=steps)


@a_generator_read_once.sound
def a_generator_for_one_epoch() -> Call:
    from tests.truth.surface.build import generator

    return Call(generator(batches_of(*arrays())), dense(), epochs=1)
