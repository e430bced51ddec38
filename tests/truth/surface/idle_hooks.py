"""Epoch hooks that shuffle and change nothing; and those that are not meant to, or do."""

from __future__ import annotations

import random
from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import ROWS, arrays, dense
from tests.truth.surface.row import Call, fault


class Held(keras.utils.PyDataset):
    """Takes its samples by ``self.order``."""

    def __init__(self, *, shuffle: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.x, self.y = arrays()
        self.order, self.ids, self.rng = np.arange(len(self.x)), list(range(len(self.x))), np.random.default_rng(1)
        self.shuffle, self.log = shuffle, []

    def __len__(self) -> int:
        return 6

    def __getitem__(self, index: int) -> Any:
        rows = self.order[index * ROWS : index * ROWS + ROWS]
        return self.x[rows], self.y[rows]


def mixed(x: Any, y: Any, rng: Any) -> Any:
    """Copies in a new order."""
    rows = rng.permutation(len(x))
    return x[rows], y[rows]


class Dropped(Held):
    def on_epoch_end(self) -> None:
        np.random.permutation(self.order)  # noqa: NPY002  (as published)


class Copies(Held):
    def on_epoch_end(self) -> None:
        mixed(self.x, self.y, self.rng)


class OfACopy(Held):
    def on_epoch_begin(self) -> None:
        random.shuffle(list(self.ids))


class Sorted(Held):
    def on_epoch_end(self) -> None:
        sorted(self.ids, key=lambda _: random.random())  # noqa: S311


class Unread(Held):
    def on_epoch_end(self) -> None:
        random.shuffle(self.ids)


class OwnMethod(Held):
    def shuffle_pair(self, x: Any, y: Any) -> Any:
        return mixed(x, y, self.rng)

    def on_epoch_end(self) -> None:
        if self.shuffle:
            _ = self.shuffle_pair(self.x, self.y)


IDLE = (Dropped, Copies, OfACopy, Sorted, OwnMethod)


@fault(
    first="hook-without-effect",
    batch=6,
    says=(r"on_epoch_(end|begin)", r"draws from", r"no effect", r"same 6 batches in the same order", r"copy"),
    variants=IDLE,
)
def a_shuffle_that_is_thrown_away(kind: type[Held]) -> Call:
    return Call(kind(), dense(), epochs=3, shuffle=False)


@fault(first="hook-without-effect", says=(r"sample for sample", r"another order"), variants=(Dropped, OwnMethod))
def only_fit_moves_the_batches(kind: type[Held]) -> Call:
    return Call(kind(workers=2), dense(), epochs=3)


@fault(first="hook-without-effect", says=(r"changes self\.ids", r"no item is another"))
def an_order_that_no_item_reads() -> Call:
    return Call(Unread(), dense(), epochs=2, shuffle=False)


@fault(first="hook-without-effect", says=(r"same of self\.order", r"seed"), variants=("local", "global"))
def a_seed_that_is_set_again_and_again(kind: str) -> Call:
    class Seeded(Held):
        def on_epoch_end(self) -> None:
            self.order = np.arange(len(self.x))
            if kind == "local":
                np.random.default_rng(0).shuffle(self.order)
            else:
                np.random.seed(0)  # noqa: NPY002  (as published)
                np.random.shuffle(self.order)  # noqa: NPY002

    return Call(Seeded(), dense(), epochs=3, shuffle=False)


@a_shuffle_that_is_thrown_away.sound
def a_shuffle_that_is_switched_off() -> Call:
    return Call(OwnMethod(shuffle=False), dense(), epochs=3, shuffle=False)


@fault(first="hook-without-effect", says=(r"same of self\.x and self\.y", r"one `self\.rng\.permutation"))
def pairs_in_an_order_of_the_same_seed() -> Call:
    class Seeded(Held):
        def on_epoch_end(self) -> None:
            x, y = arrays()
            rows = np.random.default_rng(0).permutation(len(x))
            self.x, self.y = x[rows], y[rows]

    return Call(Seeded(), dense(), epochs=3, shuffle=False)


@a_shuffle_that_is_thrown_away.sound
def a_shuffle_that_is_off_in_a_hook_that_draws() -> Call:
    class Drawn(OwnMethod):
        def on_epoch_end(self) -> None:
            self.log = self.rng.integers(9)
            super().on_epoch_end()

    return Call(Drawn(shuffle=False), dense(), epochs=3, shuffle=False)


@a_shuffle_that_is_thrown_away.sound
def a_hook_that_shows_a_sample() -> Call:
    class Shown(Held):
        def on_epoch_end(self) -> None:
            self.log.append(self.x[np.random.randint(len(self.x))].mean())  # noqa: NPY002

    return Call(Shown(), dense(), epochs=3, shuffle=False)


@a_shuffle_that_is_thrown_away.sound
def a_hook_that_shuffles_in_place() -> Call:
    class Mixed(Held):
        def on_epoch_end(self) -> None:
            self.rng.shuffle(self.order)

    return Call(Mixed(), dense(), epochs=3, shuffle=False)


@a_shuffle_that_is_thrown_away.sound
def a_hook_that_moves_whole_batches() -> Call:
    class Moved(Held):
        def __getitem__(self, index: int) -> Any:
            return super().__getitem__(self.ids[index])

        def on_epoch_end(self) -> None:
            self.ids = [int(item) for item in self.rng.permutation(6)]

    return Call(Moved(), dense(), epochs=4)


@a_shuffle_that_is_thrown_away.sound
def a_shuffle_within_each_item() -> Call:
    class Within(Held):
        def __getitem__(self, index: int) -> Any:
            return mixed(*super().__getitem__(index), self.rng)

        def on_epoch_end(self) -> None:
            mixed(self.x, self.y, self.rng)

    return Call(Within(), dense(), epochs=3, shuffle=False)


@a_shuffle_that_is_thrown_away.sound
def a_hook_that_only_counts() -> Call:
    class Counted(Held):
        def on_epoch_end(self) -> None:
            self.log.append(len(self.log))

    return Call(Counted(), dense(), epochs=3, shuffle=False)
