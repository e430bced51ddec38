"""A compiled model -> ModelFacts. Only attributes are read: nothing is built, called or traced."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Literal, TypeAlias

from gendiag.batches.tree import walk
from gendiag.model.facts import Input, Loss, ModelFacts, Output
from gendiag.model.keras_private import KERAS, is_kerass_own, layers, strategy_of
from gendiag.model.layer_facts import embeddings, id_layer, masked_value, metrics, only_ways, over_rows, unadapted
from gendiag.records import Role

Model: TypeAlias = Any  # keras ships no types
OWN = ("train_step", "compute_loss", "call")
ACTIVATED = {
    "Dense", "Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "Activation", "SimpleRNN", "LSTM", "GRU",
}  # fmt: skip
RESHAPES = ("Reshape", "Flatten", "Permute", "Dropout", "Cropping2D", "ZeroPadding2D")
SCALES = ("Rescaling", "Normalization")
PLAIN = (
    "InputLayer", "Dense", "Conv1D", "Conv2D", "Conv3D", "Flatten", "Reshape", "Dropout", "LSTM", "GRU", "SimpleRNN",
    "LSTMCell", "GRUCell", "SimpleRNNCell", "MaxPooling1D", "MaxPooling2D", "AveragePooling2D",
    "GlobalAveragePooling1D", "GlobalAveragePooling2D", "SeparableConv2D", "DepthwiseConv2D", "Conv2DTranspose",
    "UpSampling2D", "Concatenate", "Add", "Activation", "ReLU", "BatchNormalization", "Bidirectional",
    "TimeDistributed", "Embedding", "ZeroPadding2D", "Softmax", "LeakyReLU", "Sequential", "Functional",
)  # fmt: skip


def read_model(model: Model) -> ModelFacts:
    """Read what can be known of ``model``; what cannot be told stays None or empty, and nothing is ever raised."""
    known: dict[str, Any] = {}
    with suppress(Exception):  # The model may be anything; to know less is always right.
        known["layers"] = frozenset(_named(layers(model))) | _inner(model)
    with suppress(Exception):
        known["steps_per_execution"] = int(getattr(model, "steps_per_execution", 1) or 1)
    with suppress(Exception):
        known["half"] = any(getattr(layer, "compute_dtype", None) == "float16" for layer in layers(model)[1:])
        known["stateful"] = any(getattr(layer, "stateful", False) is True for layer in layers(model)[1:])
    with suppress(Exception):
        known["loss_weights"] = _no_weights(model._compile_config.config.get("loss_weights"))  # noqa: SLF001  (as given)
    with suppress(Exception):
        known["scales"] = _scales(model)
    with suppress(Exception):
        if (strategy := strategy_of(model)) is not None:
            known["strategy"], known["replicas"] = type(strategy).__name__, int(strategy.num_replicas_in_sync)
    with suppress(Exception):
        known["rescaling"] = _rescaling(model)
    with suppress(Exception):
        known["embeddings"] = embeddings(model)
    with suppress(Exception):
        known["unadapted"] = unadapted(model, _graph(model))
    with suppress(Exception):
        known["over_rows"] = over_rows(_graph(model))
        known["only_ways"] = only_ways(_graph(model), known["over_rows"])
    with suppress(Exception):
        known["metrics"] = metrics(model)
        known["optimizer"] = type(model.optimizer).__name__ if model.optimizer is not None else ""
        known["own_steps"] = frozenset(method for method in OWN if not is_kerass_own(model, method))
    with suppress(Exception):
        if all(is_kerass_own(model, method) for method in OWN):
            known["outputs"] = _outputs(model)
            known["inputs"] = _inputs(model)
            sizes = {each.shape[0] for each in known["inputs"]}
            known["keeps_rows"] = _keeps_rows(model)
            known["batch_size"] = sizes.pop() if len(sizes) == 1 else None
    return ModelFacts(**known)


def _no_weights(given: Any) -> str:
    """What stands for loss_weights and is no number, as text: ``['accuracy']``."""
    is_list = isinstance(given, (list, tuple))
    parts = list(given.values()) if isinstance(given, Mapping) else list(given) if is_list else [given]
    if all(part is None or hasattr(part, "__float__") for part in parts):
        return ""
    names = [repr(p) if isinstance(p, (str, int, float)) else getattr(p, "__name__", type(p).__name__) for p in parts]
    return f"[{', '.join(names)}]" if is_list else ", ".join(names)


def _keeps_rows(model: Model) -> bool:
    """Whether it is made of Keras's own layers alone, which keep the batch axis; operations and functions may not."""
    graph = _graph(model)
    parts = [*layers(model)[1:], *(graph.operations if graph is not None else ())]
    return bool(parts) and all(_is_plain_layer(part) for part in parts)


def _is_plain_layer(part: Any) -> bool:
    kind = type(part)
    is_model = kind.__name__ in ("Sequential", "Functional") and kind.__module__.startswith(KERAS)
    return is_model or (kind.__module__.startswith(f"{KERAS}layers.") and kind.__name__ != "Lambda")


def fixed_batch_sizes(model: Model) -> set[int]:
    """Return the numbers of samples that the inputs of ``model`` are declared with, where they are."""
    with suppress(Exception):  # Not built, a Sequential raises here: a ValueError (keras 3.5.0), an AttributeError.
        return {tensor.shape[0] for tensor in model.inputs} - {None}
    return set()


def _graph(model: Model) -> Model:
    """Return the functional model inside, or None where the model is not built."""
    inner = getattr(model, "_functional", model)
    return inner if hasattr(inner, "_inputs_struct") else None


