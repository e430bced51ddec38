"""Diagnoses made of raw batches, measured as they are, and delivered as a cast makes them."""

from dataclasses import replace

from gendiag.batches.measure import measure, measure_leaf, nbytes
from gendiag.batches.store import Store
from gendiag.batches.tree import flatten
from gendiag.batches.values import as_array
from gendiag.batches.values import cast as cast_to
from gendiag.records import Delivery, Finding
from gendiag.rehearsal.matching import changes
from tests.support.diagnoses import plain


def diagnosed(raws, *findings, cast=None, digest=None, **more):
    """``cast`` says which leaves are delivered as which dtype; ``digest`` is given to those leaves in its place."""
    store, batches = Store(), []
    for index, raw in enumerate(raws):
        batches.append(measure(raw, index=index, epoch=0))
        store.put(index, raw, nbytes(batches[-1]))
    whole = plain(0, *findings, **more)
    deliveries = tuple(_delivered(index, raw, cast or {}, digest) for index, raw in enumerate(raws))
    return replace(
        whole,
        profile=replace(whole.profile, batches=tuple(batches), store=store),
        rehearsal=replace(whole.rehearsal, deliveries=deliveries),
    )


def named(rule, leaf, *batches, **evidence):
    return Finding(rule, "warning", rule, f"{leaf} is odd", batches=batches, leaf=leaf, evidence=evidence)


def _delivered(index, raw, cast, digest):
    parts = [
        part._replace(value=cast_to(as_array(part.value), cast[part.path])) if part.path in cast else part
        for part in flatten(raw)
    ]
    arrays = {part.path: array for part in parts if (array := as_array(part.value)) is not None}
    leaves = tuple(measure_leaf(part) for part in parts)
    if digest is not None:
        leaves = tuple(replace(leaf, digest=digest) if leaf.path in cast else leaf for leaf in leaves)
    return Delivery(0, index, index, leaves, *changes(raw, arrays))
