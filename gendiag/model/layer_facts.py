"""What single layers and metrics of a model want: ids in a range, an ``adapt``; attributes are read, nothing is run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from gendiag.model.facts import IdLayer
from gendiag.model.keras_private import layers
from gendiag.runtime.failing_metric import metric_key

Model: TypeAlias = Any  # keras ships no types
READS_IDS = ("Embedding", "Hashing", "IntegerLookup", "CategoryEncoding", "StringLookup")
SIZES = {"Embedding": "input_dim", "CategoryEncoding": "num_tokens"}
MOVES = ("Reshape", "Flatten", "Permute")  # what only moves ids
LOOKUPS = ("StringLookup", "IntegerLookup", "TextVectorization")


def id_layer(graph: Model, tensor: Any) -> IdLayer | None:
    """Return the layer that takes a symbolic tensor for ids, also behind layers that only move them."""
    for operation, node in _readers(graph, tensor):
        kind = type(operation).__name__
        if kind in READS_IDS:
            return _known(operation)
        if kind in MOVES and (found := id_layer(graph, node.output_tensors[0])):
            return found
    return None


def _readers(graph: Model, tensor: Any) -> Iterator[tuple[Any, Any]]:
    for operation in graph.operations:
        for node in operation._inbound_nodes:  # noqa: SLF001  (no public way)
            if any(given is tensor for given in node.input_tensors):
                yield operation, node


def _known(layer: Any) -> IdLayer:
    kind = type(layer).__name__
    size = getattr(layer, SIZES[kind]) if kind in SIZES else None
    return IdLayer(layer.name, kind, size if isinstance(size, int) else None)


def embeddings(model: Model) -> tuple[IdLayer, ...]:
    """Every layer that knows so many ids only."""
    return tuple(_known(layer) for layer in layers(model) if type(layer).__name__ in SIZES)


def masked_value(graph: Model, tensor: Any) -> float | None:
    """Return the value by which the layer that reads a symbolic tensor masks a step; None where it masks none."""
    for operation, _ in _readers(graph, tensor):
        kind = type(operation).__name__
        if kind == "Embedding" and operation.mask_zero:
            return 0.0
        if kind == "Masking" and isinstance(operation.mask_value, (int, float)):
            return float(operation.mask_value)
    return None


def over_rows(graph: Model) -> tuple[str, ...]:
    """Layers of a graph that normalize over the batch axis alone, where they train and are not told otherwise."""
    found = []
    for operation in getattr(graph, "operations", ()):
        nodes = operation._inbound_nodes  # noqa: SLF001  (no public way)
        if type(operation).__name__ != "BatchNormalization" or not operation.trainable or len(nodes) != 1:
            continue
        if getattr(operation, "renorm", False):  # it goes by its moving mean
            continue
        shape = nodes[0].input_tensors[0].shape
        others = [size for axis, size in enumerate(shape) if axis not in (0, operation.axis % len(shape))]
        if all(size == 1 for size in others) and nodes[0].arguments.kwargs.get("training") is not False:
            found.append(operation.name)
    return tuple(found)


def only_ways(graph: Model, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the layers that no way from an input to an output of the graph leads around."""
    return tuple(name for name in names if not _is_passed(graph, name))


def _is_passed(graph: Model, name: str) -> bool:
    """Whether an input is reached from an output without going through the layer."""
    waiting = [tensor._keras_history.operation for tensor in graph.outputs]  # noqa: SLF001  (no public way)
    met: set[int] = set()
    while waiting:
        operation = waiting.pop()
        if operation.name == name or id(operation) in met:
            continue
        met.add(id(operation))
        given = [tensor for node in operation._inbound_nodes for tensor in node.input_tensors]  # noqa: SLF001
        if not given:
            return True
        waiting += [tensor._keras_history.operation for tensor in given]  # noqa: SLF001
    return False


def unadapted(model: Model, graph: Model | None) -> tuple[tuple[str, str], ...]:
    """Layers that were to learn from the data and have not; a Normalization only where it reads an input.

    Further inside, such as in EfficientNet without weights, it is meant to do nothing.
    """
    first = {id(operation) for tensor in getattr(graph, "inputs", ()) for operation, _ in _readers(graph, tensor)}
    every = layers(model)
    inner = {id(getattr(layer, "_lookup_layer", None)) for layer in every}
    return tuple(
        (layer.name, type(layer).__name__)
        for layer in every
        if id(layer) not in inner and _is_unadapted(layer, is_first=not first or id(layer) in first)
    )


def _is_unadapted(layer: Any, *, is_first: bool) -> bool:
    kind = type(layer).__name__
    if kind == "Normalization":
        return is_first and layer.input_mean is None and _is_as_made(layer)
    if kind == "Discretization":
        return layer.bin_boundaries is None or not len(layer.bin_boundaries)
    table = layer._lookup_layer if kind == "TextVectorization" else layer  # noqa: SLF001  (no public way)
    return kind in LOOKUPS and table.input_vocabulary is None and table.vocabulary_size() <= _special(table)


def _is_as_made(layer: Any) -> bool:
    """Whether mean 0 and variance 1 are still what the layer began with."""
    if not layer.built:
        return True
    mean, variance = layer.adapt_mean, layer.adapt_variance
    return float(abs(mean.numpy()).max()) == 0 and float(abs(variance.numpy() - 1).max()) == 0


def _special(table: Any) -> int:
    """How many tokens a table has before it was told any: for the mask, and for what is unknown."""
    return int(table.num_oov_indices) + (table.mask_token is not None)


def metrics(model: Model) -> tuple[str, ...]:
    """Keys of the metrics given to compile; nothing where they are given by output."""
    given = getattr(getattr(model, "_compile_metrics", None), "_user_metrics", None)
    return tuple(_key(each) for each in given) if isinstance(given, (list, tuple)) else ()


def _key(metric: Any) -> str:
    """Return its key; one with thresholds of its own is called so."""
    config = metric.get_config() if hasattr(metric, "get_config") else {}
    if (
        config.get("from_logits")
        or config.get("thresholds") is not None
        or config.get("threshold", 0.5) not in (0.5, None)
    ):
        return f"{metric_key(metric)} with thresholds"
    return metric_key(metric)
