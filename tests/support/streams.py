"""Streams of batches that the rules are shown; drawn from fixed seeds."""

import numpy as np

BATCHES, ROWS, FEW = 9, 8, 4  # of a stream; rows of a batch, or few of them
X = np.random.default_rng(0).random((8, 3)).astype("float32")
Y = X[:, :1] * 2
KINDS = np.arange(8) % 4


def random():
    return np.random.default_rng(7)


def stream(draw, count=BATCHES):
    r = random()
    for step in range(count):
        yield draw(r, step)


def target(r):
    return r.random((ROWS, 1))


def mixture(r, _step):
    return r.normal(size=(ROWS, 3)).astype("float32"), r.integers(0, 2, ROWS)


def drawn(*draws, count=6):
    """Batches whose parts are drawn by functions of a random generator and of the step."""
    random = np.random.default_rng(3)
    for step in range(count):
        yield tuple(draw(random, step) for draw in draws)


def normal(*shape, dtype="float32"):
    return lambda random, _: random.normal(size=(FEW, *shape)).astype(dtype)


def unit(*shape, dtype="float32"):
    return lambda random, _: random.random((FEW, *shape)).astype(dtype)


def whole(low, high, *shape, dtype="int64"):
    return lambda random, _: random.integers(low, high, (FEW, *shape)).astype(dtype)


def one_hot(classes):
    return lambda random, _: np.eye(classes, dtype="float32")[random.integers(0, classes, FEW)]


def images(*, scale=1.0, side=6, channels=3):
    return lambda random, _: (random.random((FEW, side, side, channels)) * scale).astype("float32")


def once(count):
    """Batches that differ, read once."""
    random = np.random.default_rng(1)
    for _ in range(count):
        x = random.normal(size=(FEW, 3)).astype("float32")
        yield x, x[:, :1]


def rows_of(number, columns=3):
    return np.random.default_rng(0).normal(size=(number, columns)).astype("float32")


def times(batch, count=5):
    return lambda: (batch for _ in range(count))


def iter_of(batches):
    yield from batches
