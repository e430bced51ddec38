from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gendiag.batches.tree import ROLES
from gendiag.model.facts import fits
from gendiag.records import Batch, Finding
from gendiag.rules.edits import generators
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.to_type import give
from gendiag.rules.rule import Edits, Rule, sound


class Arity(Rule):
    """A batch has no element, x alone where the loss needs y, or more than x, y and sample_weight.

    What fit does
        Takes a tuple of any length from the source, and raises a ValueError in the first training step, where it is
        unpacked into x, y and sample_weight. Without y the loss meets None, and raises.

    Why it hurts
        The message comes from inside the traced ``train_step`` and names neither batch nor generator.

    How to mend it
        Yield at most three elements. Several inputs belong together in one tuple or dict: ``yield (a, b), y``. An
        autoencoder is given its input as target too: ``yield x, x``.

    Known limits
        A dataset with a ``train_step`` of its own may take more elements; then fit does not raise, and nothing is said.

    Source
        keras 3.15.1, data_adapter_utils.unpack_x_y_sample_weight; measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "arity", "A batch has too few or too many elements"
    batchwise = True
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        first = seen.profile.find(0)
        if first is not None and seen.refused(0) and _is_bare(seen, first):
            yield self._bare(seen, first)
        if first is None or not seen.refused(0) or not first.structure.startswith("("):
            return
        if {leaf.role for leaf in first.leaves} == {"x"} and _loss_raised(seen):
            yield self._without_targets(seen, first)
            return
        if not first.structure.startswith("("):
            return
        extra = sorted({leaf.path.split("]")[0] + "]" for leaf in first.leaves if leaf.role == "batch"})
        count = len(ROLES) + len(extra) if extra else 0 if not first.leaves else None
        if count is None:
            return
        message = f"Batch 0 is a tuple of {count} elements, {first.structure}; fit knows three: x, y, sample_weight."
        pair = give(seen.source, ["(a, b)", "y"], takes="a, b, y")
        fix = f"Put several inputs into one tuple or dict: {pair}, one batched array per input."
        if not count:
            fix = f"Give at least x and y: {give(seen.source, ['x', 'y'])}."
        yield self.finding("error", message, fix=fix, batches=[0], elements=count)

    def _without_targets(self, seen: Evidence, first: Batch) -> Finding:
        message = (
            f"Batch 0 is {first.structure}, x alone; {_compared(seen)} compares the outputs with y, and there is no y."
        )
        fix = _with_targets(seen, first)
        return self.finding("error", message, fix=fix, batches=[0], elements=1)

    def _bare(self, seen: Evidence, first: Batch) -> Finding:
        """What a dataset or an indexed source gives without a tuple is x, a dict with the labels in it too."""
        is_dict = first.structure.startswith("{")
        what = f"one dict, {first.structure}, and all of it is x" if is_dict else f"x alone ({first.leaves[0]})"
        message = f"Batch 0 is {what}: {_compared(seen)} compares the outputs with y, and there is no y."
        return self.finding("error", message, fix=_with_targets(seen, first), batches=[0], elements=1)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        place = at(seen, finding)
        facts = seen.model_facts
        if len(facts.inputs) + len(facts.outputs) == finding.evidence["elements"]:
            yield generators.regrouped(place, len(facts.inputs), several=len(facts.outputs) > 1)
        if finding.evidence["elements"]:
            yield generators.first_three(place)

    def broken(self) -> Iterator[Any]:
        return ((x, y, y[:, 0] * 0 + 1, y) for x, y in sound())

    def mended(self) -> Iterator[Any]:
        return ((x, y, y[:, 0] * 0 + 1) for x, y in sound())


def _loss_raised(seen: Evidence) -> bool:
    """Whether a model whose outputs all have a loss raised in it on batch 0."""
    return _is_compared(seen) and seen.model_raised_at([0]) and not seen.raised_in_layer()


def _is_compared(seen: Evidence) -> bool:
    outputs = seen.model_facts.outputs
    return bool(outputs) and all(output.loss is not None for output in outputs)


def _is_bare(seen: Evidence, first: Batch) -> bool:
    """Whether a batch that is no tuple lacks the y that the loss needs; a dict may fail at the inputs before."""
    if first.structure.startswith(("(", "[")) or not first.leaves or {leaf.role for leaf in first.leaves} != {"x"}:
        return False
    raised = seen.model_raised_at([0]) and (first.structure.startswith("{") or not seen.raised_in_layer())
    of_kind = seen.source.is_graph or seen.source.is_indexed or seen.source.is_sliced
    return _is_compared(seen) and raised and of_kind


def _compared(seen: Evidence) -> str:
    losses = {output.loss.key or "the loss" for output in seen.model_facts.outputs if output.loss is not None}
    return " and ".join(sorted(losses))


def _with_targets(seen: Evidence, first: Batch) -> str:
    """What to type, for the way in which the source comes to have no targets."""
    value = seen.source.value
    if first.structure.startswith("{"):
        return _pair_of(seen, first)
    if hasattr(value, "class_mode") and value.class_mode is None:
        return "Let the iterator give labels: `class_mode='categorical'`, 'sparse' or 'binary', by the loss."
    if seen.source.is_graph and hasattr(value, "file_paths"):
        return "Let the dataset give labels: `labels='inferred'` and the `label_mode` of the loss, not `labels=None`."
    if seen.source.is_sliced:
        call = "fit({})" if seen.rehearsal.method != "fit" or not seen.evaluates else "validation_data=({})"
        pair, same = call.format("x, y"), call.format("x, x")
        return f"Pass the targets too, `{pair}`; an autoencoder's target is its input, `{same}`."
    if seen.source.is_graph:
        return (
            "Let its elements be pairs: `tf.data.Dataset.zip((x, y))`, for timeseries_dataset_from_array "
            "`targets=...`; for an autoencoder `dataset.map(lambda x: (x, x))`."
        )
    verb = "return" if seen.source.is_indexed else "yield"
    return f"{verb.capitalize()} the targets too, `{verb} x, y`; an autoencoder's target is its input, `{verb} x, x`."


def _pair_of(seen: Evidence, first: Batch) -> str:
    keys = [leaf.path for leaf in first.leaves]
    inputs = [leaf.path for leaf in first.leaves if any(fits(leaf.shape, p.shape) for p in seen.model_facts.inputs)]
    rest = [path for path in keys if path not in inputs]
    if not seen.source.is_graph:
        return f"Make a pair of it: {give(seen.source, ['inputs', 'labels'])}, the labels no longer in the dict."
    if len(inputs) == len(rest) == 1:
        pair = f"({inputs[0].replace('x', 'batch', 1)}, {rest[0].replace('x', 'batch', 1)})"
        return f"Make a pair of it: `dataset.map(lambda batch: {pair})`."
    x = inputs[0].replace("x", "batch", 1) if len(inputs) == 1 else "batch['...']"
    return (
        f"Make a pair of it, the input and the labels by their keys: `dataset.map(lambda batch: ({x}, batch['...']))`."
    )
