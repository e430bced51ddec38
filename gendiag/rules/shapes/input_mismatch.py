from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Any

import numpy as np

from gendiag.model.facts import Input, Shape, fits
from gendiag.records import Finding, Leaf, Severity, format_shape
from gendiag.rules.edits import shapes
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.to_type import code
from gendiag.rules.rule import Edits, Rule, by_leaf, dense, sound

IMAGE, MOST_AXES = 4, 5
SHOWN = 3  # sizes in a message
CHANNELS = (1, 2, 3, 4)
Odd = dict[int, tuple[Leaf, Input]]


class InputMismatch(Rule):
    """An input is of another shape than the model declares, in all batches alike.

    What fit does
        A Functional model raises when the first step is traced. A Sequential one looks at no declared shape: whether
        it raises depends on its layers: before a global pooling it trains on any height and width, and a recurrent
        layer on any number of steps.

    Why it hurts
        The message names an axis of some layer, not that the axes of the source stand in another order. Where it is
        trained on, height and width are swapped without a word.

    How to mend it
        Bring the axes into the order declared, ``np.transpose(x, (0, 2, 3, 1))``, or resize; or declare in the model
        what the source yields.

    Known limits
        Needs a model whose input shape is declared.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "input-mismatch", "The model's input has another shape"
    batchwise = True
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        for found in by_leaf(each for each in seen.fed() if _differs(*each[1:])):
            leaf, wanted = next(iter(found.values()))
            order = _order(leaf.shape or (), wanted.shape)
            if seen.model_raised_at(found) and (order or seen.raised_in_layer()):
                yield self._finding(seen, "error", found, order)
            elif all(seen.trained_on(index) for index in list(found)[:1]):
                yield self._finding(seen, "warning", found, order)

    def _finding(self, seen: Evidence, severity: Severity, found: Odd, order: tuple[int, ...] | None) -> Finding:
        index, (leaf, wanted) = next(iter(found.items()))
        shape, declared = leaf.shape or (), format_shape(wanted.shape)
        took = "" if severity == "error" else " No layer depends on that size, so the model takes it without a word."
        message = (
            f"{leaf.path} of {seen.place(index)} has shape {format_shape(shape)}; the model's input is "
            f"{declared}{_said(shape, wanted.shape, order)}.{took}"
        )
        sizes = {format_shape((each.shape or ())[1:]) for each, _ in found.values()}
        if len(sizes) > 1:
            message += f" Other batches have other sizes: {', '.join(sorted(sizes)[:SHOWN])} without the batch axis."
        fix = (
            f"Bring the axes into the order that the model declares: {_transpose(seen, leaf.path, order)}."
            if order
            else f"Pad or crop {leaf.path} to {format_shape(wanted.shape[1:])} in every batch, or declare the axis "
            "that varies as None (a Flatten needs a fixed one)."
            if len(sizes) > 1
            else f"Resize or reshape {leaf.path} to {declared}, as in training."
            if seen.evaluates
            else f"Resize or reshape {leaf.path} to {declared}, or declare the input as "
            f"`keras.Input({format_shape(shape[1:])})`."
        )
        return self.finding(
            severity, message, fix=fix, batches=found, leaf=leaf.path,
            shape=format_shape(shape), wanted=declared, order=order,
        )  # fmt: skip

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        order = finding.evidence["order"]
        if order:
            yield shapes.transpose(at(seen, finding), finding.leaf or "", order)

    def broken(self) -> Iterator[Any]:
        return ((np.repeat(x, 2, axis=1), y) for x, y in sound())

    def mended(self) -> Iterator[Any]:
        return sound()

    def model(self) -> Any:
        return dense()


def _transpose(seen: Evidence, path: str, order: tuple[int, ...]) -> str:
    return code(seen.source, f"np.transpose({path}, {order})", f"tf.transpose({path}, {order})")


def _differs(leaf: Leaf, wanted: Input) -> bool:
    shape = leaf.shape or ()
    return len(shape) == len(wanted.shape) and not fits(shape[1:], wanted.shape[1:])


def _order(shape: Shape, wanted: Shape) -> tuple[int, ...] | None:
    """How the axes behind the first would have to be put for the shape to fit; None where that is not unambiguous."""
    if len(shape) > MOST_AXES or None in wanted[1:]:
        return None
    orders = [
        (0, *axes) for axes in permutations(range(1, len(shape))) if tuple(shape[axis] for axis in axes) == wanted[1:]
    ]
    moved = [order for order in orders if order in ((0, 2, 3, 1), (0, 3, 1, 2), (0, 2, 3, 4, 1), (0, 4, 1, 2, 3))]
    return (moved or orders or [None])[0]


def _said(shape: Shape, wanted: Shape, order: tuple[int, ...] | None) -> str:
    if not order:
        return ""
    if len(shape) >= IMAGE and wanted[1] in CHANNELS and shape[-1] == wanted[1] and order[1] == len(shape) - 1:
        return ": the source yields channels last, the model is declared channels first"
    if len(shape) >= IMAGE and wanted[-1] in CHANNELS and shape[1] == wanted[-1] and order[-1] == 1:
        return ": the source yields channels first, the model is declared channels last"
    return ": the same sizes in another order, the axes are transposed"
