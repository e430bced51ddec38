"""What is known of the user's model beforehand: what it takes, what it gives, and how that is compared with y."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar

from gendiag.records import Batch, Leaf

# Keys of the losses on one-hot rows, and of the one on class numbers; see Loss.key.
ONE_HOT = ("categorical_crossentropy", "categorical_focal_crossentropy")
SPARSE = "sparse_categorical_crossentropy"
Shape: TypeAlias = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss of Keras's own.

    Attributes
    ----------
    key
        Such as ``categorical_crossentropy``, however it was given to compile; empty for a loss of the user's own.
    from_logits
        Whether it takes the outputs for logits; None for losses that know no difference.
    dtype
        What it casts y to.
    ignored
        The label that a sparse loss leaves out, or None.
    smoothing
        Whether it smooths the labels, so that no share of a row is 0.
    """

    key: str = ""
    from_logits: bool | None = None
    dtype: str = "float32"
    ignored: int | None = None
    smoothing: bool = False


@dataclass(frozen=True, slots=True)
class IdLayer:
    """A layer that takes ids.

    Attributes
    ----------
    name, kind
        The layer's name and the name of its class.
    size
        How many ids it knows, counted from 0; None where it takes any.
    """

    name: str
    kind: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """One input.

    Attributes
    ----------
    path, name
        The leaf it takes, as a source of the same nesting would call it, and Keras's name.
    shape, dtype
        As declared, batch axis first.
    ids
        The embedding or lookup that reads it, or None.
    masked
        The value by which a step is masked for the layers behind, by an Embedding or a Masking layer; or None.
    """

    path: str
    name: str
    shape: Shape
    dtype: str = "float32"
    ids: IdLayer | None = None
    masked: float | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """One output.

    Attributes
    ----------
    path, name
        The leaf it is compared with, and Keras's name.
    shape
        Batch axis first; None where the model is not built.
    channels
        Size of the last axis, or None.
    activation
        ``linear``, ``softmax``, ...; None where it cannot be told.
    loss
        None where nothing is compared with this output, or where it cannot be told.
    moved
        Whether a layer stands behind the activation, one that only moves values such as Reshape.
    masked
        Whether a mask of steps comes with it, which Keras's losses and metrics leave out.
    """

    path: str
    name: str
    shape: Shape | None = None
    channels: int | None = None
    activation: str | None = None
    loss: Loss | None = None
    moved: bool = False
    masked: bool = False


Port = TypeVar("Port", Input, Output)


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of the model; what cannot be known without running it is None or empty.

    Attributes
    ----------
    inputs, outputs
        In the order in which Keras flattens them. Empty where ``call`` or ``train_step`` is the user's own.
    layers
        Names and classes of all layers and of the model itself.
    stateful
        Whether a layer carries its state from batch to batch.
    batch_size
        The fixed one, or None.
    scales
        Whether the model scales its inputs itself.
    rescaling
        The smallest number by which a Rescaling layer multiplies; None where there is no such layer.
    half
        Whether a layer computes in float16.
    loss_weights
        What compile was given as loss_weights, where that holds no numbers; else empty.
    keeps_rows
        Whether it is known that row k of each output is made of row k of each input, and of no other.
    steps_per_execution
        As given to compile.
    embeddings
        Every layer of the model that knows so many ids only, wherever it stands.
    unadapted
        Preprocessing layers that were to learn from the data with ``adapt`` and have not: name and class.
    over_rows
        Names of the BatchNormalization layers that take their mean over the samples of a batch and nothing else.
    only_ways
        Which of them every way from an input to an output goes through.
    metrics
        Keys of the metrics that were given to compile, such as ``precision``; ``precision with thresholds`` where
        these were given.
    strategy, replicas
        The ``tf.distribute`` strategy in whose scope it was made, or empty; and how many replicas share each batch.
    optimizer
        Name of its class, or empty.
    own_steps
        Which of ``train_step``, ``compute_loss`` and ``call`` are the user's own.
    """

    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    layers: frozenset[str] = frozenset()
    stateful: bool = False
    batch_size: int | None = None
    scales: Literal["yes", "no", "unknown"] = "unknown"
    rescaling: float | None = None
    half: bool = False
    loss_weights: str = ""
    keeps_rows: bool = False
    steps_per_execution: int = 1
    embeddings: tuple[IdLayer, ...] = ()
    unadapted: tuple[tuple[str, str], ...] = ()
    over_rows: tuple[str, ...] = ()
    only_ways: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    strategy: str = ""
    replicas: int = 1
    optimizer: str = ""
    own_steps: frozenset[str] = frozenset()

    def fed(self, batch: Batch) -> list[tuple[Leaf, Input]]:
        """Which leaf of x each input takes; empty where they cannot be paired."""
        return _paired([leaf for leaf in batch.leaves if leaf.role == "x"], self.inputs)

    def scored(self, batch: Batch) -> list[tuple[Leaf, Output]]:
        """Which leaf of y each output is compared with; empty where they cannot be paired."""
        return _paired([leaf for leaf in batch.leaves if leaf.role == "y"], self.outputs)


def _paired(leaves: Sequence[Leaf], ports: Sequence[Port]) -> list[tuple[Leaf, Port]]:
    if not leaves or len(leaves) != len(ports):
        return []
    if len(ports) == 1:
        return [(leaves[0], ports[0])]
    role = leaves[0].role
    for names in ({port.path: port for port in ports}, {f"{role}[{port.name!r}]": port for port in ports}):
        if {leaf.path for leaf in leaves} == set(names):
            return [(leaf, names[leaf.path]) for leaf in leaves]
    return []


def fits(shape: Shape | None, wanted: Shape | None) -> bool:
    """Whether a shape meets another one, None standing for any size; unknown shapes meet all."""
    if shape is None or wanted is None:
        return True
    return len(shape) == len(wanted) and all(
        want in (None, size) or size is None for size, want in zip(shape, wanted, strict=True)
    )


def aligned(one: Shape, other: Shape) -> tuple[Shape, Shape]:
    """Bring two shapes to one rank as Keras does before it compares y with an output, or weighs the losses.

    keras 3.15.1, losses/loss.py, squeeze_or_expand_to_same_rank: only a last axis of size 1 is dropped or added.
    """
    if len(one) == len(other) + 1 and one[-1] == 1:
        return (one, (*other, 1)) if len(other) == 1 else (one[:-1], other)
    if len(other) == len(one) + 1 and other[-1] == 1:
        return ((*one, 1), other) if len(one) == 1 else (one, other[:-1])
    return one, other
