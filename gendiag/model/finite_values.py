"""Whether weights and figures hold neither NaN nor infinity."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gendiag.model.clone import Model


def finite_weights(model: Model) -> list[Any]:
    """Return the weights that hold neither NaN nor infinity by now; a mask of ``-inf`` is meant. No metrics' states."""
    return [weight for weight in model.weights if all_finite([weight])]


def loss_totals(model: Model) -> list[Any]:
    """Return the sums behind the losses that are logged: over a batch without rows NaN / 0 is logged as 0."""
    return [total for metric in model.metrics if "loss" in metric.name for total in metric.variables]


def lost_weight(model: Model) -> str:
    """Return the path of the first weight that is lost by now, or nothing.

    It holds NaN, or infinity if it is trained: one that is not may mean it, as a mask does.
    """
    import tensorflow as tf

    for weight in model.weights:
        value = tf.convert_to_tensor(weight.value)
        is_lost = tf.math.is_nan if not weight.trainable else lambda numbers: ~tf.math.is_finite(numbers)
        if value.dtype.is_floating and bool(tf.reduce_any(is_lost(value))):
            return str(weight.path)
    return ""


def all_finite(values: Iterable[Any]) -> bool:
    """Whether no floating value among the variables, tensors or numbers is NaN or infinite."""
    import tensorflow as tf

    total = tf.zeros((), tf.float32)
    for value in values:
        tensor = tf.convert_to_tensor(getattr(value, "value", value))
        if tensor.dtype.is_floating:
            # One pass: 0 * x is 0 for finite x, and NaN else.
            total += tf.cast(tf.reduce_sum(tensor * 0), tf.float32)
    return not math.isnan(float(total))
