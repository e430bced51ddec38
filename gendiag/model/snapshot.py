"""Put a model that was trained on back to what it was, where no copy can be made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

PutBack = Callable[[], None]


@contextmanager
def frozen(model: object) -> Iterator[None]:
    """Put back values and attributes of the model and all it holds: layers, optimizers, metrics, losses, seeds.

    Attributes are put back past Keras's trackers, lists and dicts with their content, so that what was built
    meanwhile (weights, optimizer slots, compiled metrics) is unbuilt again. Not seen: arrays changed in place, and
    whatever is kept outside the model.
    """
    back = [_keep(thing) for thing in _reachable(model)]
    try:
        yield
    finally:
        for put_back in back:
            put_back()


def optimizers(model: Any) -> list[Any]:
    """Return the model's optimizers: the one of ``compile``, and those that a GAN keeps beside it."""
    import keras

    found = [each for each in vars(model).values() if isinstance(each, keras.optimizers.Optimizer)]
    return list({id(each): each for each in found}.values())


def held_values(model: Any) -> PutBack:
    """Keep the values of all variables of model and optimizers, and the schedules; the result puts them back."""
    import tensorflow as tf

    kept = [(v, tf.identity(v.value)) for owner in (model, *optimizers(model)) for v in owner.variables]
    inner = [getattr(optimizer, "inner_optimizer", optimizer) for optimizer in optimizers(model)]
    rates = [(each, vars(each).get("_learning_rate")) for each in inner]

    def put_back() -> None:
        for variable, value in kept:
            variable.assign(value)
        for optimizer, rate in rates:
            vars(optimizer)["_learning_rate"] = rate  # A schedule stands here itself, else it is among the variables.

    return put_back


def is_variable(thing: object) -> bool:
    """Whether this is a variable of Keras's, whose class has no public name before keras 3.7."""
    import keras

    return isinstance(thing, keras.Variable) or "KerasVariable" in {base.__name__ for base in type(thing).__mro__}


def _reachable(model: object) -> list[Any]:
    """Return the model and everything of Keras below it, containers included, each once."""
    found: dict[int, Any] = {}
    waiting: list[Any] = [model]
    while waiting:
        thing = waiting.pop()
        if id(thing) in found or not _is_state(thing):
            continue
        found[id(thing)] = thing
        waiting.extend(_parts(thing))
    return list(found.values())


def _is_state(thing: object) -> bool:
    import keras
    import tensorflow as tf

    holders = (keras.Layer, keras.optimizers.Optimizer, keras.metrics.Metric, keras.losses.Loss)
    others = (keras.random.SeedGenerator, tf.Variable, list, tuple, dict, set)
    is_tracker = type(thing).__name__ == "Tracker"  # (Tracker is private to Keras)
    return isinstance(thing, holders + others) or is_variable(thing) or is_tracker


def _parts(thing: object) -> list[Any]:
    import tensorflow as tf

    if isinstance(thing, tf.Variable):
        return []
    inner = list(vars(thing).values()) if hasattr(thing, "__dict__") else []
    if isinstance(thing, dict):
        return [*inner, *thing.keys(), *thing.values()]
    return [*inner, *thing] if isinstance(thing, (list, tuple, set)) else inner


def _keep(thing: object) -> PutBack:
    import tensorflow as tf

    if isinstance(thing, tf.Variable):
        value = tf.identity(thing)
        return lambda: thing.assign(value)
    attributes, content = _keep_attributes(thing), _keep_content(thing)

    def put_back() -> None:
        attributes()
        content()

    return put_back


def _keep_content(thing: object) -> PutBack:
    # TensorFlow's proxy of a dict is no dict to the dict's own methods; the dict it stands for is.
    plain = getattr(thing, "__wrapped__", thing)
    if isinstance(plain, dict):
        return _keep_dict(plain)
    if isinstance(plain, list):
        return _keep_list(plain)
    return _keep_set(plain) if isinstance(plain, set) else lambda: None


def _keep_attributes(thing: object) -> PutBack:
    if hasattr(thing, "__wrapped__"):  # What TensorFlow's proxies know of their dict (tensorflow 2.21, wrapt).
        names = ("_self_last_wrapped_dict_snapshot", "_self_external_modification", "_self_non_string_key")
        kept = {name: getattr(thing, name) for name in names if hasattr(thing, name)}

        def put_back() -> None:
            for name, value in kept.items():
                setattr(thing, name, value)

        return put_back
    return _keep_dict(vars(thing)) if hasattr(thing, "__dict__") else lambda: None


# By the plain type's own methods: Keras's lists, dicts and sets would track what is put back.
def _keep_dict(container: dict[Any, Any]) -> PutBack:
    pairs = dict(container)

    def put_back() -> None:
        for name in [name for name in container if name not in pairs]:
            dict.__delitem__(container, name)
        dict.update(container, pairs)

    return put_back


def _keep_list(container: list[Any]) -> PutBack:
    items = list.copy(container)
    return lambda: list.__setitem__(container, slice(None), items)


def _keep_set(container: set[Any]) -> PutBack:
    members = set(container)

    def put_back() -> None:
        set.clear(container)
        set.update(container, members)

    return put_back


def stop_learning(model: Any) -> None:
    """Set every learning rate to 0, schedules and callables too."""
    for optimizer in optimizers(model):
        inner = getattr(optimizer, "inner_optimizer", optimizer)
        if is_variable(vars(inner).get("_learning_rate")):
            inner.learning_rate = 0.0
        else:
            inner.learning_rate = lambda: 0.0  # A number is refused where there was a schedule.


def build_optimizer(model: Any) -> None:
    """Make the slots now, so that NaN can be taken out of them again."""
    optimizer = getattr(model, "optimizer", None)
    if model.built and optimizer is not None and not optimizer.built:
        with suppress(Exception):  # If it cannot be built, fit will say so.
            optimizer.build(model.trainable_variables)
