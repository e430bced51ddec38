from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gendiag.model.facts import fits
from gendiag.records import Batch, Finding, Leaf, counted, format_shape
from gendiag.rules.edits import shapes
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import FEATURES, Edits, Rule, sound


class InputCount(Rule):
    """x has another number of arrays than the model has inputs.

    What fit does
        Raises before the first step, or when it is traced. A list of samples in the place of x is as many inputs to
        Keras as there are samples.

    Why it hurts
        The message counts tensors, where the samples were packed one by one and never stacked.

    How to mend it
        Yield one batched array per input: ``(np.stack(tops), np.stack(bottoms)), y``; or a dict with the names of the
        inputs.

    Known limits
        Needs a model whose inputs are declared.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "input-count", "x has another number of arrays than the model has inputs"
    consequence_of = ("list-for-array", "not-iterable")
    batchwise = True

    def check(self, seen: Evidence) -> Iterator[Finding]:
        facts = seen.model_facts
        if not facts.inputs:
            return
        odd = [batch for batch in seen.batches if len(_inputs(batch)) not in (0, len(facts.inputs))]
        indices = [batch.index for batch in odd if seen.refused(batch.index)]
        if indices and (seen.model_raised_at(indices) or (seen.rehearsal.failed_in == "start" and 0 in indices)):
            yield self._finding(seen, odd[0], indices)

    def _finding(self, seen: Evidence, batch: Batch, indices: list[int]) -> Finding:
        leaves, inputs = _inputs(batch), seen.model_facts.inputs
        names = ", ".join(f"{port.name!r} {format_shape(port.shape)}" for port in inputs[:4])
        message = (
            f"x of {seen.place(batch.index)} is {counted(len(leaves), 'array')}; the model has "
            f"{counted(len(inputs), 'input')}: {names}."
        )
        if _sample_by_sample(seen, leaves):
            message = f"{message} Its arrays are single samples ({leaves[0]}): x is packed sample by sample."
            fix = "Stack the samples, one array per input, into a tuple: `(np.stack(firsts), np.stack(seconds)), y`."
            if len(inputs) == 1:
                fix = "Stack the samples into one array: `np.stack(x)`."
        else:
            fix = "Yield one batched array per input, as a tuple in the model's order or as a dict by input name."
        return self.finding(
            "error", message, fix=fix, batches=indices, leaf=leaves[0].path, arrays=len(leaves), inputs=len(inputs)
        )

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        batch = next(batch for batch in seen.batches if batch.index == finding.batches[0])
        if _sample_by_sample(seen, _inputs(batch)):
            yield shapes.stack_samples(at(seen, finding), "x", count=finding.evidence["inputs"])

    def broken(self) -> Iterator[Any]:
        return sound()

    def mended(self) -> Iterator[Any]:
        return (((x, x), y) for x, y in sound())

    def model(self) -> Any:
        import keras

        inputs = [keras.Input((FEATURES,)), keras.Input((FEATURES,))]
        model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Add()(inputs)))
        model.compile("sgd", "mse")
        return model


def _inputs(batch: Batch) -> list[Leaf]:
    return [leaf for leaf in batch.leaves if leaf.role == "x"]


def _sample_by_sample(seen: Evidence, leaves: list[Leaf]) -> bool:
    """Whether every array is one sample of one of the inputs, and none a batch."""
    inputs = seen.model_facts.inputs
    return all(
        leaf.shape is not None and any(fits(leaf.shape, port.shape[1:]) for port in inputs)
        for leaf in leaves
    )  # fmt: skip
