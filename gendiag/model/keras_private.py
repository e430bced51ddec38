"""What Keras shows in private only, in one place: a new version of Keras is one file to look at.

Everything here is the same in keras 3.5.0 and 3.15.1 where nothing else is said.
"""

from __future__ import annotations

from typing import Any

KERAS = "keras.src."


def layers(model: Any) -> list[Any]:
    """Return the model and all its layers, from the outside in; public ``.layers`` leaves out those in attributes."""
    return list(model._flatten_layers())  # noqa: SLF001  (see above)


def strategy_of(model: Any) -> Any | None:
    """Return the ``tf.distribute`` strategy in whose scope a model was made, or None; the public one is never None."""
    return getattr(model, "_distribute_strategy", None)


def is_kerass_own(model: Any, method: str) -> bool:
    """Whether a method is what Keras wrote, and no override of the user's."""
    return str(getattr(type(model), method).__module__).startswith(KERAS)


def flat_losses(model: Any) -> list[tuple[Any, float]]:
    """Return Keras's own losses, one per output, with their weights; empty before they were used.

    Of two forms: keras 3.5 has ``flat_losses`` and ``flat_loss_weights``, 3.15 tuples of both.
    """
    losses: Any = getattr(model, "_compile_loss", None)
    if hasattr(losses, "flat_losses"):
        pairs = list(zip(losses.flat_losses or (), losses.flat_loss_weights or (), strict=True))
    else:
        pairs = [(loss, weight) for _, loss, weight, *_ in getattr(losses, "_flat_losses", None) or ()]
    return [(loss, 1.0 if weight is None else float(weight)) for loss, weight in pairs if loss is not None]
