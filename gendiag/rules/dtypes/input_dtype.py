from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.records import Failure, Finding, Leaf
from gendiag.rules.edits import numbers
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.dtype_clash import clash_of
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.to_type import cast
from gendiag.rules.rule import Edits, Rule, sound

# What TensorFlow says of one type that an operation does not take (tensorflow 2.21), in a graph and eagerly.
REFUSED = (
    re.compile(r"has DataType (\w+) not in list of allowed values"),
    re.compile(r"type conversion requested to type (\w+) for"),
    re.compile(r"Could not find device for node: .*\[T=DT_(\w+)"),
)
BYTE = "uint8"


class InputDtype(Rule):
    """A model without declared inputs is given whole numbers that its layers do not take.

    What fit does
        Casts x to the type of an input only where the model declares one. A subclassed model is given x as it was
        yielded: fractions become float32, whole numbers stay uint8 or int64, and a convolution or a matrix product with
        float32 weights refuses them.

    Why it hurts
        Images are uint8 as they are read, and the message names an operation and its types, not
        the source.

    How to mend it
        Cast before fit gets it, ``x.astype("float32")`` (images: ``/ 255``), or first of all in ``call``.

    Known limits
        Told from TensorFlow's message and the dtypes of x, so only where one leaf of x alone has that type.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "input-dtype", "x's dtype does not fit the layers"
    severity = "error"
    batchwise = True

    def check(self, seen: Evidence) -> Iterator[Finding]:
        run = seen.model_run
        if run is None or run.failure is None or run.failed_batch is None or not seen.raised_in_layer():
            return
        batch = seen.profile.find(run.failed_batch)
        types = _types(run.failure)
        odd = [leaf for leaf in batch.leaves if leaf.role == "x" and leaf.dtype in types] if batch else []
        if batch is None or len(odd) != 1 or odd[0].dtype == "float32":
            return
        others = types - {odd[0].dtype}
        is_cast = any(
            leaf.path == odd[0].path and port.dtype != leaf.dtype for leaf, port in seen.model_facts.fed(batch)
        )
        if is_cast or not all("float" in other for other in others):  # to float32 is no way out of int32 and int64
            return
        yield self._finding(seen, batch.index, odd[0], run.failure, min(others, default=""))

    def _finding(self, seen: Evidence, index: int, leaf: Leaf, failure: Failure, other: str) -> Finding:
        is_declared = bool(seen.model_facts.inputs)
        met = f"gets it together with {other}, which TensorFlow refuses" if other else "does not take that type"
        why = f"declares its input as {leaf.dtype} too" if is_declared else "declares no dtype for its input"
        message = (
            f"{leaf.path} of {seen.place(index)} is {leaf.dtype}, and an operation in {failure.layer!r} of the model "
            f"{met}: {failure.line.rstrip('.')}. The model {why}, so fit casts nothing."
        )
        scaled = f" (images: `{leaf.path} / 255` as float32)" if leaf.dtype == BYTE else ""
        inside = (
            "declare the input as float32: `keras.Input(..., dtype='float32')`"
            if is_declared
            else "first of all in `call`: `x = keras.ops.cast(x, self.compute_dtype)`"
        )
        fix = f"Cast it before fit gets it, {cast(seen.source, leaf.path, 'float32')}{scaled}, or {inside}."
        return self.finding("error", message, fix=fix, batches=[index], leaf=leaf.path, found=leaf.dtype)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        yield numbers.cast(at(seen, finding), finding.leaf or "", "float32")

    def broken(self) -> Iterator[Any]:
        return ((np.abs(x * 50).astype(BYTE), y) for x, y in sound())

    def mended(self) -> Iterator[Any]:
        return sound()

    def model(self) -> Any:
        import keras
        import tensorflow as tf

        class Product(keras.Model):
            def __init__(self) -> None:
                super().__init__()
                self.kernel = self.add_weight(shape=(3, 1))

            def call(self, x: Any) -> Any:
                return tf.matmul(x, self.kernel)

        model = Product()
        model.compile("sgd", "mse")
        return model


def _types(failure: Failure) -> set[str]:
    """Return the types that an operation did not take together, or at all."""
    for pattern in REFUSED:
        found = pattern.search(failure.line) or pattern.search(failure.details)
        if found is not None:
            return {found[1].lower()}
    return set(clash_of(failure) or ())
