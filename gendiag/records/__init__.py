"""The plain records that every floor reads: what was measured, delivered, found, tried and mended.

Standard library only. Batches, epochs and steps count from 0; sizes are bytes and times are seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]
Verdict = Literal["trains", "trains on altered data", "raises", "never ends"]
Outcome = Literal["trains", "non-finite", "raises", "no answer", "not tried"]
Role = Literal["x", "y", "sample_weight", "batch"]
Where = Literal["", "input", "weights", "layer", "loss", "target", "gradient", "update", "metrics", "step"]

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Leaf:
    """One array of a batch, measured.

    Attributes
    ----------
    path
        ``x``, ``y``, ``x['image']``, ``x[0]``, ``sample_weight``; ``batch[3]`` for what fit has no name for.
    role
        Which argument of ``train_step`` the leaf belongs to.
    kind
        What it is: ``array``, ``tensor``, ``ragged``, ``sparse``, ``list`` (of Python scalars), ``scalar``,
        ``None``, ``frame`` (pandas), ``masked array`` (with values masked), or the class name of anything else. Only
        arrays, tensors, lists, scalars and frames of numbers are measured further; nothing unknown is ever converted.
    shape, dtype, nbytes
        As the array itself says; ``None`` / ``""`` / 0 where it says nothing.
    low, high, mean, std
        Over the finite values; ``None`` where there are none.
    n_nan, n_inf, zeros
        How many values are NaN, infinite, exactly 0.
    distinct
        How many different values; ``None`` above 65,536 values.
    digest
        Hash of dtype, shape and bytes; equal digests mean equal content. Empty where nothing was measured.
    shared
        Whether the leaf is the very memory, whole, of the same leaf of the batch read before.
    """

    path: str
    role: Role
    kind: str
    shape: tuple[int | None, ...] | None = None
    dtype: str = ""
    nbytes: int = 0
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    std: float | None = None
    n_nan: int = 0
    n_inf: int = 0
    zeros: int = 0
    distinct: int | None = None
    digest: str = ""
    shared: bool = False

    @property
    def rows(self) -> int | None:
        """Length of the batch axis, or None where there is none."""
        return self.shape[0] if self.shape else None

    def __str__(self) -> str:
        """``y: float64 (10,)``, the form in which messages name a leaf."""
        if self.shape is None:
            return f"{self.path}: {self.kind}"
        return f"{self.path}: {self.dtype} {format_shape(self.shape)}"


@dataclass(frozen=True, slots=True)
class Batch:
    """One thing that the source yielded.

    Attributes
    ----------
    index
        Counted over the whole run in the order yielded. Where a source is indexed (``PyDataset``) item ``k`` of pass
        ``p`` is batch ``p * len(source) + k``, in whatever order fit asks.
    epoch
        Epoch of fit, or pass over the source when it was only profiled.
    structure
        Its nesting, such as ``(array, array)`` or ``({'a': array}, array)``.
    rows
        Rows of the first leaf that has a batch axis, or None.
    leaves
        In the order in which Keras flattens them.
    wait_s
        How long the source took to yield it.
    rss_bytes
        Memory of this process just after.
    """

    index: int
    epoch: int
    structure: str
    rows: int | None
    leaves: tuple[Leaf, ...]
    wait_s: float = 0.0
    rss_bytes: int = 0

    def leaf(self, path: str) -> Leaf | None:
        """Return the leaf at ``path``, or None."""
        return next((leaf for leaf in self.leaves if leaf.path == path), None)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One training step of the rehearsal: what reached ``train_step``.

    Attributes
    ----------
    epoch, step
        Where fit stood.
    batch
        Which yielded batch this is, by content, by order where contents repeat; None if nothing yielded matches.
    leaves
        Measured after everything that fit does to a batch.
    changed
        Per leaf path, how many values differ from what was yielded. Leaves that arrived untouched are absent.
    examples
        Per changed leaf path, one ``(yielded, delivered)`` pair as text.
    """

    epoch: int
    step: int
    batch: int | None
    leaves: tuple[Leaf, ...]
    changed: Mapping[str, int] = field(default_factory=lambda: NOTHING)
    examples: Mapping[str, tuple[str, str]] = field(default_factory=lambda: NOTHING)

    def leaf(self, path: str) -> Leaf | None:
        """Return the leaf at ``path``, or None."""
        return next((leaf for leaf in self.leaves if leaf.path == path), None)


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception, cut down to what helps.

    Attributes
    ----------
    type
        Class name of the exception that reached the caller.
    line
        The first telling line: the user's own exception where TensorFlow wrapped it.
    layer
        The layer or loss that raised, as far as Keras names it.
    frame
        ``file:line in function`` of the user's own code, or None.
    code
        That line of code.
    details
        The full text.
    """

    type: str
    line: str
    layer: str | None = None
    frame: str | None = None
    code: str | None = None
    details: str = ""

    def __str__(self) -> str:
        """``ValueError: bad shape``, the type said once."""
        return f"{self.type}: {self.line.removeprefix(f'{self.type}: ')}"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What the real ``fit`` did with a source, run on a probe model without weights; or recorded as the user ran it.

    Attributes
    ----------
    epochs, epochs_run
        How many epochs fit was asked for, and how many the rehearsal began.
    steps_per_epoch
        As given to fit, or None.
    deliveries, validation
        Every training step, and every evaluation step on ``validation_data``, in order.
    ended
        ``finished``: all epochs asked for. ``epochs``: fewer epochs, by the limit. ``budget``: the step or time
        budget. ``stopped``: by the user. ``raised``: by fit. ``no answer``: nothing came for too long.
    failure
        What fit raised, or None.
    failed_in
        ``training`` or ``validation`` where fit raised while reading one of them; ``start`` before any step.
    failed_batch
        The yielded batch at which fit raised while training: the one that the source was making, else the first that
        was yielded and not delivered. None where nothing raised, or where fit raised before any step.
    stood_still
        Whether the answer failed to come though nothing was asked of the source and no step was begun.
    warnings
        What Keras and the source warned of, each once.
    seconds
        Wall time.
    live
        Whether this is the user's own fit as it was recorded, and no rehearsal.
    method
        What was recorded: ``fit``, ``evaluate``, ``predict``, or a ``loop`` of the user's own. A rehearsal is of fit.
    running
        Whether it was under way when it was looked at.
    """

    epochs: int = 1
    epochs_run: int = 0
    steps_per_epoch: int | None = None
    deliveries: tuple[Delivery, ...] = ()
    validation: tuple[Delivery, ...] = ()
    ended: Literal["finished", "epochs", "budget", "stopped", "raised", "no answer"] = "finished"
    failure: Failure | None = None
    failed_in: Literal["start", "training", "validation"] | None = None
    failed_batch: int | None = None
    stood_still: bool = False
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    live: bool = False
    method: str = "fit"
    running: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A cause that a rule found, with its evidence.

    Attributes
    ----------
    rule
        Name of the rule, such as ``silent-cast``.
    severity
        ``error``: fit does not come through (it raises or never ends). ``warning``: fit comes through and trains on
        something else than was meant. ``note``: worth knowing, nothing is wrong.
    title
        The fault in a few words.
    message
        What was measured, with the values, in one or two sentences.
    why
        Why it hurts.
    fix
        What to type next.
    batches
        The batches concerned, the first bad one first. They count batches of ``validation_data`` where ``evidence``
        has ``{"source": "validation"}``.
    leaf
        Path of the leaf concerned, or None.
    evidence
        The figures behind the message.
    """

    rule: str
    severity: Severity
    title: str
    message: str
    why: str = ""
    fix: str = ""
    batches: tuple[int, ...] = ()
    leaf: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=lambda: NOTHING)

    @property
    def in_validation(self) -> bool:
        """Whether ``batches`` counts batches of the validation data."""
        return self.evidence.get("source") == "validation"


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


@dataclass(frozen=True, slots=True)
class Trial:
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


@dataclass(frozen=True, slots=True)
class GuiltyValue:
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
    values: tuple[GuiltyValue, ...] = ()
    minimal: bool = False
    note: str = ""
    trials: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Repair:
    """A change to the source or to fit's arguments that was run before it is shown.

    Attributes
    ----------
    title
        What it does.
    snippet
        Code to paste; its last line is the call of fit.
    apply
        Makes what fit is given from the source, or from the function that makes it. Arrays come back as a tuple.
    verified
        Whether the mended source was rehearsed and the failing batch tried again, without the finding.
    proof
        Figures ``before`` and ``after``: verdict, fails_at, steps, samples, findings, and of the trial of the batch
        concerned its outcome and loss. ``read``: what was read, if not the source itself. ``not run``: why not.
    rule
        Name of the rule whose finding it mends.
    changes_meaning
        What it costs, such as ``drops 3 samples``; empty where fit trains on the same data.
    fit_args
        Arguments of fit that must change with it; None stands for one to leave out.
    target
        The argument of fit that ``apply`` is for: ``x`` or ``validation_data``.
    """

    title: str
    snippet: str
    apply: Callable[[Any], Any]
    verified: bool = False
    proof: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    rule: str = ""
    changes_meaning: str = ""
    fit_args: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    target: Literal["x", "validation_data"] = "x"


@dataclass(frozen=True, slots=True)
class Reproducer:
    """A folder with a script that raises what fit raised, and how far that was tried.

    Attributes
    ----------
    path
        The folder: ``reproduce.py``, ``batches.npz`` (without pickle) and ``model.json``.
    error
        Type and first line of what it raises.
    model
        Whose config ``model.json`` is.
    verified
        Whether the script raised the same type and first line in a fresh process.
    samples
        The rows of the failing batch that were kept; empty for all.
    replaced
        Paths of the leaves whose values are random ones now.
    """

    path: str
    error: str
    model: str
    verified: bool
    samples: tuple[int, ...] = ()
    replaced: tuple[str, ...] = ()


def format_shape(shape: tuple[int | None, ...] | None) -> str:
    """``(10, 4)``, with None for a free axis."""
    if shape is None:
        return "no shape"
    return f"({', '.join(str(size) for size in shape)}{',' if len(shape) == 1 else ''})"
