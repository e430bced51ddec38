"""Sources and a model for recorded calls of fit; one batch of each source may hold a label that the model refuses."""

import itertools
import threading
import time

import keras
import numpy as np
import pytest

import gendiag

STEPS, AT = 40, 37  # of an epoch; the batch of epoch 2 that fails
BAD = STEPS + AT
ROWS, CLASSES = 8, 3


def classifier(**options):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(CLASSES, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", **options)
    return model


def batch(number, *, bad=None):
    rng = np.random.default_rng(number)
    x, y = rng.random((ROWS, 4), "float32"), rng.integers(0, CLASSES, ROWS)
    if number == bad:
        y[3] = 7
    return x, y


def endless(bad=None):
    for number in itertools.count():
        yield batch(number, bad=bad)


def finite(count, bad=None):
    return (batch(number, bad=bad) for number in range(count))


class Items(keras.utils.PyDataset):
    """Its item 37 fails the second time that it is asked for in training."""

    def __init__(self, bad=None, **options):
        super().__init__(**options)
        self.bad, self.asked, self.guard = bad, {}, threading.Lock()

    def __len__(self):
        return STEPS

    def __getitem__(self, index):
        with self.guard:
            self.asked[index] = self.asked.get(index, 0) + 1
        return batch(index, bad=index if index == self.bad and self.asked[index] == 2 else None)


class Slow(keras.callbacks.Callback):
    def on_train_batch_end(self, *_, **__):
        time.sleep(0.02)


class At(keras.callbacks.Callback):
    """Does something at one of Keras's hooks, once."""

    def __init__(self, hook, act, step=0):
        super().__init__()
        self.left, self.act = step, act
        setattr(self, hook, self.hooked)

    def hooked(self, *_, **__):
        self.left -= 1
        if self.left == -1:
            self.act(self)


def watched(fit, *, fails=False, **options):
    with gendiag.watch(**options) as flight:
        if fails:
            with pytest.raises(Exception, match=r"label value of 7|outside the valid range"):
                fit()
        else:
            fit()
    return flight
