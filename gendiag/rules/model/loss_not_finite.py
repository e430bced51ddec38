from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from gendiag.records import Batch, Finding, LayerStep, Leaf, Trial
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import BAD, Rule, sound

GROWN = 1e3  # times the first loss: no noise of a training that goes well
HALF_MOST = 65504.0  # the largest number of float16
WHERE = {
    "loss": ": every layer gives numbers, the loss does not",
    "gradient": ": the loss is a number, its gradient is not",
    "update": ": the gradient is finite, the optimizer's update is not",
}


class LossNotFinite(Rule):
    """Every number of a batch is finite, and the loss or a weight is not after the step on it.

    What fit does
        Goes on: NaN in a weight stays there, and the loss is NaN to the end.

    Why it hurts
        The log shows ``loss: nan`` from some step on, and there is no NaN in the data to be found.

    How to mend it
        Scale what is too large, for float16 below 65,504; guard divisions and logarithms in the model and its loss;
        lower the learning rate or clip gradients where the training grows out of range by itself.

    Known limits
        Seen on a copy of the model that was trained on what fit delivered, from its present weights on. Whether the
        batch alone does it is told by a trial of it.

    Source
        measured in the very run.
    """

    name, title = "loss-not-finite", "Training turns NaN or infinite on finite data"
    reads_trials = True
    consequence_of = ("empty-batch",)

    def check(self, seen: Evidence) -> Iterator[Finding]:
        run = seen.model_run
        if run is None or run.lost_before:
            return
        if run.non_finite_epoch is not None and all(_is_sound(seen, batch) for batch in seen.batches):
            yield self._in_epoch(seen, run.non_finite_epoch)
        index, batch = run.non_finite, seen.profile.find(run.non_finite)
        if index is None or batch is None or not _is_sound(seen, batch):
            return
        half, diverges = _too_large_for_half(seen, batch), _diverges(seen)
        message = (
            f"After the step on {seen.place(index)} the loss or a weight is NaN or infinite, though every number of "
            f"the batch is finite.{diverges}{_alone(seen, seen.trials.get(index))}"
        )
        if half is not None:
            message += (
                f" {half.path} reaches {_largest(half):.4g} there; a layer of the model computes in float16, "
                "which ends at 65,504."
            )
        fix = (
            f"Look at batch {index} with `report.trial({index})`: scale its numbers, guard a division or a logarithm "
            "in the model or its loss, or lower the learning rate."
        )
        if half is not None:
            fix = (
                f"Scale {half.path} before fit gets it, or let the first layers compute in float32 (`dtype='float32'`)."
            )
        elif diverges:
            fix = "Lower the learning rate, clip the gradients (`clipnorm=1.0` in the optimizer), or scale x and y."
        yield self.finding("warning", message, fix=fix, batches=[index], leaf=None if half is None else half.path)

    def _in_epoch(self, seen: Evidence, epoch: int) -> Finding:
        """Say it of a live fit that cannot be run again from the beginning of the epoch."""
        message = (
            f"In epoch {epoch + 1}/{seen.rehearsal.epochs} the loss or a weight turned NaN or infinite"
            f"{', though every number of every batch is finite' if seen.batches else ''}; at which step is not known."
        )
        fix = (
            "Lower the learning rate, clip the gradients (`clipnorm=1.0` in the optimizer), or guard a division or a "
            "logarithm in the model or its loss."
        )
        return self.finding("warning", message, fix=fix, epoch=epoch)

    def broken(self) -> Iterator[Any]:
        return ((x * (1e30 if step == BAD else 1), y) for step, (x, y) in enumerate(sound()))

    def mended(self) -> Iterator[Any]:
        return sound()


def _is_sound(seen: Evidence, batch: Batch) -> bool:
    """Whether the batch has rows, and is finite and unchanged as it was delivered."""
    delivered = [delivery for delivery in seen.rehearsal.deliveries if delivery.batch == batch.index]
    leaves = [*batch.leaves, *(leaf for delivery in delivered for leaf in delivery.leaves)]
    return (
        all(leaf.rows != 0 and not leaf.n_nan and not leaf.n_inf for leaf in leaves)
        and not any(delivery.changed for delivery in delivered)
    )  # fmt: skip


def _diverges(seen: Evidence) -> str:
    """Say from where to where the loss grew, where it did so step by step before it was lost."""
    run = seen.model_run
    steps = [*takewhile(math.isfinite, run.losses)] if run is not None else []
    before = [(loss, f"epoch {epoch + 1}") for epoch, loss in enumerate(run.losses_before if run is not None else ())]
    epoch = f"epoch {len(before) + 1}, " if before else ""
    told = [*before, *((loss, f"{epoch}step {step + 1}") for step, loss in enumerate(steps))]
    first, when = next(((loss, when) for loss, when in told if loss > 0), (0.0, ""))
    if not when or told[-1][0] < GROWN * first:
        return ""
    return f" Training diverges: the loss grows from {first:.3g} in {when} to {told[-1][0]:.3g} in {told[-1][1]}."


def _alone(seen: Evidence, trial: Trial | None) -> str:
    if trial is None or trial.outcome not in {"trains", "non-finite"}:
        return ""
    if trial.outcome == "trains":
        weights = "from before" if seen.rehearsal.live else "as they are"
        return (
            f" Alone, with the weights {weights}, the batch trains: what came before has likely driven the weights "
            "out of range."
        )
    inside = trial.inside
    first = "" if inside is None or inside.where != "layer" else _first(inside.layers)
    if first:
        return f" The batch alone does it: {first} is the first that gives no finite numbers."
    return f" The batch alone does it{WHERE.get(inside.where, '') if inside is not None else ''}."


def _first(layers: tuple[LayerStep, ...]) -> str:
    """Name the first layer that gives no finite numbers; keras 3.5.0 casts in an operation before it."""
    wrong = [layer for layer in layers if not layer.finite]
    if len(wrong) > 1 and wrong[0].kind == "Cast":
        return f"the cast before layer {wrong[1].name!r}"
    return f"layer {wrong[0].name!r}" if wrong else ""


def _largest(leaf: Leaf) -> float:
    return max(abs(leaf.low or 0.0), abs(leaf.high or 0.0))


def _too_large_for_half(seen: Evidence, batch: Batch) -> Leaf | None:
    if not seen.model_facts.half:
        return None
    return next((leaf for leaf in batch.leaves if leaf.role == "x" and _largest(leaf) > HALF_MOST), None)