def _named(layers: list[Any]) -> Iterator[str]:
    for layer in layers:
        yield from (layer.name, type(layer).__name__)


def _inner(model: Model) -> set[str]:
    graph = _graph(model)
    return set() if graph is None else {graph.name}


# ------------------------------------------------------------------ inputs
def _inputs(model: Model) -> tuple[Input, ...]:
    graph = _graph(model)
    if graph is None:
        return ()
    return tuple(
        Input(
            path,
            _name(path, tensor),
            tuple(tensor.shape),
            str(tensor.dtype),
            id_layer(graph, tensor),
            masked_value(graph, tensor),
        )
        for path, tensor in _tensors("x", graph._inputs_struct)  # noqa: SLF001  (public .inputs has lost the nesting)
    )


def _tensors(role: Role, structure: Any) -> list[tuple[str, Any]]:
    return [(part.path, part.value) for part in walk(role, role, structure)]


def _name(path: str, tensor: Any) -> str:
    key = re.search(r"\['([^']*)'\]$", path)
    return key.group(1) if key else str(tensor._keras_history.operation.name)  # noqa: SLF001  (no public way)


def _scales(model: Model) -> Literal["yes", "no", "unknown"]:
    graph = _graph(model)
    parts = [*layers(model)[1:], *(graph.operations if graph is not None else ())]
    names = [type(part).__name__ for part in parts]
    if any(name in SCALES for name in names):
        return "yes"
    first = next((name for name in names if name not in ("InputLayer", "Reshape", "ZeroPadding2D")), "")
    if first == "BatchNormalization":
        return "yes"
    plain = bool(names) and all(name in PLAIN for name in names) and is_kerass_own(model, "call")
    return "no" if plain else "unknown"


def _rescaling(model: Model) -> float | None:
    by = [layer.scale for layer in layers(model)[1:] if type(layer).__name__ == "Rescaling"]
    return min((float(scale) for scale in by if isinstance(scale, (int, float))), default=None)


# ------------------------------------------------------------------ outputs
def _outputs(model: Model) -> tuple[Output, ...]:
    graph = _graph(model)
    if graph is None:
        return _of_last_layer(model)
    found = _tensors("y", graph._outputs_struct)  # noqa: SLF001  (public .outputs has lost the nesting)
    names = [_name(path, tensor) for path, tensor in found]
    losses = _losses(model.loss, names)
    return tuple(
        Output(
            path,
            name,
            tuple(tensor.shape),
            tensor.shape[-1] if tensor.shape else None,
            _activation(tensor),
            loss,
            _is_moved(tensor),
            getattr(tensor, "_keras_mask", None) is not None,
        )
        for (path, tensor), name, loss in zip(found, names, losses, strict=True)
    )


def _of_last_layer(model: Model) -> tuple[Output, ...]:
    """Of an unbuilt Sequential its last layer tells something; of any other unbuilt model nothing does."""
    if not hasattr(model, "_functional") or not model.layers:
        return ()
    last = model.layers[-1]
    channels = getattr(last, "units", getattr(last, "filters", None))
    return (Output("y", last.name, None, channels, _own_activation(last), _losses(model.loss, [last.name])[0]),)


def _activation(tensor: Any) -> str | None:
    """Activation behind a symbolic tensor; layers that only move values are looked through."""
    layer, node, place = tensor._keras_history  # noqa: SLF001  (no public way)
    if hasattr(layer, "_functional") or hasattr(layer, "_outputs_struct"):
        inner = _graph(layer)
        return None if inner is None else _activation(inner.outputs[place])
    if type(layer).__name__ in RESHAPES:
        return _activation(layer._inbound_nodes[node].input_tensors[0])  # noqa: SLF001  (no public way)
    return _own_activation(layer)


def _is_moved(tensor: Any) -> bool:
    layer, _, place = tensor._keras_history  # noqa: SLF001  (no public way)
    inner = _graph(layer) if hasattr(layer, "_functional") or hasattr(layer, "_outputs_struct") else None
    return type(layer).__name__ in RESHAPES if inner is None else _is_moved(inner.outputs[place])


def _own_activation(layer: Any) -> str | None:
    if type(layer).__name__ == "Softmax":
        return "softmax"
    if type(layer).__name__ == "TimeDistributed":
        return _own_activation(layer.layer)
    if type(layer).__name__ == "ReLU":
        return "relu" if not layer.negative_slope and not layer.threshold and layer.max_value is None else None
    if type(layer).__name__ not in ACTIVATED:
        return None
    function = layer.activation
    return function.__name__ if getattr(function, "__module__", "").startswith(KERAS) else None


# ------------------------------------------------------------------ losses
def _losses(given: Any, names: list[str]) -> list[Loss | None]:
    if isinstance(given, Mapping):
        return [_loss(given.get(name)) for name in names]
    if isinstance(given, (list, tuple)):
        return [_loss(each) for each in given] if len(given) == len(names) else [None] * len(names)
    return [_loss(given)] * len(names)


def _loss(given: Any) -> Loss | None:
    import keras

    if given is None:
        return None
    loss = keras.losses.get(given)
    kind = type(loss)
    dtype = str(getattr(loss, "dtype", None) or keras.config.floatx())
    plain = loss if hasattr(loss, "__name__") else kind
    if not str(getattr(plain, "__module__", "")).startswith("keras.src.losses."):
        return Loss(dtype=dtype)
    key = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", plain.__name__).lower()
    key = "kl_divergence" if key == "kldivergence" else key
    settings = {} if plain is loss else loss.get_config()
    logits = settings.get("from_logits", False) if "crossentropy" in key else None
    return Loss(key, logits, dtype, settings.get("ignore_class"), bool(settings.get("label_smoothing")))
