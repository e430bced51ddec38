from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gendiag.records import Batch, Finding, Leaf, format_shape
from gendiag.rules.edits import shapes
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import FEATURES, Edits, Rule, sound

ELEMENTS = ("x", "y", "sample_weight")


class ListOfInputs(Rule):
    """Several inputs or targets are put into a list inside the batch's tuple.

    What fit does
        Raises a TypeError before the first step on the TensorFlow backend: a Python list is nesting for Keras and a
        single array for ``tf.data``.

    Why it hurts
        "output_signature must contain objects that are subclass of tf.TypeSpec" says nothing of a list.

    How to mend it
        Put them into a tuple or a dict: ``yield (a, b), y`` or ``yield {"a": a, "b": b}, y``.

    Known limits
        Only a list that holds arrays; a list of numbers is ``python-list-leaf``.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0; the same on 3.8.0.
    """

    name, title = "list-of-inputs", "Several inputs in a list"
    batchwise = True
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        first = seen.profile.find(0)
        raised = seen.rehearsal.failure.line if seen.rehearsal.failure else ""
        if first is None or not seen.refused(0) or "TypeSpec" not in raised:
            return
        for element in _lists(first):
            leaves = [leaf for leaf in first.leaves if leaf.path.startswith(f"{element}[")]
            message, fix = _said(element, leaves, samples=_is_samples(seen, first, leaves))
            yield self.finding("error", message, fix=fix, batches=[0], leaf=f"{element}[0]", structure=first.structure)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        yield shapes.as_tuple(at(seen, finding), (finding.leaf or "").split("[")[0])

    def broken(self) -> Iterator[Any]:
        return (([x, x], y) for x, y in sound())

    def mended(self) -> Iterator[Any]:
        return (((x, x), y) for x, y in sound())

    def model(self) -> Any:
        import keras

        inputs = [keras.Input((FEATURES,)) for _ in range(2)]
        model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Add()(inputs)))
        model.compile("sgd", "mse")
        return model


def _said(element: str, leaves: list[Leaf], *, samples: bool) -> tuple[str, str]:
    """Return message and remedy."""
    if samples:
        message = (
            f"{element} of batch 0 is a Python list of {len(leaves)} arrays of shape {format_shape(leaves[0].shape)}, "
            "one per sample, where fit wants one array with a batch axis."
        )
        return message, f"Stack the samples into one array: `np.stack({element})`, or `np.array({element})`."
    message = (
        f"{element} of batch 0 is a list of {len(leaves)} arrays; "
        f"on the TensorFlow backend several {element} go into a tuple or a dict."
    )
    fix = f"Yield a tuple, `(a, b)`, or a dict, `{{'a': a, 'b': b}}`, for {element} instead of the list `[a, b]`."
    return message, fix


def _is_samples(seen: Evidence, batch: Batch, leaves: list[Leaf]) -> bool:
    """Whether a list holds the samples of one array, to judge by their shapes, their number and the model."""
    others = [leaf for leaf in batch.leaves if leaf not in leaves]
    alike = len({(leaf.shape, leaf.dtype) for leaf in leaves}) == 1 and leaves[0].shape is not None
    ports = seen.model_facts.inputs if leaves[0].role == "x" else seen.model_facts.outputs
    if not alike or (ports and len(ports) == len(leaves)):
        return False
    return bool(ports) or any(leaf.rows == len(leaves) for leaf in others)


def _lists(batch: Batch) -> list[str]:
    """Names of the elements of the outermost tuple that are lists of arrays."""
    depth, start, parts = 0, 1, []
    inside = batch.structure[1:-1]
    for place, char in enumerate([*inside, ","]):
        depth += (char in "([{") - (char in ")]}")
        if char == "," and depth == 0:
            parts.append(inside[start - 1 : place].strip())
            start = place + 2
    return [name for name, part in zip(ELEMENTS, parts, strict=False) if part.startswith("[")]
