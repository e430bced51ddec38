"""A model on which anything may be trained while the user's own stays bit for bit as it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FunctionType
from typing import Any, TypeAlias

from gendiag.batches.values import digest, kind_of
from gendiag.errors import BadModelError
from gendiag.model.keras_private import layers
from gendiag.model.snapshot import frozen
from gendiag.runtime.random_state import kept_seeds

# What fit, evaluate and predict leave behind, names, and what Keras wraps anew around each layer's methods.
_PASSING = {"history", "stop_training", "name", "built", "build", "quantize"} | {
    f"{work}_function" for work in ("train", "test", "predict")
}
Model: TypeAlias = Any  # keras ships no types
Given: TypeAlias = Any  # whatever compile was given
_PLAIN = (str, int, float, bool, type(None), FunctionType)


class NoCopyError(Exception):
    """A copy would not behave like the original."""


@contextmanager
def stand_in(model: Model) -> Iterator[Model]:
    """Give a model that may be trained on, and leave ``model`` and every random state as they were.

    It is a true copy (weights, optimizer with its slots, loss, metrics) wherever a copy can be made and verified, which
    has no part in a ``tf.distribute`` strategy: it is given whole batches, and writes into nobody's memory;
    else it is the model itself, put back afterwards: values of all variables, what fit sets on it, and what it built.

    Raises
    ------
    BadModelError
        If ``model`` is no Keras model.
    """
    import keras

    if not isinstance(model, keras.Model):
        kind = type(model).__name__
        msg = f"cannot try a batch on this {kind}: it is no keras.Model. Pass the model whose fit you call."
        raise BadModelError(msg)
    with kept_seeds():
        copy = _copy(model)
        if copy is not None:
            with frozen(copy.loss):  # Shared with the model, see _again.
                yield copy
            return
        with frozen(model):
            # A trial traces functions of its own; the user's come back with everything else.
            model.__dict__.update(train_function=None, test_function=None, predict_function=None)
            yield model


@contextmanager
def itself(model: Model) -> Iterator[Model]:
    """Give the model itself, in its strategy, and put everything back afterwards."""
    with kept_seeds(), frozen(model):
        model.__dict__.update(train_function=None, test_function=None, predict_function=None)
        yield model


def is_compiled(model: Model) -> bool:
    """Whether ``compile`` was called."""
    return bool(getattr(model, "compiled", False))


def _copy(model: Model) -> Model | None:
    try:
        copy = remade(model)
        if is_compiled(model):
            _compile_like(model, copy)
        check_alike(model, copy)
    except Exception:  # noqa: BLE001  (from_config and get_config are the user's; the frozen model is always left)
        return None
    return copy


def remade(model: Model, *, with_values: bool = True) -> Model:
    """Make the model again from its config, with the names, the built state and (or not) the values of the original.

    ``from_config`` and not ``clone_model``: that one also compiles, which fails for losses it cannot serialize.
    """
    copy = _from_config(model, model.get_config())
    for layer, again in zip(layers(model), layers(copy), strict=True):
        vars(again)["name"] = layer.name
    if model.built and not copy.built:
        copy.build_from_config(model.get_build_config())
    if with_values:
        assign(copy.variables, model.variables)
        for layer in layers(copy):
            if hasattr(layer, "finalize_state"):  # Normalization keeps what it learned as constants too.
                layer.finalize_state()
    return copy


def made_anew(model: Model) -> Model | None:
    """Make a model that a failed fit left half built again as it was before: not built, and with no values.

    None where that cannot be done.
    """
    try:
        with kept_seeds():
            copy = _from_config(model, _not_built(model))
            _compile_like(model, copy, with_values=False)
    except Exception:  # noqa: BLE001  (from_config and get_config are the user's)
        return None
    return copy


def _not_built(model: Model) -> dict[str, Any]:
    """Return the config without what the build put in: the input's shape, and in a Sequential an input layer."""
    import keras

    config = {name: value for name, value in model.get_config().items() if name != "build_input_shape"}
    if isinstance(model, keras.Sequential):
        config["layers"] = [layer for layer in config["layers"] if layer["class_name"] != "InputLayer"]
    return config


def _from_config(model: Model, config: Mapping[str, Any]) -> Model:
    import keras

    known = {type(layer).__name__: type(layer) for layer in layers(model)}
    with keras.saving.custom_object_scope(known):
        copy = type(model).from_config(config)
    if type(copy) is not type(model):
        raise NoCopyError
    return copy


