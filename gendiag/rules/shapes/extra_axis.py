from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gendiag.model.facts import Shape, fits
from gendiag.records import Finding, Leaf, format_shape
from gendiag.rules.edits import batching, shapes
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.to_type import code
from gendiag.rules.rule import Edits, Rule, sound


class ExtraAxis(Rule):
    """An input has one axis more than the model declares.

    What fit does
        Drops a last axis of size 1 by itself; any other surplus axis raises when the first step is traced.

    Why it hurts
        The message shows two shapes and not which of the axes is too many, or that the data were batched twice.

    How to mend it
        Where the source already yields batches, do not batch again: drop one ``.batch(...)`` or one ``[None]``. Else
        remove the axis by name: ``np.squeeze(x, axis=1)``.

    Known limits
        Needs a model whose input shape is declared.

    Source
        keras 3.15.1, functional.py, _adjust_input_rank; measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "extra-axis", "An input has one axis too many"
    batchwise = True
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        found: dict[int, tuple[Leaf, Shape, int]] = {}
        for batch in seen.batches:
            for leaf, wanted in seen.model_facts.fed(batch):
                axis = _surplus(leaf.shape, wanted.shape)
                if axis is not None and seen.refused(batch.index):
                    found.setdefault(batch.index, (leaf, wanted.shape, axis))
        if seen.model_raised_at(found):
            yield self._finding(seen, found)

    def _finding(self, seen: Evidence, found: dict[int, tuple[Leaf, Shape, int]]) -> Finding:
        index, (leaf, wanted, axis) = next(iter(found.items()))
        shape = leaf.shape or ()
        twice = axis in (0, 1) and _fits_behind(shape, wanted)
        kind = "the data were likely batched twice" if twice else f"axis {axis} of size {shape[axis]} is too many"
        message = (
            f"{leaf.path} of {seen.place(index)} has rank {len(shape)}, shape {format_shape(shape)}; the model wants "
            f"rank {len(wanted)}, {format_shape(wanted)}: one axis too many, {kind}."
        )
        return self.finding(
            "error", message, fix=_fix(seen, leaf, axis, twice=twice), batches=found, leaf=leaf.path,
            shape=format_shape(shape), wanted=format_shape(wanted), axis=axis,
        )  # fmt: skip

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        place = at(seen, finding)
        axis = finding.evidence["axis"]
        if axis <= 1:
            yield batching.unbatch(place, place.leaves)
        yield shapes.squeeze_all(place, place.leaves.values(), axis)

    def broken(self) -> Iterator[Any]:
        return ((x[None], y[None]) for x, y in sound())

    def mended(self) -> Iterator[Any]:
        return sound()


def _surplus(shape: Shape | None, wanted: Shape) -> int | None:
    """Which axis must go for ``shape`` to meet ``wanted``: one of size 1 rather than another, the first rather."""
    if shape is None or len(shape) != len(wanted) + 1:
        return None
    if shape[-1] == 1 and fits(shape[:-1], wanted):  # Keras drops a last one itself.
        return None
    fitting = [axis for axis in range(len(shape)) if fits(shape[:axis] + shape[axis + 1 :], wanted)]
    return min(fitting, key=lambda axis: (shape[axis] != 1, axis), default=None)


def _fits_behind(shape: Shape, wanted: Shape) -> bool:
    """Whether two batch axes stand before one sample's shape."""
    return fits(shape[2:], wanted[1:])


def _fix(seen: Evidence, leaf: Leaf, axis: int, *, twice: bool) -> str:
    if seen.source.is_graph and twice:
        return "The dataset yields batches already: drop one `.batch(...)`, or flatten it with `dataset.unbatch()`."
    if twice and axis == 0:
        return f"Yield the batch itself, without the additional axis: `{leaf.path}[0]` of what is yielded now."
    squeeze = code(seen.source, f"np.squeeze({leaf.path}, axis={axis})", f"tf.squeeze({leaf.path}, axis={axis})")
    return f"Remove that axis by name: {squeeze}, or do not add it when the batch is made."
