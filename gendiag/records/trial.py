"""What the user's own model does with one batch, and what in the batch makes it fail."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gendiag.records.batch import NOTHING
from gendiag.records.face import Face
from gendiag.records.run import Failure

Outcome = Literal["trains", "non-finite", "raises", "no answer", "not tried"]
Where = Literal["", "input", "weights", "layer", "loss", "target", "gradient", "update", "metrics", "step"]


@dataclass(frozen=True, slots=True)
class LayerStep:
    """One layer of the model, as it was met in one eager step.

    Attributes
    ----------
    name, kind
        The layer's name and the name of its class.
    shape
        Of its (first) output; None where it raised, or gives no tensor.
    n_nan, n_inf, low, high
        Over its outputs, all calls together; the ends are over the finite values.
    inputs_finite
        Whether no tensor that it was given held NaN or infinity.
    calls
        How often it was called.
    grad_norm, update_norm
        Norm of the gradient of its own weights, before clipping, and by how much the step moved them. None where it
        has none, or where the step did not come so far.
    failure
        What it raised, or None.
    """

    name: str
    kind: str
    shape: tuple[int | None, ...] | None = None
    n_nan: int = 0
    n_inf: int = 0
    low: float | None = None
    high: float | None = None
    inputs_finite: bool = True
    calls: int = 1
    grad_norm: float | None = None
    update_norm: float | None = None
    failure: Failure | None = None

    @property
    def finite(self) -> bool:
        """Whether it gave neither NaN nor infinity."""
        return not self.n_nan and not self.n_inf


@dataclass(frozen=True, slots=True)
class Inside:
    """What went on in the model during one eager step.

    Attributes
    ----------
    layers
        In the order in which their (first) calls came to an end: an inner layer stands before the one around it.
    where
        Where the step goes wrong: ``input`` (x holds NaN or infinity), ``weights`` (the layer ``first_bad`` had NaN or
        infinity in its weights before), ``layer`` (``first_bad``), ``loss``, ``target`` (y or the sample weights hold
        NaN or infinity), ``gradient``, ``update``, ``metrics``; ``step`` where a ``train_step`` of the user's own does
        not tell. Empty where the step is sound.
    first_bad
        The first layer that raised, or that gave NaN or infinity though what it was given was finite; None where there
        is none, or where the step is sound all the same.
    inputs_finite, targets_finite
        Whether x, and the rest of the batch, are free of NaN and infinity.
    sample_losses
        Loss of each sample, before sample weights and without regularization; of several outputs their weighted sum.
        Empty where the loss is not Keras's own, or does not tell samples apart.
    grad_norm, update_norm
        Over all trainable weights; None where the step did not come so far.
    weights
        Which weights the model had.
    """

    layers: tuple[LayerStep, ...] = ()
    where: Where = ""
    first_bad: str | None = None
    inputs_finite: bool = True
    targets_finite: bool = True
    sample_losses: tuple[float, ...] = ()
    grad_norm: float | None = None
    update_norm: float | None = None
    weights: Literal["as they are", "fresh"] = "as they are"

    @property
    def worst_samples(self) -> tuple[int, ...]:
        """Rows by their loss, NaN and the largest first."""
        losses = self.sample_losses
        return tuple(sorted(range(len(losses)), key=lambda row: (not math.isnan(losses[row]), -losses[row])))


@dataclass(frozen=True, slots=True)
class TrialStep:
    """One way in which a batch was tried.

    Attributes
    ----------
    way
        ``through fit``, ``as delivered`` or ``as yielded``.
    outcome
        ``non-finite`` where the loss, the gradient or a weight is NaN or infinite after the step.
    loss, metrics, grad_norm
        As far as the step came. The gradient norm is over all trainable weights, before clipping.
    failure
        Why it raised, or None.
    seconds
        Wall time.
    inside
        What went on in the model; None for the step through fit.
    """

    way: str
    outcome: Outcome
    loss: float | None = None
    metrics: Mapping[str, float] = field(default_factory=lambda: NOTHING)
    grad_norm: float | None = None
    failure: Failure | None = None
    seconds: float = 0.0
    inside: Inside | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Trial(Face):
    """What the user's own model does with one batch; the model itself is as it was.

    Attributes
    ----------
    batch
        Index of the batch.
    outcome
        What fit does with it (the step ``through fit``).
    loss, metrics, grad_norm
        From the one-step trial as delivered, with the weights as they are.
    error
        Why it raised, in one line, or None.
    layer
        The layer or loss that raised, or None.
    seconds
        Wall time of all steps.
    steps
        The same for each way it was run.
    """

    batch: int
    outcome: Outcome
    loss: float | None = None
    metrics: Mapping[str, float] = field(default_factory=lambda: NOTHING)
    grad_norm: float | None = None
    error: str | None = None
    layer: str | None = None
    seconds: float = 0.0
    steps: tuple[TrialStep, ...] = ()

    @property
    def failure(self) -> Failure | None:
        """The most readable failure among the steps that agree with the outcome."""
        failures = [step.failure for step in self.steps if step.failure is not None]
        return failures[-1] if failures and self.outcome == "raises" else None

    @property
    def inside(self) -> Inside | None:
        """What went on in the model on the batch as delivered; as yielded, where nothing was delivered."""
        return next((step.inside for step in self.steps if step.inside is not None), None)

    @property
    def _brief(self) -> str:
        return f"batch {self.batch}, {self.outcome}" + (f": {self.error}" if self.error else "")


@dataclass(frozen=True, slots=True)
class Paired:
    """A loss that is another one once y has the output's axes: it pairs each output with the targets of all.

    Attributes
    ----------
    batch, path
        The batch that was tried, and its target.
    shape, output
        Of the target, and of the output.
    loss, aligned
        The loss as it is, and with y in the output's shape.
    """

    batch: int
    path: str
    shape: tuple[int, ...]
    output: tuple[int, ...]
    loss: float
    aligned: float


@dataclass(frozen=True, slots=True)
class CulpritValue:
    """What in a sample does it.

    Attributes
    ----------
    sample
        Row of the batch.
    path, place
        Of the leaf, and where in the sample's part of it; empty for a scalar.
    value
        As text.
    why
        What is wrong with it, such as ``the model has 10 classes (0-9)``.
    count
        How many values of the sample are changed together; this is the first.
    proven
        Whether the sample comes through once they are replaced by what a sound sample holds there.
    """

    sample: int
    path: str
    place: tuple[int, ...]
    value: str
    why: str = ""
    count: int = 1
    proven: bool = False

    def __str__(self) -> str:
        """``y[3] is 10``, ``x[3, 2] is NaN and 3 more``: as NumPy would index the leaf."""
        more = f" and {self.count - 1:,} more" if self.count > 1 else ""
        return f"{self.path}[{', '.join(map(str, (self.sample, *self.place)))}] is {self.value}{more}"


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A failing batch, reduced to the samples that make it fail.

    Attributes
    ----------
    batch
        Index of the batch.
    outcome
        What one eager step on the whole batch does, and on the samples too: ``raises`` or ``non-finite``. Any other
        one means that there was nothing to reduce.
    samples
        Rows of the batch, ascending. Empty where no sample is to blame, or none was found.
    alone
        Whether each of them fails alone; else they do together, or among the others.
    rest
        What the batch does without them; None where that was not tried.
    every
        Whether every sample that was tried alone fails: then no sample is to blame but the batch as a whole.
    rows, tried_alone
        How many samples the batch has, and how many of them were tried alone.
    values
        What in them does it, where that was found.
    minimal
        Whether all of this was tried to the end.
    note
        Why there is nothing to tell, or why it ended early.
    trials, seconds
        How many steps were run, and the wall time.
    """

    batch: int
    outcome: Outcome
    samples: tuple[int, ...] = ()
    alone: bool = True
    rest: Outcome | None = None
    every: bool = False
    rows: int = 0
    tried_alone: int = 0
    values: tuple[CulpritValue, ...] = ()
    minimal: bool = False
    note: str = ""
    trials: int = 0
    seconds: float = 0.0