def _compile_like(model: Model, copy: Model, *, with_values: bool = True) -> None:
    import keras

    if type(model).compile is not keras.Model.compile:  # Its arguments are not on record.
        raise NoCopyError
    given: Mapping[str, Any] = model._compile_config.config  # noqa: SLF001  (public get_compile_config serializes)
    copy.compile(
        optimizer=_optimizer(model.optimizer, copy, with_values=with_values),
        **{name: _again(given.get(name)) for name in ("loss", "loss_weights", "metrics", "weighted_metrics")},
        run_eagerly=model.run_eagerly,
        steps_per_execution=model.steps_per_execution,
        jit_compile=model.jit_compile,
        auto_scale_loss=False,  # The original's optimizer is wrapped where it should be.
    )


def _optimizer(optimizer: Given, copy: Model, *, with_values: bool) -> Given:
    """Make the optimizer again, with (or not) its slots and its step count."""
    import keras

    if optimizer is None:
        return None
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    known = {type(part).__name__: type(part) for part in (optimizer, inner, vars(inner).get("_learning_rate"))}
    with keras.saving.custom_object_scope(known):
        again = type(optimizer).from_config(optimizer.get_config())
    if optimizer.built and with_values:
        again.build(copy.trainable_variables)
    if with_values:
        assign(again.variables, optimizer.variables)
    # Not in any config: optimizer.exclude_from_weight_decay.
    excluded = any(vars(inner).get(f"_exclude_from_weight_decay{end}") for end in ("", "_pattern"))
    if excluded or not _plain_alike(optimizer, again):
        raise NoCopyError
    return again


def _again(given: Given) -> Given:
    """Make metrics again, in whatever structure they were given.

    Names, functions and losses are used again: a loss holds no variables, and its config may lack its arguments
    (keras 3.15.1: that of ``Huber`` has no delta).
    """
    import keras

    if isinstance(given, Mapping):
        return {name: _again(value) for name, value in given.items()}
    if isinstance(given, (list, tuple)):
        return [_again(value) for value in given]
    if not isinstance(given, keras.metrics.Metric):
        return given
    again = type(given).from_config(given.get_config())
    if not _plain_alike(given, again):
        raise NoCopyError
    return again


def assign(to: list[Any], values: list[Any]) -> None:
    """Give variables the values of others, one by one; they must be alike."""
    for mine, theirs in zip(to, values, strict=True):
        # Slots are named by path, and the path of a layer in a copy may lack the name of the model.
        alike = theirs.name.endswith(mine.name) or mine.name.endswith(theirs.name)
        if not alike or (mine.dtype, tuple(mine.shape)) != (theirs.dtype, tuple(theirs.shape)):
            raise NoCopyError
        mine.assign(theirs.value)


def check_alike(model: Model, copy: Model) -> None:
    """Raise ``NoCopyError`` where a copy is seen to differ in what is no variable."""
    for layer, again in zip(layers(model), layers(copy), strict=True):
        if type(layer) is not type(again) or not _plain_alike(layer, again) or _learned(layer) != _learned(again):
            raise NoCopyError
    if [v.trainable for v in model.variables] != [v.trainable for v in copy.variables]:
        raise NoCopyError
    if is_compiled(model) and model.optimizer is not None and not _plain_alike(model.optimizer, copy.optimizer):
        raise NoCopyError


def _plain_alike(one: object, other: object) -> bool:
    """Whether both have the same public attributes, equal where they are plain values, functions, or lists of these."""
    return _plain(one) == _plain(other)


def _plain(thing: object) -> dict[str, Any]:
    told = {name: value for name, value in vars(thing).items() if not name.startswith("_") and name not in _PASSING}
    told["_fn_kwargs"] = vars(thing).get("_fn_kwargs")  # The arguments of a metric that wraps a function.
    return {name: value if _is_plain(value) else type(value) for name, value in told.items()}


def _learned(layer: Any) -> list[Any]:
    """What a layer knows beside its variables: constants, and the vocabulary, which is in no config once adapted."""
    constants = [(name, digest(value)) for name, value in vars(layer).items() if kind_of(value) in ("array", "tensor")]
    return [*constants, layer.get_vocabulary() if hasattr(layer, "get_vocabulary") else None]


def _is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(_is_plain, [*value.keys(), *value.values()]))
    return all(map(_is_plain, value)) if isinstance(value, (list, tuple)) else isinstance(value, _PLAIN)
