"""A model that a failed fit left half built: its weights have no values, and no fit can train it any more.

A model without a declared input is built while the first step is traced. Where that step raises, its variables stay
uninitialized, and every later fit raises about an ``OptionalFromValue`` of no elements, whatever the data (measured on
keras 3.5.0 with tensorflow 2.18.0, and on keras 3.15.1 with tensorflow 2.21.0).
"""

from __future__ import annotations

from typing import Any

from gendiag.errors import BadModelError
from gendiag.model.clone import made_anew
from gendiag.model.snapshot import optimizers


def weights_without_values(model: Any) -> list[str]:
    """Return the paths of the variables of a model and its optimizers that were made and never given a value."""
    return [v.path for owner in (model, *optimizers(model)) for v in owner.variables if not _has_value(v)]


def usable(model: Any) -> tuple[Any, str]:
    """Return the model (or None) and nothing to say; or one left half built made anew, and what the user must know.

    Raises
    ------
    BadModelError
        If it is left half built, and cannot be made anew from its config.
    """
    lost = [] if model is None else weights_without_values(model)
    if not lost:
        return model, ""
    told = (
        f"The model {model.name} was left half built by a fit that failed: {len(lost)} of its variables, such as "
        f"{lost[0]}, have no values, and fit raises with it whatever the data. Make it anew before the next fit"
    )
    anew = made_anew(model)
    if anew is None:
        msg = f"{told}, and pass that one: diagnose(source, make_model())."
        raise BadModelError(msg)
    return anew, f"{told}; here it was tried as made anew from its config."


def _has_value(variable: Any) -> bool:
    import tensorflow as tf

    try:
        return tuple(tf.identity(variable.value).shape) == tuple(variable.shape)
    except tf.errors.FailedPreconditionError:
        return False
