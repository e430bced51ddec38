"""The first validation batch beside the training batches."""

from __future__ import annotations

from collections.abc import Mapping

from gendiag.model.facts import Shape, fits
from gendiag.records import Leaf
from gendiag.rules.evidence.declared import declared
from gendiag.rules.evidence.evidence import Evidence
from gendiag.sources import recognise


def first_evaluated(seen: Evidence) -> tuple[Leaf, ...]:
    """Leaves of the first validation batch, as yielded, else as delivered, else as declared."""
    known = seen.validation.batches or seen.validation.peeks
    if known:
        return known[0].leaves
    first = next(iter(seen.rehearsal.validation), None)
    given = seen.fit_args.get("validation_data")
    if first is not None or given is None:
        return () if first is None else first.leaves
    return declared(seen.validation_source or recognise(tuple(given) if isinstance(given, list) else given))


def single_samples(seen: Evidence, shapes: Mapping[str, Shape | None]) -> list[tuple[Leaf, Shape]]:
    """Leaves of x of a training batch, with their shapes in validation data that lack the first axis in all of them.

    Axes whose sizes differ among the training batches may have any.
    """
    mine = [leaf for leaf in seen.batches[0].leaves if leaf.role == "x"] if seen.batches else []
    found = [(leaf, shapes.get(leaf.path)) for leaf in mine]
    one = [(leaf, shape) for leaf, shape in found if shape is not None and fits(shape, _sample(seen, leaf))]
    return one if len(one) == len(mine) else []


def _sample(seen: Evidence, leaf: Leaf) -> Shape | None:
    """The shape of one sample; a rank that no validation batch has where there is none."""
    shapes = [each.shape for _, each in seen.leaves[leaf.path]]
    ranks = {None if shape is None else len(shape) for shape in shapes}
    if len(ranks) > 1 or ranks & {None, 0}:
        return (0, 0, 0, 0, 0, 0, 0, 0, 0)
    sizes = [{shape[axis] for shape in shapes if shape is not None} for axis in range(1, ranks.pop() or 0)]
    return tuple(each.pop() if len(each) == 1 else None for each in sizes)
