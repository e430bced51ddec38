"""Where in the model a batch goes wrong: layer by layer, the loss per sample, gradients and the update."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from gendiag.model.hooks import Call, Seen, callables, owners, tensors
from gendiag.model.keras_private import flat_losses, is_kerass_own
from gendiag.records import Failure, Inside, LayerStep, Outcome, Where

Kept = Sequence[tuple[Any, Any]]


class Told(NamedTuple):
    """What is known of the step as a whole."""

    outcome: Outcome
    loss: float | None = None
    failure: Failure | None = None


class Figures(NamedTuple):
    """What one tensor holds; the ends are over its finite values."""

    n_nan: int = 0
    n_inf: int = 0
    low: float | None = None
    high: float | None = None

    @property
    def finite(self) -> bool:
        """Whether there is neither NaN nor infinity."""
        return not self.n_nan and not self.n_inf


def keep_weights(model: Any) -> Kept:
    """Keep the trainable weights before a step; there are none in a model that is not built."""
    import tensorflow as tf

    return [(variable, tf.identity(variable.value)) for variable in model.trainable_variables]


def look_inside(model: Any, seen: Seen, kept: Kept, data: Any, told: Told) -> Inside:
    """Turn what was watched during a step into an ``Inside``.

    Parameters
    ----------
    seen
        What was written down.
    kept
        The weights before the step, see ``keep_weights``.
    data
        The batch as ``train_step`` was given it; None where it never was.
    """
    parts = list(data) if isinstance(data, (tuple, list)) else [data]
    moved = _moves(kept) if seen.stage == "metrics" else {}
    steps = _Steps(model, seen, moved).steps(told.failure)
    it = Inside(
        layers=tuple(step for step in steps if step.name != model.name),
        inputs_finite=_finite(parts[:1]),
        targets_finite=_finite(parts[1:]),
        sample_losses=_sample_losses(model, seen, parts[0]),
        grad_norm=seen.grad_norm,
        update_norm=math.sqrt(sum(moved.values())) if moved else None,
    )
    if told.outcome not in ("raises", "non-finite"):
        return it
    first = next((step for step in steps if step.failure is not None), None) or _origin(steps)
    broken = _broken_layers(model, kept)
    where = _raised_where(model, seen, data) if told.outcome == "raises" else _spoilt_where(it, first, told, seen)
    if where == "layer" and first is not None and first.failure is None and first.name in broken:
        where = "weights"
    shown = it.layers if first is None or first.name != model.name else (*it.layers, first)
    return replace(it, layers=shown, where=where, first_bad=first.name if first is not None else None)


class _Steps:
    """One ``LayerStep`` for each layer that was called."""

    def __init__(self, model: Any, seen: Seen, moved: Mapping[int, float]) -> None:
        self.model, self.seen, self.moved = model, seen, moved
        self.layers = callables(model)
        self.owner = owners(model, self.layers)
        self._measured: dict[int, Figures] = {}  # (the tensors live as long as what was seen)

    def steps(self, failure: Failure | None) -> list[LayerStep]:
        """In the order in which the layers' first calls ended; the model itself comes last."""
        calls: dict[int, list[Call]] = {}
        raised = next((call for call in self.seen.calls if call.error is not None), None)
        for call in self.seen.calls:
            if call.error is None or call is raised:
                calls.setdefault(id(call.layer), []).append(call)
        inner = getattr(self.model, "_functional", None)
        steps = [self._step(each, failure) for each in calls.values() if each[0].layer is not inner]
        return self._with_refusal(steps, raised, failure)

    def _step(self, calls: list[Call], failure: Failure | None) -> LayerStep:
        layer = calls[0].layer
        outputs = [tensor for call in calls for tensor in call.outputs or ()]
        figures = [self._figures(tensor) for tensor in outputs]
        mine = [key for key, owner in self.owner.items() if owner is layer]
        return LayerStep(
            name=layer.name,
            kind=type(layer).__name__,
            shape=tuple(outputs[0].shape) if outputs else None,
            n_nan=sum(each.n_nan for each in figures),
            n_inf=sum(each.n_inf for each in figures),
            low=min((each.low for each in figures if each.low is not None), default=None),
            high=max((each.high for each in figures if each.high is not None), default=None),
            inputs_finite=all(self._figures(tensor).finite for call in calls for tensor in call.inputs),
            calls=len(calls),
            grad_norm=_norm(self.seen.squares[key] for key in mine if key in self.seen.squares),
            update_norm=_norm(self.moved[key] for key in mine if key in self.moved),
            failure=failure if any(call.error is not None for call in calls) else None,
        )

    def _with_refusal(self, steps: list[LayerStep], raised: Call | None, failure: Failure | None) -> list[LayerStep]:
        """Blame the layer that Keras names, where it refused its input before its own code was reached."""
        named = failure.layer if failure is not None else None
        layer = next((each for each in self.layers if each.name == named), None)
        if layer is None or raised is None or raised.layer is layer:
            return steps
        steps = [replace(step, failure=None) for step in steps if step.failure is None or step.calls > 1]
        return [*steps, LayerStep(layer.name, type(layer).__name__, failure=failure)]

    def _figures(self, tensor: Any) -> Figures:
        if id(tensor) not in self._measured:
            self._measured[id(tensor)] = _figures(tensor)
        return self._measured[id(tensor)]


