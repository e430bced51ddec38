"""What a PyDataset's methods do besides giving items: hooks, counters, the constructor."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import ROWS, Items, arrays, batches_of, dense
from tests.truth.surface.row import Call, fault


class Shuffled(Items):
    """Samples in an order of its own."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(batches_of(*arrays()), **kwargs)
        self.x, self.y = arrays()
        self.order, self.random = np.arange(len(self.x)), np.random.default_rng(0)

    def __getitem__(self, index: int) -> Any:
        rows = self.order[index * ROWS : index * ROWS + ROWS]
        return self.x[rows], self.y[rows]

    def draw(self) -> None:
        self.order = self.random.permutation(len(self.x))


class Staged(Items):
    """Another data set in each stage."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(batches_of(*arrays()), **kwargs)
        self.stage = 0

    def __getitem__(self, index: int) -> Any:
        x, y = self.batches[index]
        return x * (1 + self.stage), y


HOOKS = ("on_epoch_start", "on_epoch_ends", "on_train_begin", "epoch_end")


@fault(first="hook-never-called", says=(r"`on_epoch_(begin|end)`", "never"), variants=HOOKS)
def a_hook_of_another_name(name: str) -> Call:
    def draw(self: Any) -> None:
        self.random.shuffle(self.order)

    named = type("Named", (Shuffled,), {name: draw})
    return Call(named(), dense(), epochs=3)


@fault(first="hook-never-called", says=r"`on_epoch_begin`")
def a_hook_of_another_name_that_calls_a_method() -> Call:
    class Started(Shuffled):
        def on_epoch_start(self) -> None:
            self.draw()

    return Call(Started(), dense(), epochs=3)


@a_hook_of_another_name_that_calls_a_method.sound
def the_same_is_done_by_a_hook_that_fit_calls() -> Call:
    class Both(Shuffled):
        def on_epoch_start(self) -> None:
            self.draw()

        def on_epoch_end(self) -> None:
            self.draw()

    return Call(Both(), dense(), epochs=3)


@a_hook_of_another_name.sound
def a_method_that_the_dataset_calls_itself() -> Call:
    class Calling(Shuffled):
        def on_epoch_start(self) -> None:
            self.draw()

        def on_epoch_begin(self) -> None:
            self.on_epoch_start()

    return Call(Calling(), dense(), epochs=3)


@a_hook_of_another_name.sound
def a_method_that_changes_nothing() -> Call:
    class Telling(Shuffled):
        def on_epoch_start(self) -> str:
            return f"{len(self.x)} samples"

        def on_epoch_end(self) -> None:
            self.draw()

    return Call(Telling(), dense(), epochs=3)


@a_hook_of_another_name.sound
def a_method_that_a_callback_calls() -> Call:
    class Started(Shuffled):
        def on_epoch_start(self) -> None:
            self.draw()

    source = Started()
    calls = keras.callbacks.LambdaCallback(on_epoch_begin=lambda _epoch, _logs: source.on_epoch_start())
    return Call(source, dense(), epochs=3, callbacks=[calls])


@fault(first="epoch-hook-early", batch=0, says=("self.stage from 0 to 1", "before epoch 1"))
def a_stage_that_begins_at_its_second() -> Call:
    class Ending(Staged):
        def on_epoch_end(self) -> None:
            self.stage += 1

    return Call(Ending(), dense(), epochs=3)


@fault(first="epoch-hook-early", batch=0, says=("self.part", "before epoch 1"))
def a_part_of_the_data_that_is_passed_over() -> Call:
    x, y = arrays(48 * 4)

    class Parts(Items):
        part = 0

        def __init__(self) -> None:
            super().__init__(batches_of(*arrays()))
            self.part = 0

        def __getitem__(self, index: int) -> Any:
            rows = slice(self.part * 48 + index * ROWS, self.part * 48 + (index + 1) * ROWS)
            return x[rows], y[rows]

        def on_epoch_end(self) -> None:
            self.part += 1

    return Call(Parts(), dense(), epochs=3)


@fault(first="epoch-hook-early", verdict="raises", says=(r"\(8, 4, 2\)", r"\(8, 8, 2\)", "on_epoch_end"))
def a_length_that_grows_before_epoch_one() -> Call:
    class Longer(Items):
        def __init__(self) -> None:
            super().__init__(batches_of(*arrays()))
            self.steps = 4

        def __getitem__(self, index: int) -> Any:
            x = np.random.default_rng(index).normal(size=(ROWS, self.steps, 2)).astype("float32")
            return x, x[:, 0, :1]

        def on_epoch_end(self) -> None:
            self.steps += 4

    pooled = [keras.Input((None, 2)), keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(1)]
    model = keras.Sequential(pooled)
    model.compile("sgd", "mse")
    return Call(Longer(), model, epochs=2)


@a_stage_that_begins_at_its_second.sound
def a_shuffle_before_epoch_one() -> Call:
    class Drawn(Shuffled):
        def on_epoch_end(self) -> None:
            self.draw()

    return Call(Drawn(), dense(), epochs=3)


@a_stage_that_begins_at_its_second.sound
def a_seed_that_counts_epochs() -> Call:
    class Seeded(Shuffled):
        def __init__(self) -> None:
            super().__init__()
            self.epoch = 0

        def __getitem__(self, index: int) -> Any:
            x, y = super().__getitem__(index)
            noise = np.random.default_rng([self.epoch, index]).normal(size=x.shape)
            return (x + 0.1 * noise).astype("float32"), y

        def on_epoch_end(self) -> None:
            self.epoch += 1

    return Call(Seeded(), dense(), epochs=3)


@fault(
    first="leftover-state", says=("ignores the index", "self.position"), variants=("plain", "augmented", "with a rest")
)
def a_counter_in_the_place_of_the_index(kind: str) -> Call:
    count = 50 if kind == "with a rest" else 48
    x, y = arrays(count)

    class Counting(Items):
        def __init__(self) -> None:
            super().__init__(batches_of(*arrays()))
            self.position, self.random = 0, np.random.default_rng(0)

        def __getitem__(self, index: int) -> Any:
            rows = (np.arange(ROWS) + self.position) % count
            self.position = (self.position + ROWS) % count
            factor = self.random.uniform(0.5, 1.5) if kind == "augmented" else 1.0
            return (x[rows] * factor).astype("float32"), y[rows]

    says_counter = Counting()
    return Call(says_counter, dense(), epochs=3)


@fault(first="leftover-state", verdict="raises", says=("StopIteration", "ran out"))
def an_iterator_that_runs_out() -> Call:
    class Next(Items):
        def __init__(self) -> None:
            super().__init__(batches_of(*arrays()))
            self.left = iter(self.batches)

        def __getitem__(self, index: int) -> Any:
            return next(self.left)

    return Call(Next(), dense())


@a_counter_in_the_place_of_the_index.sound
def random_augmentation() -> Call:
    class Augmented(Shuffled):
        def __getitem__(self, index: int) -> Any:
            x, y = super().__getitem__(index)
            return (x * self.random.uniform(0.5, 1.5)).astype("float32"), y

    return Call(Augmented(), dense(), epochs=3)


@a_counter_in_the_place_of_the_index.sound
def augmentation_seeded_by_a_counter() -> Call:
    class Counted(Shuffled):
        def __init__(self) -> None:
            super().__init__()
            self.calls = 0

        def __getitem__(self, index: int) -> Any:
            x, y = super().__getitem__(index)
            self.calls += 1
            noise = np.random.default_rng(self.calls).normal(size=x.shape)
            return (x + 0.1 * noise).astype("float32"), y

    return Call(Counted(), dense(), epochs=3)


@a_counter_in_the_place_of_the_index.sound
def batches_drawn_at_random() -> Call:
    class Sampled(Shuffled):
        def __getitem__(self, index: int) -> Any:
            rows = self.random.integers(0, len(self.x), ROWS)
            return self.x[rows], self.y[rows]

    return Call(Sampled(), dense(), epochs=3)


@fault(first="super-not-called", says=("super", "workers"))
def a_constructor_that_leaves_keras_out() -> Call:
    class Bare(keras.utils.PyDataset):
        def __init__(self, workers: int = 1) -> None:  # noqa: ARG002  (that is the fault)
            self.batches = batches_of(*arrays())

        def __len__(self) -> int:
            return len(self.batches)

        def __getitem__(self, index: int) -> Any:
            return self.batches[index]

    return Call(Bare(workers=4), dense())


@fault(first="duplicate-batches", batch=6, says=("first and the last", "index"))
def an_index_that_begins_below_zero() -> Call:
    class Shifted(Items):
        def __len__(self) -> int:
            return len(self.batches) + 1

        def __getitem__(self, index: int) -> Any:
            return self.batches[index - 1]

    return Call(Shifted(batches_of(*arrays())), dense())


@fault(first="duplicate-batches", says=("repeat an earlier batch",))
def an_index_that_is_halved() -> Call:
    class Halved(Items):
        def __getitem__(self, index: int) -> Any:
            return self.batches[index // 2]

    return Call(Halved(batches_of(*arrays())), dense())


@an_index_that_begins_below_zero.sound
def an_order_turned_by_one() -> Call:
    class Turned(Items):
        def __getitem__(self, index: int) -> Any:
            return self.batches[index - 1]

    return Call(Turned(batches_of(*arrays())), dense())
