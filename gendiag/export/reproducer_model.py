"""A model as text that a fresh process can make it of: its own config, else a small one of the same shapes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from gendiag.batches.tree import flatten, transform
from gendiag.batches.values import as_array
from gendiag.model.facts import ModelFacts

ITSELF, STANDING_IN = "the model's own config", "a stand-in of one dense layer: the model cannot be written as JSON"


def models_as_json(model: Any, facts: ModelFacts, batch: Any) -> Iterator[tuple[str, str]]:
    """Yield what it is and its JSON, the model's own first."""
    own = None if model is None else _own(model)
    if own is not None:
        yield ITSELF, own
    with suppress(Exception):  # what cannot be made is no candidate
        yield STANDING_IN, _stand_in(model, facts, batch)


def _own(model: Any) -> str | None:
    """Return the model's JSON if every class in it is Keras's."""
    try:
        config = model.to_json()
    except Exception:  # noqa: BLE001  (get_config is the user's)
        return None
    return config if _is_kerass(json.loads(config)) else None


def _is_kerass(config: Any) -> bool:
    if isinstance(config, dict):
        module, name = config.get("module"), config.get("class_name")
        foreign = name in {"Lambda", "__lambda__", "function"} or (
            name is not None and isinstance(module, str) and module.split(".")[0] not in {"keras", "builtins"}
        )
        unnamed = name is not None and "module" in config and module is None
        return not foreign and not unnamed and all(map(_is_kerass, config.values()))
    return all(map(_is_kerass, config)) if isinstance(config, list) else True


def _stand_in(model: Any, facts: ModelFacts, batch: Any) -> str:
    import keras

    x, y = (batch[0], batch[1]) if isinstance(batch, (tuple, list)) and len(batch) > 1 else (batch, None)
    inputs = transform(lambda leaf: keras.Input(_array(leaf).shape[1:]), x)
    flat = [keras.layers.Flatten()(part.value) for part in flatten(inputs)]
    joined = flat[0] if len(flat) == 1 else keras.layers.Concatenate()(flat)
    shape = (facts.outputs[0].shape or (None,))[1:] if facts.outputs else ()
    shape = shape if shape and None not in shape else (_array(y).shape[1:] or (1,))
    units = 1
    for size in shape:
        units *= size or 1
    output = keras.layers.Reshape(shape)(keras.layers.Dense(units)(joined))
    standing_in = keras.Model(inputs, output)
    standing_in.compile("sgd", _loss(model))
    return str(standing_in.to_json())


def _array(leaf: Any) -> Any:
    return as_array(flatten(leaf)[0].value)


def _loss(model: Any) -> Any:
    import keras

    loss = getattr(model, "loss", None)
    plain = isinstance(loss, (str, keras.losses.Loss)) and type(loss).__module__.split(".")[0] in {"keras", "builtins"}
    return loss if plain else "mse"
