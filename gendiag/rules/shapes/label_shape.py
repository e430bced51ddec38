from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.batches.values import Array
from gendiag.model.facts import ONE_HOT, SPARSE, Output, Shape, aligned, fits
from gendiag.records import Batch, Finding, Leaf, Severity, counted, format_shape
from gendiag.rules.edits import shapes
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.label_form import TABLE, is_one_column, is_other_form
from gendiag.rules.evidence.passes import held
from gendiag.rules.rule import Edits, Rule, by_leaf, dense, sound

BROADCAST = (
    "mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_logarithmic_error",
    "huber", "log_cosh", "hinge", "squared_hinge", "categorical_hinge", "cosine_similarity", "kl_divergence", "poisson",
    "binary_crossentropy", "binary_focal_crossentropy", "categorical_crossentropy", "categorical_focal_crossentropy",
)  # fmt: skip
Odd = dict[int, tuple[Leaf, Output]]


class LabelShape(Rule):
    """y has another shape than the model's output.

    What fit does
        Adds or drops a last axis of size 1, so ``(n,)`` and ``(n, 1)`` are one. Beyond that the cross-entropies raise,
        and the other losses broadcast as NumPy does: ``(n, 1)`` against ``(n, 3)`` trains all three outputs on one
        number, ``(n,)`` against ``(n, n)`` pairs each sample with the labels of all.

    Why it hurts
        Where it is broadcast nothing is raised, the loss falls, and the model learns something else. Where it raises,
        the message does not say which of the two is y.

    How to mend it
        Give y the shape of the output, or the last layer as many units as y has columns. A recurrent layer with
        ``return_sequences=True`` gives one output per time step.

    Known limits
        Only Keras's own losses, and only where y has as many rows as x.

    Source
        keras 3.15.1, losses/loss.py, squeeze_or_expand_to_same_rank; measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "label-shape", "y has another shape than the model's output"
    batchwise = True
    consequence_of = ("validation-differs",)

    def check(self, seen: Evidence) -> Iterator[Finding]:
        for found in by_leaf(each for each in seen.scored() if _differs(*each)):
            if _lacks_inputs(seen, found):
                continue
            if seen.model_raised_at(found):
                if not seen.raised_in_layer():
                    yield self._finding(seen, "error", found)
            elif trained := {index: pair for index, pair in found.items() if seen.trained_on(index)}:
                yield self._finding(seen, "warning", trained)

    def _finding(self, seen: Evidence, severity: Severity, found: Odd) -> Finding:
        index, (leaf, output) = next(iter(found.items()))
        loss = output.loss.key if output.loss else ""
        end = "fit raises there" if severity == "error" else "fit broadcasts one to the other without a word"
        message = (
            f"{leaf.path} of {seen.place(index)} has shape {format_shape(leaf.shape)}, the model's output "
            f"{output.name!r} {format_shape(output.shape)}; in {loss} {end}{_meaning(leaf, output, severity)}."
        )
        one_hot = _one_hot_fix(seen, leaf, output)
        return self.finding(
            severity, message, fix=one_hot or _fix(leaf, output, trained=seen.evaluates), batches=found, leaf=leaf.path,
            shape=format_shape(leaf.shape), output=format_shape(output.shape), loss=loss,
        )  # fmt: skip

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        place = at(seen, finding)
        outputs = [output for leaf, output in seen.model_facts.scored(seen.batches[0]) if leaf.path == finding.leaf]
        leaf = place.leaves.get(finding.leaf or "")
        if leaf is None or not outputs or not leaf.shape or not outputs[0].shape:
            return
        shape, wanted = leaf.shape, outputs[0].shape
        for order in ((0, 3, 1, 2), (0, 2, 3, 1), (0, 2, 1)):
            if len(order) == len(shape) == len(wanted) and fits(tuple(shape[axis] for axis in order)[1:], wanted[1:]):
                yield shapes.transpose(place, leaf.path, order)
        if len(wanted) == len(shape) + 1:
            yield shapes.expand(place, leaf.path)
        sizes = [size for size in wanted[1:] if size != 1]
        if None not in sizes and sizes == [size for size in shape[1:] if size != 1]:  # else values would be mixed up
            yield shapes.reshape(place, leaf.path, tuple(size or 1 for size in wanted[1:]))

    def broken(self) -> Iterator[Any]:
        return sound()

    def mended(self) -> Iterator[Any]:
        return ((x, np.repeat(y, 2, axis=1)) for x, y in sound())

    def model(self) -> Any:
        return dense(2)


def _lacks_inputs(seen: Evidence, found: Odd) -> bool:
    """Whether the model raises before there is an output, since x has another number of arrays than it has inputs."""
    batch = seen.profile.find(next(iter(found)))
    return bool(seen.model_facts.inputs) and batch is not None and not seen.model_facts.fed(batch)


def _differs(batch: Batch, leaf: Leaf, output: Output) -> bool:
    if output.shape is None or output.loss is None or not leaf.shape or leaf.shape[0] != batch.rows:
        return False
    if any(each.role == "batch" for each in batch.leaves):  # with more than three elements none is known to be y
        return False
    if is_other_form(leaf, output) or is_one_column(leaf, output):  # other rules say so
        return False
    wanted: Shape = (batch.rows, *output.shape[1:])
    if output.loss.key == SPARSE:
        return not fits(leaf.shape, wanted[:-1]) and not fits(leaf.shape, (*wanted[:-1], 1))
    return output.loss.key in BROADCAST and not fits(*aligned(leaf.shape, wanted))


def _meaning(leaf: Leaf, output: Output, severity: Severity) -> str:
    shape, wanted = leaf.shape or (), output.shape or ()
    if severity == "error":
        return ""
    if len(shape) == len(wanted) and shape[-1] == 1:
        return f": all {wanted[-1]} outputs of a sample are compared with the same number"
    if len(shape) == len(wanted) and wanted[-1] == 1:
        return f": the one output is compared with all {shape[-1]} numbers of a sample"
    return ": numbers are compared across samples or steps that do not belong together"


def _one_hot_fix(seen: Evidence, leaf: Leaf, output: Output) -> str:
    """What to type where one-hot rows have another number of columns than there are units; else empty."""
    shape, units = leaf.shape or (), output.channels or 0
    rows = [array for batch in seen.batches if (array := held(seen, batch.index).get(leaf.path)) is not None]
    if not rows or units < TABLE or any(not _is_one_hot(array) for array in rows):
        return ""
    if len(shape) == len(output.shape or ()) + 1:
        return f"{leaf.path} was made one-hot twice: call `to_categorical` once, on the class numbers."
    if len(shape) != TABLE or len({array.shape[-1] for array in rows}) > 1:
        return ""
    if shape[-1] == units + 1 and not any(array[:, 0].any() for array in rows):
        return (
            f"Column 0 is never set, so likely the class numbers begin at 1: `to_categorical({leaf.path} - 1, "
            f"num_classes={units})`."
        )
    if (shape[-1] or 0) < units:
        return (
            f"State the number of classes: `to_categorical({leaf.path}, num_classes={units})`, or give the last layer "
            f"{counted(shape[-1] or 0, 'unit')}."
        )
    return ""


def _is_one_hot(array: Array) -> bool:
    return array.ndim > 1 and bool(((array == 0) | (array == 1)).all()) and bool((array.sum(axis=-1) <= 1).all())


def _fix(leaf: Leaf, output: Output, *, trained: bool) -> str:
    """Say what to change; of labels that the model was trained on in another shape not the model."""
    shape, wanted = leaf.shape or (), output.shape or ()
    if (
        len(shape) == len(wanted)
        and output.loss is not None
        and output.loss.key in ONE_HOT
        and shape[-1:] != wanted[-1:]
    ):
        columns = f"`keras.utils.to_categorical(labels, num_classes={wanted[-1]})`"
        one_by_one = " (without it the width is the largest label that occurs there + 1)"
        layer = "" if trained else f", or give the last layer {counted(shape[-1] or 0, 'unit')}"
        return f"Give {leaf.path} {wanted[-1]} columns, one per class: {columns}{one_by_one}{layer}."
    if trained:
        return f"Give {leaf.path} the shape that it has in training, {format_shape(wanted)} as the output."
    if output.loss is not None and output.loss.key == SPARSE:
        return f"Yield one integer class number per position: shape {format_shape(wanted[:-1])}."
    if len(wanted) == len(shape) + 1 and len(shape) > 1 and wanted[-1] == 1:
        return "Let the last recurrent layer give one output per sample, `return_sequences=False`, or label each step."
    if len(shape) == len(wanted) and shape[:-1] == (shape[0], *wanted[1:-1]):
        columns = counted(wanted[-1] or 0, "column")
        return f"Give the last layer {counted(shape[-1] or 0, 'unit')}, or {leaf.path} {columns}."
    return f"Reshape {leaf.path} to the output's {format_shape(wanted)} in the source, or change the last layer."
