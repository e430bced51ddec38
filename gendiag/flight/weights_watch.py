"""Whether a live fit loses its weights: looked at when an epoch begins and ends, never between two steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from gendiag.batches.store import MIB
from gendiag.model.finite_values import all_finite, finite_weights, lost_weight
from gendiag.model.snapshot import held_values, optimizers

MOST_BYTES = 64 * MIB  # of variables, that are held from the beginning of an epoch to its end


class WeightsWatch:
    """What became of the weights of a model that is being trained.

    Attributes
    ----------
    lost_before
        The path of a weight that was NaN or infinite before the first step, or empty.
    lost_in
        The epoch in which the loss or a weight turned NaN or infinite, or None.
    at_first, put_back
        Give the model the weights that it had before the fit, and those with which that epoch began; None where they
        are not held.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._sound: Sequence[Any] | None = None
        self._is_first = True
        self.lost_before = ""
        self.lost_in: int | None = None
        self.at_first: Callable[[], None] | None = None
        self.put_back: Callable[[], None] | None = None

    def epoch_begins(self) -> None:
        """Hold the weights, where they are few."""
        if self.lost_in is not None or not self._model.built:
            self._is_first = False
            return
        self.put_back = held_values(self._model) if _nbytes(self._model) <= MOST_BYTES else None
        if self._sound is None:
            self._sound, self.lost_before = finite_weights(self._model), lost_weight(self._model)
            self.at_first = self.put_back if self._is_first else None
        self._is_first = False

    def epoch_ends(self, epoch: int, loss: object = None) -> None:
        """See whether they are still numbers; ``loss`` is the one that fit logs for the epoch."""
        if self.lost_in is not None or not self._model.built:
            return
        is_lost = isinstance(loss, float) and not math.isfinite(loss)
        if is_lost or not all_finite(self._model.weights if self._sound is None else self._sound):
            self.lost_in = epoch
        else:
            self.put_back = None


def _nbytes(model: Any) -> int:
    owners = (model, *optimizers(model))
    return sum(
        variable.value.dtype.size * math.prod(variable.shape) for owner in owners for variable in owner.variables
    )