def _figures(tensor: Any) -> Figures:
    import tensorflow as tf

    if tensor.dtype.is_complex:
        tensor = tf.abs(tensor)
    if not (tensor.dtype.is_floating or tensor.dtype.is_integer) or not int(tf.size(tensor)):
        return Figures()
    if tensor.dtype not in (tf.float32, tf.float64):
        tensor = tf.cast(tensor, tf.float64 if tensor.dtype.is_integer else tf.float32)
    # One pass tells whether all is finite: 0 * x is 0 for finite x, and NaN else.
    if not math.isnan(float(tf.reduce_sum(tensor * 0))):
        return Figures(0, 0, float(tf.reduce_min(tensor)), float(tf.reduce_max(tensor)))
    finite = tf.boolean_mask(tensor, tf.math.is_finite(tensor))
    n_nan = int(tf.math.count_nonzero(tf.math.is_nan(tensor)))
    n_inf = int(tf.math.count_nonzero(tf.math.is_inf(tensor)))
    ends = (float(tf.reduce_min(finite)), float(tf.reduce_max(finite))) if int(tf.size(finite)) else (None, None)
    return Figures(n_nan, n_inf, *ends)


def _norm(squares: Any) -> float | None:
    squares = list(squares)
    return math.sqrt(sum(squares)) if squares else None


def _finite(data: Any) -> bool:
    return all(_figures(tensor).finite for tensor in tensors(data))


def _moves(kept: Kept) -> dict[int, float]:
    """By how much each weight moved, squared; by identity."""
    import tensorflow as tf

    return {id(v): float(tf.norm(tf.cast(v.value - old, tf.float32))) ** 2 for v, old in kept}


def _broken_layers(model: Any, kept: Kept) -> set[str]:
    """Names of the layers that had NaN or infinity in their weights before the step."""
    owner = owners(model, callables(model))
    return {owner[id(v)].name for v, old in kept if not _figures(old).finite and id(v) in owner}


# ---------------------------------------------------------------------- whose fault it is
def _origin(steps: Sequence[LayerStep]) -> LayerStep | None:
    """Return the first layer that made NaN or infinity of finite inputs and of which it was not taken away again.

    A mask of minus infinity before a softmax is sound: what comes out of that is finite.
    """
    bad: LayerStep | None = None
    first = next((step for step in steps if step.inputs_finite and not step.finite), None)
    for step in steps:
        if step.inputs_finite and not step.finite:
            bad = bad or step
        elif not step.inputs_finite and step.finite:
            bad = None
    return bad or first


def _raised_where(model: Any, seen: Seen, data: Any) -> Where:
    if data is None:
        return "input"
    if any(call.error is not None for call in seen.calls):
        return "layer"
    if not is_kerass_own(model, "train_step"):
        return "update" if seen.stage == "update" else "step"
    stages: dict[str, Where] = {"before": "layer", "forward": "layer", "loss": "loss", "update": "update"}
    return stages.get(seen.stage, "metrics")


def _spoilt_where(it: Inside, first: LayerStep | None, told: Told, seen: Seen) -> Where:
    outputs = next((call.outputs for call in reversed(seen.calls) if call.outputs is not None), None)
    if outputs is not None and not all(_figures(tensor).finite for tensor in outputs):
        return "input" if not it.inputs_finite else "layer" if first is not None else "step"
    if told.loss is None:
        return "step"
    if not math.isfinite(told.loss):
        return "loss" if it.targets_finite else "target"
    return "update" if it.grad_norm is None or math.isfinite(it.grad_norm) else "gradient"


# ---------------------------------------------------------------------- the loss, sample by sample
def _sample_losses(model: Any, seen: Seen, x: Any) -> tuple[float, ...]:
    """Weighted sum over the outputs; nothing where Keras's own loss does not tell samples apart, or leaves some out."""
    losses, given = flat_losses(model), tensors(x)
    rows = given[0].shape[0] if given and given[0].shape.rank else None
    if rows is None or not losses or len(losses) != len(seen.losses):
        return ()
    if not all(is_kerass_own(model, method) for method in ("train_step", "compute_loss")) or _is_masked(model, seen):
        return ()
    total = np.zeros(rows)
    for (_, weight), values in zip(losses, seen.losses, strict=True):
        array = np.asarray(values, dtype=np.float64) if tensors(values) else np.zeros(())
        if not array.ndim or len(array) != rows:
            return ()
        total += weight * array.reshape(rows, -1).mean(axis=1)
    return tuple(float(value) for value in total)


def _is_masked(model: Any, seen: Seen) -> bool:
    outputs = [tensor for call in seen.calls if call.layer is model for tensor in call.outputs or ()]
    return any(getattr(tensor, "_keras_mask", None) is not None for tensor in outputs)
