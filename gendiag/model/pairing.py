"""Whether a loss of the user's own broadcasts y against the output: told from the loss, with y in both shapes."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import numpy as np

from gendiag.batches.values import as_array
from gendiag.model.batch_trial import as_tensors, eager_step, held_state
from gendiag.model.clone import Model, stand_in
from gendiag.records import Paired, TrialStep
from gendiag.runtime.quiet import quiet
from gendiag.runtime.task import Task

TABLE, CLEARLY = 2, 1e-3  # of the loss


def find_paired(model: Model, index: int, raw: object, *, quiet_s: float) -> Paired | None:
    """Run an eager step on the batch with y of shape ``(n,)`` and of ``(n, 1)``, and compare the losses.

    Where all outputs meet all targets it does not matter whose target is whose, so the loss must also stay the same
    once the targets are exchanged. A ranking loss compares all with all too, and does not stay the same.

    Parameters
    ----------
    model
        As the user trains it; afterwards it is as it was.
    raw
        The batch as delivered. Only ``(x, y)`` and ``(x, y, sample_weight)`` with one array for y are looked at.

    Returns
    -------
    Paired or None
        None where the loss is the same in both shapes, where another order of y changes it, or where it cannot be told.
    """
    if not isinstance(raw, tuple) or len(raw) < TABLE:
        return None
    y = as_array(raw[1])
    if y is None or y.shape not in {(len(y),), (len(y), 1)} or len(y) < TABLE or y.dtype.kind not in "biuf":
        return None
    with suppress(Exception), quiet():  # A model that cannot be tried like this is not told of.
        return Task(lambda _: _compared(model, index, raw, y)).start().wait(quiet_s=quiet_s)
    return None


def _compared(model: Model, index: int, raw: tuple[Any, ...], y: Any) -> Paired | None:
    with stand_in(model) as other:
        put_back = held_state(other)
        output = tuple(other(as_tensors(raw[0]), training=False).shape)
        put_back()
        if output not in {(len(y),), (len(y), 1)} or output == y.shape:
            return None
        losses = []
        for target in (raw[1], np.roll(y, 1, axis=0), np.reshape(y, output)):
            losses.append(_loss(eager_step(other, "as delivered", (raw[0], target, *raw[2:]), look=False)))
            put_back()
    once, exchanged, aligned = losses
    if once is None or exchanged is None or aligned is None or not all(map(math.isfinite, (once, exchanged, aligned))):
        return None
    least = CLEARLY * max(abs(once), abs(aligned))
    if abs(once - exchanged) > least / 10 or abs(once - aligned) <= least:
        return None
    return Paired(index, "y", y.shape, output, once, aligned)


def _loss(step: TrialStep) -> float | None:
    """The loss as the step logs it, under whatever name."""
    if step.loss is not None:
        return step.loss
    return next((value for name, value in step.metrics.items() if "loss" in name), None)
