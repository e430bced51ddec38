"""Watch one eager training step from within: what passes through layers, losses and optimizers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Literal

from gendiag.model import keras_private
from gendiag.model.snapshot import optimizers

Stage = Literal["before", "forward", "loss", "update", "metrics"]
MOST_CALLS = 64  # of one layer that are written down: a cell is called at every time step


@dataclass
class Call:
    """One call of a layer; ``outputs`` is None while, or if, it did not come to an end."""

    layer: Any
    inputs: list[Any]
    outputs: list[Any] | None = None
    error: BaseException | None = None


@dataclass
class Seen:
    """What was written down. Tensors are held and measured afterwards: within the step the tape would record it.

    Attributes
    ----------
    calls
        By the order in which they ended.
    stage
        How far the step came.
    losses
        What each loss gave, before it is reduced.
    squares
        Squared norm of each gradient, by the identity of its variable.
    norms
        Squared norm of all gradients together, for each time that an optimizer was given some.
    scaled
        Whether an optimizer scales the loss.
    """

    calls: list[Call] = field(default_factory=list)
    stage: Stage = "before"
    losses: list[Any] = field(default_factory=list)
    squares: dict[int, float] = field(default_factory=dict)
    norms: list[float] = field(default_factory=list)
    scaled: bool = False

    @property
    def grad_norm(self) -> float | None:
        """Norm of all gradients together; None where no optimizer was given any, or only one too large to scale."""
        norm = math.sqrt(sum(self.norms)) if self.norms else None
        return None if self.scaled and norm is not None and not math.isfinite(norm) else norm

    @property
    def gradient_is_finite(self) -> bool:
        """Whether no gradient is NaN or infinite; under a loss scale that is nothing to speak of: it is skipped."""
        return self.scaled or all(map(math.isfinite, self.norms))


@contextmanager
def watched(model: Any, *, layers: bool = True) -> Iterator[Seen]:
    """Write down what passes while this is open; every instance gets its own methods back.

    Parameters
    ----------
    layers
        Whether to watch layers and losses, and not optimizers alone.
    """
    seen, wrapped = Seen(), list[tuple[Any, str]]()

    def wrap(owner: Any, method: str, around: Callable[..., Any]) -> None:
        # Past Keras's own __setattr__, and on the instance: no other model must notice.
        vars(owner)[method] = around
        wrapped.append((owner, method))

    for optimizer in optimizers(model):
        wrap(optimizer, "apply", _apply(optimizer, seen))
    if layers:
        for layer in callables(model):
            if "call" not in vars(layer):
                wrap(layer, "call", _call(layer, seen, is_whole=layer is model))
        if "compute_loss" not in vars(model):
            wrap(model, "compute_loss", _compute_loss(model, seen, wrap))
    try:
        yield seen
    finally:
        for owner, method in wrapped:
            vars(owner).pop(method, None)


def callables(model: Any) -> list[Any]:
    """Return the model, its layers from the outside in, and the operations between them in functional models."""
    every = keras_private.layers(model)
    graphs = [part for layer in every for part in (layer, vars(layer).get("_functional")) if part is not None]
    operations = [operation for graph in graphs for operation in getattr(graph, "operations", ())]
    return list({id(part): part for part in (*every, *operations)}.values())


def _call(layer: Any, seen: Seen, *, is_whole: bool) -> Callable[..., Any]:
    call, counted = layer.call, Counter[str]()

    @wraps(call)
    def calling(*args: Any, **kwargs: Any) -> Any:
        counted["calls"] += 1
        if is_whole and seen.stage == "before":
            seen.stage = "forward"
        it = Call(layer, tensors((args, kwargs)))
        try:
            outputs = call(*args, **kwargs)
        except BaseException as error:
            it.error = error
            seen.calls.append(it)
            raise
        it.outputs = tensors(outputs)
        if counted["calls"] <= MOST_CALLS:
            seen.calls.append(it)
        if is_whole and seen.stage == "forward":
            seen.stage = "loss"
        return outputs

    return calling


def _compute_loss(model: Any, seen: Seen, wrap: Callable[..., None]) -> Callable[..., Any]:
    compute_loss = model.compute_loss

    @wraps(compute_loss)
    def computing(*args: Any, **kwargs: Any) -> Any:
        with suppress(Exception):  # What is wrong with y the loss itself says.
            _build_losses(model, *args, **kwargs)
        for loss in {id(loss): loss for loss, _ in keras_private.flat_losses(model)}.values():
            if "call" not in vars(loss):
                wrap(loss, "call", _loss(loss, seen))
        return compute_loss(*args, **kwargs)

    return computing


def _build_losses(model: Any, x: Any = None, y: Any = None, y_pred: Any = None, *_: Any, **__: Any) -> None:
    """Build Keras's losses as they do it themselves when they are first called."""
    del x
    losses = getattr(model, "_compile_loss", None)
    if losses is not None and not losses.built:
        losses.build(y, y_pred)


def _loss(loss: Any, seen: Seen) -> Callable[..., Any]:
    call = loss.call

    @wraps(call)
    def calling(*args: Any, **kwargs: Any) -> Any:
        values = call(*args, **kwargs)
        seen.losses.append(values)
        return values

    return calling


def _apply(optimizer: Any, seen: Seen) -> Callable[..., Any]:
    """Write down the gradients that an optimizer is given, unscaled and before clipping."""
    scale, apply = float(optimizer.scale_loss(1.0)), optimizer.apply

    @wraps(apply)
    def applying(grads: Iterable[Any], trainable_variables: Any = None, **kwargs: Any) -> Any:
        grads, seen.stage, seen.scaled = list(grads), "update", scale != 1
        variables = None if trainable_variables is None else list(trainable_variables)
        squares = [math.nan if grad is None else _square(grad, scale) for grad in grads]
        seen.norms.append(sum(square for square, grad in zip(squares, grads, strict=True) if grad is not None))
        if variables is not None:
            given = zip(variables, squares, grads, strict=False)
            told = ((v, square) for v, square, grad in given if grad is not None)
            seen.squares.update({id(v): square for v, square in told if scale == 1 or math.isfinite(square)})
        done = apply(grads, variables, **kwargs)
        seen.stage = "metrics"
        return done

    return applying


def _square(grad: Any, scale: float) -> float:
    import tensorflow as tf

    values = tf.convert_to_tensor(getattr(grad, "values", grad))
    norm = float(tf.norm(tf.cast(values, tf.float32)))
    if not math.isfinite(norm):  # Squares of what is above 1e19 are infinite in float32.
        norm = float(tf.norm(tf.cast(values, tf.float64)))
    return (norm / scale) ** 2


def tensors(given: Any) -> list[Any]:
    """Return the dense eager tensors in a nested structure."""
    import keras
    import tensorflow as tf

    return [each for each in keras.tree.flatten(given) if isinstance(each, tf.Tensor) and hasattr(each, "numpy")]


def owners(model: Any, layers: Sequence[Any]) -> dict[int, Any]:
    """Return for each trainable variable, by identity, the innermost layer that holds it."""
    return {id(variable): layer for layer in (model, *layers) for variable in getattr(layer, "trainable_variables", ())}
