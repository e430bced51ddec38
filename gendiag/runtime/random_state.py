"""The random state of everything that draws numbers, kept over work that must leave no trace."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

PutBack = Callable[[], None]


@contextmanager
def kept_seeds() -> Iterator[None]:
    """Put every random state back to where it was, also after an exception.

    Kept are Python's ``random``, NumPy's legacy state, TensorFlow's eager seeds and global generator, and of Keras
    the global seed generator and the counters that name layers; each only if its module is already imported.
    Creating a Keras layer with ``seed=None`` draws from Python's ``random``, so that even a copy of a model disturbs
    the user's seeds without this. Keras keeps its state per thread: that of the calling thread is kept.
    """
    with ExitStack() as stack:
        for keep in (_python, _numpy, _eager_context, _global_generator, _keras):
            stack.callback(keep())
        yield


def _python() -> PutBack:
    state = random.getstate()
    return lambda: random.setstate(state)


def _numpy() -> PutBack:
    numpy = sys.modules.get("numpy")
    if numpy is None or not hasattr(numpy, "random"):
        return _nothing
    state = numpy.random.get_state()  # (the legacy state is the one that is global)
    return lambda: numpy.random.set_state(state)


def _eager_context() -> PutBack:
    # Private: TensorFlow has no public way to read the seed that tf.random.set_seed set.
    get = getattr(sys.modules.get("tensorflow.python.eager.context"), "context_safe", None)
    context = get() if get is not None else None
    rng = getattr(context, "_rng", None)
    if context is None or not isinstance(rng, random.Random):
        return _nothing
    seed = getattr(context, "_seed", None)
    # Another sequence meanwhile: kernels are cached by operation seed and go on where the last call left them, so
    # drawing the user's own next seeds here would change what they give later.
    context._rng = random.Random(f"gendiag {seed}")  # noqa: S311, SLF001  (no secret; private as said above)

    def put_back() -> None:
        if getattr(context, "_seed", None) != seed:
            context._seed = seed  # noqa: SLF001  (private as said above)
        context._rng = rng  # noqa: SLF001  (private as said above)

    return put_back


def _global_generator() -> PutBack:
    # Private: tf.random.get_global_generator() would make one where there is none.
    module: Any = sys.modules.get("tensorflow.python.ops.stateful_random_ops")
    if not hasattr(module, "global_generator"):
        return _nothing
    generator = module.global_generator
    state = None if generator is None else generator.state.numpy()

    def put_back() -> None:
        module.global_generator = generator
        if generator is not None:
            generator.state.assign(state)

    return put_back


def _keras() -> PutBack:
    # Private: the global seed generator and the name counters are reachable in no public way (keras 3.8 to 3.15).
    state: Any = sys.modules.get("keras.src.backend.common.global_state")
    if not hasattr(state, "get_global_attribute") or not hasattr(state, "set_global_attribute"):
        return _nothing
    generator = state.get_global_attribute("global_seed_generator")
    drawn = None if generator is None else generator.state.numpy()
    names = state.get_global_attribute("object_name_uids")
    counted = None if names is None else dict(names)

    def put_back() -> None:
        state.set_global_attribute("global_seed_generator", generator)
        state.set_global_attribute("object_name_uids", names)
        if generator is not None:
            generator.state.assign(drawn)
        if names is not None:
            names.clear()
            names.update(counted)

    return put_back


def _nothing() -> None:
    """Keep nothing: the module is not there."""
