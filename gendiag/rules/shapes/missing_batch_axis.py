from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gendiag.model.facts import Shape, fits
from gendiag.records import Batch, Finding, Leaf, Severity, format_shape
from gendiag.rules.edits import shapes
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.validation_shapes import first_evaluated, single_samples
from gendiag.rules.rule import Edits, Rule, sound

TWO = 2
NO_NUMBERS = ("object", "str", "bytes")


class MissingBatchAxis(Rule):
    """The source yields one sample at a time, without the axis that counts the samples.

    What fit does
        Takes the first axis of whatever it gets for the batch axis: of one sample of 25 features it makes 25 samples.
        A scalar has no axis at all, and is refused before the first step.

    Why it hurts
        The message speaks of an incompatible rank or shape inside the model, where it is the source that forgot to
        batch.

    How to mend it
        Collect the samples of a batch and stack them, ``np.stack(samples)``; a single one becomes a batch of one with
        ``x[None]``. A ``tf.data.Dataset`` is batched with ``.batch(32)``.

    Known limits
        Needs a model whose input shape is declared. A model without one takes the features for samples.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "missing-batch-axis", "The batch axis is missing"
    batchwise = True
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        found: dict[int, tuple[Leaf, Shape]] = {}
        for batch in seen.batches:
            bare = _bare_input(seen, batch) or _bare_label(seen, batch)
            if bare is not None and (seen.refused(batch.index) or _is_taken(seen, batch, *bare)):
                found[batch.index] = bare
        if found and _raised_here(seen, found):
            yield self._finding(seen, found, "error", "")
        elif found and seen.trained_on(next(iter(found))):
            yield self._finding(seen, found, "warning", " The model takes each row for a sample, without a word.")
        elif not found and not seen.evaluates:
            yield from self._beside_training(seen)

    def _finding(
        self, seen: Evidence, found: dict[int, tuple[Leaf, Shape]], severity: Severity, consequence: str
    ) -> Finding:
        index, (leaf, wanted) = next(iter(found.items()))
        batch = next(batch for batch in seen.batches if batch.index == index)
        scalar = next((each for each in batch.leaves if each.role == "y" and each.shape == ()), None)
        too = f" {scalar.path} is a scalar, and lacks it too." if scalar is not None and scalar is not leaf else ""
        message = (
            f"{leaf.path} of {seen.place(index)} has shape {format_shape(leaf.shape)}, which is one sample: the model "
            f"wants {format_shape(wanted)}, and the batch axis, the first one, is missing.{too}{consequence}"
        )
        fix = (
            "Batch the dataset before fit: `dataset.batch(32)`."
            if seen.source.is_graph
            else f"Stack the samples of a batch, `np.stack(samples)`, or add the axis: `{leaf.path}[None]`."
        )
        return self.finding(
            severity, message, fix=fix, batches=found, leaf=leaf.path,
            shape=format_shape(leaf.shape), wanted=format_shape(wanted),
        )  # fmt: skip

    def _beside_training(self, seen: Evidence) -> Iterator[Finding]:
        """Validation data that look like one sample of the training data; what a built model takes tells more."""
        run = seen.model_run
        raised = seen.rehearsal.failed_in == "validation" or (run is not None and run.failed_in_validation)
        if not raised or seen.model_facts.inputs:
            return
        pairs = single_samples(seen, {leaf.path: leaf.shape for leaf in first_evaluated(seen)})
        if not pairs:
            return
        leaf, shape = pairs[0]
        message = (
            f"validation_data yields one sample at a time: {leaf.path} of its batch 0 has shape {format_shape(shape)}, "
            f"where {leaf.path} of a training batch has {format_shape(leaf.shape)}; the batch axis, the first one, is "
            "missing."
        )
        fix = (
            "Batch the validation data too: `validation_data.batch(32)`."
            if seen.validation_source is not None and seen.validation_source.is_graph
            else f"Stack the samples of a validation batch, `np.stack(samples)`, or add the axis: `{leaf.path}[None]`."
        )
        yield self.finding(
            "error", message, fix=fix, leaf=leaf.path, source="validation",
            shape=format_shape(shape), wanted=format_shape((None, *(leaf.shape or ())[1:])),
        )  # fmt: skip

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        yield shapes.batch_axis(at(seen, finding))

    def broken(self) -> Iterator[Any]:
        return ((x[0], y[0]) for x, y in sound())

    def mended(self) -> Iterator[Any]:
        return ((x[:1], y[:1]) for x, y in sound())


def _raised_here(seen: Evidence, found: dict[int, tuple[Leaf, Shape]]) -> bool:
    return seen.model_raised_at(found) or (seen.rehearsal.failed_in == "start" and 0 in found)


def _is_taken(seen: Evidence, batch: Batch, leaf: Leaf, wanted: Shape) -> bool:
    """Whether the model trained on it though no reading of its axes but one sample fits.

    Keras adds a last axis of size 1 where an input lacks one.
    """
    shape = leaf.shape or ()
    is_known = len(shape) >= TWO and None not in wanted[1:] and leaf.role == "x"
    return is_known and seen.trained_on(batch.index) and not fits((*shape, 1), wanted)


def _bare_input(seen: Evidence, batch: Batch) -> tuple[Leaf, Shape] | None:
    """Return an input that is just one sample of what the model declares."""
    for leaf, wanted in seen.model_facts.fed(batch):
        if wanted.dtype != "string" and leaf.dtype.startswith(NO_NUMBERS):  # whatever its axes, no tensor is made of it
            continue
        if leaf.shape is not None and len(leaf.shape) == len(wanted.shape) - 1 and fits(leaf.shape, wanted.shape[1:]):
            return leaf, wanted.shape
    return None


def _bare_label(seen: Evidence, batch: Batch) -> tuple[Leaf, Shape] | None:
    """Return labels of one sample beside an input that is a batch of one."""
    inputs = [leaf for leaf in batch.leaves if leaf.role == "x"]
    for leaf, output in seen.model_facts.scored(batch):
        if output.shape is None or not leaf.shape or any(each.rows != 1 for each in inputs):
            continue
        if leaf.shape[0] != 1 and len(output.shape) >= TWO and leaf.shape == output.shape[1:]:
            return leaf, output.shape
    return None
