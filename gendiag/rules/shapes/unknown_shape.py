from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from gendiag.batches.tree import flatten
from gendiag.model.facts import Shape, aligned, fits
from gendiag.records import Batch, Finding, Leaf, format_shape
from gendiag.rules.edits import shapes
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Edits, Rule, dense, sound
from gendiag.sources.dataset_chain import chain, generator_state

# What Keras and TensorFlow say when a shape is missing while the step is traced (keras 3.5 to 3.15, tensorflow 2.21).
_MISSING = re.compile(
    r"unknown rank|unknown TensorShape|unknown shape|fully[- ]defined|should be defined|must be (?:known|defined)|"
    r"None values not supported|statically|<unknown>|unspecified|'NoneType' object",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A leaf of whose shape the dataset knows less than its batches show."""

    leaf: Leaf
    known: Shape | None
    shape: Shape


class UnknownShape(Rule):
    """A ``tf.data.Dataset`` does not know the shape of what it yields, so the model cannot be traced.

    What fit does
        Traces the training step with the shapes of ``element_spec``, before it looks at any batch. Where that has no
        rank, or no size on an axis that a layer needs, tracing raises, though every batch has the right shape.

    Why it hurts
        The message speaks of an unknown rank or a None in a shape, and names neither the dataset nor the leaf; the
        batches look as they should.

    How to mend it
        ``numpy_function`` and ``py_function`` forget all shapes: call ``x.set_shape(...)`` or ``tf.ensure_shape`` on
        what they return. Give ``from_generator`` an ``output_signature`` rather than ``output_types``.

    Known limits
        Only while fit traces, and only where the message is about a missing shape.

    Source
        keras 3.15.1, data_adapters/tf_dataset_adapter.py; measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "unknown-shape", "The dataset does not know the shapes of its batches"
    consequence_of = ("arity",)
    batchwise = True
    reads_trials = True
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        run = seen.model_run
        if not seen.source.is_graph or run is None or run.failure is None or run.steps:
            return
        found = _unknown(seen)
        is_told = found and _tells(f"{run.failure.line} {run.failure.details}", found)
        if is_told and seen.model_raised_at([seen.batches[0].index]) and _fits_model(seen):
            yield self._finding(seen, found)

    def _finding(self, seen: Evidence, found: list[Unknown]) -> Finding:
        first, index = found[0], seen.batches[0].index
        said = " and ".join(_said(each) for each in found)
        message = (
            f"The dataset's element_spec {said}, though in {seen.place(index)} it is "
            f"{' and '.join(str(each.leaf) for each in found)}: {_cause(seen.source.value)}. fit traces the model "
            f"from the static shapes alone, and raises before it looks at a batch.{_proof(seen, index)}"
        )
        return self.finding(
            "error", message, fix=_fix(seen.source.value, found), batches=[index], leaf=first.leaf.path,
            unknown={each.leaf.path: each.shape for each in found},
        )  # fmt: skip

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        yield shapes.ensured(at(seen, finding), finding.evidence["unknown"])

    def broken(self) -> Any:
        import tensorflow as tf

        return tf.data.Dataset.from_generator(sound, output_types=(tf.float32, tf.float32))

    def mended(self) -> Any:
        import tensorflow as tf

        signature = (tf.TensorSpec((None, 3), tf.float32), tf.TensorSpec((None, 1), tf.float32))
        return tf.data.Dataset.from_generator(sound, output_signature=signature)

    def model(self) -> Any:
        return dense()


def _unknown(seen: Evidence) -> list[Unknown]:
    """Leaves of the first batch with more shape than the spec says; sizes that vary from batch to batch are free."""
    if not seen.batches:
        return []
    first = seen.batches[0]
    specs = {part.path: getattr(part.value, "shape", None) for part in flatten(seen.source.value.element_spec)}
    found = []
    for leaf in first.leaves:
        static, shape = specs.get(leaf.path), _common(seen.batches, leaf.path)
        if static is None or shape is None or leaf.role == "batch":
            continue
        known: Shape | None = None if static.rank is None else tuple(static.as_list())
        if known is None or (len(known) == len(shape) and _is_less(known, shape)):
            found.append(Unknown(leaf, known, shape))
    return found


def _tells(text: str, found: list[Unknown]) -> bool:
    """Whether the message is about a missing shape, or names one of the shapes with a hole in it."""
    quoted = (format_shape(each.known) in text for each in found if each.known is not None)
    return _MISSING.search(text) is not None or any(quoted)


def _fits_model(seen: Evidence) -> bool:
    """Whether the batch itself has the shapes that the model's inputs declare, as far as they are known."""
    pairs = seen.model_facts.fed(seen.batches[0])
    return all(fits(*aligned(leaf.shape, port.shape)) for leaf, port in pairs if leaf.shape)


def _is_less(known: Shape, shape: Shape) -> bool:
    """Whether a size behind the batch axis is free in the spec and the same in all batches."""
    return any(size is None and real is not None for size, real in zip(known[1:], shape[1:], strict=True))


def _common(batches: tuple[Batch, ...], path: str) -> Shape | None:
    """The shape of a leaf in all batches, the batch axis free; None where the ranks differ."""
    of_leaf = [leaf.shape for batch in batches if (leaf := batch.leaf(path)) is not None and leaf.shape is not None]
    if not of_leaf or len({len(shape) for shape in of_leaf}) > 1 or not of_leaf[0]:
        return None
    sizes = [set(axis) for axis in zip(*of_leaf, strict=True)]
    return (None, *(next(iter(axis)) if len(axis) == 1 else None for axis in sizes[1:]))


def _said(each: Unknown) -> str:
    if each.known is None:
        return f"has no shape at all for {each.leaf.path} (unknown rank)"
    return f"says {format_shape(each.known)} for {each.leaf.path}"


def _cause(dataset: Any) -> str:
    """Which step forgot it, as far as the graph tells."""
    step = _python_step(dataset)
    if step is not None:
        name = f"{step!r}" if step.isidentifier() else "the function of map()"
        return f"numpy_function or py_function in {name} forgets static shapes"
    if generator_state(dataset) is not None:
        return "from_generator was given output_types without shapes, or a signature with free axes"
    return "a step of the dataset leaves the static shape undefined"


def _python_step(dataset: Any) -> str | None:
    kinds = {"PyFunc", "PyFuncStateless", "EagerPyFunc"}
    steps = (step for step in chain(dataset) if step.name == "map")
    return next((step.function for step in steps if kinds & {kind for _, kind in step.ops}), None)


def _fix(dataset: Any, found: list[Unknown]) -> str:
    sizes = {each.leaf.path: format_shape(each.shape) for each in found}
    last = ", ".join(f"`tf.ensure_shape({path}, {shape})`" for path, shape in sizes.items())
    if _python_step(dataset) is not None:
        inside = ", ".join(f"`{path}.set_shape(...)`" for path in sizes)
        return (
            f"Set the shape behind the numpy_function or py_function, {inside}; or in one more map() at the end of the "
            f"dataset: {last}."
        )
    if generator_state(dataset) is not None:
        path, each = found[0].leaf.path, found[0]
        spec = f"tf.TensorSpec({format_shape(each.shape)}, tf.{each.leaf.dtype})"
        return f"Give from_generator `output_signature=(...)` with whole shapes, for {path} `{spec}`; or map {last}."
    return f"State the shape in a map() at the end of the dataset: {last}."


def _proof(seen: Evidence, index: int) -> str:
    trial = seen.trials.get(index)
    alone = [step for step in trial.steps if step.way != "through fit"] if trial is not None else []
    if any(step.outcome == "trains" for step in alone):
        loss = next((step.loss for step in alone if step.outcome == "trains" and step.loss is not None), None)
        told = f" (loss {loss:.4g})" if loss is not None and np.isfinite(loss) else ""
        return f" Passed to the model as it is, the batch trains{told}."
    return ""
