from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from gendiag.records import Delivery, Finding, Leaf, counted, listed
from gendiag.rules.edits import numbers
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import BAD, Edits, Rule, sound
from gendiag.sources.dataset_chain import batch_of
from gendiag.sources.generator_casts import SignatureCast

Cast: TypeAlias = tuple[Delivery, Leaf]  # a step, and the leaf that it changed
Dtypes: TypeAlias = dict[tuple[int | None, str], str]  # as yielded, by batch and path


class SilentCast(Rule):
    """Values change on the way to the model, because fit casts every batch to the dtype of batch 0.

    What fit does
        Makes its signature from the first two batches, the dtype from batch 0 alone, and casts each later batch to it
        with NumPy's cast and without a word: 0.7 becomes 0, NaN a huge negative integer, 300 in uint8 becomes 44.

    Why it hurts
        Nothing is raised and nothing is logged; the model is trained on other labels or other pixels than were yielded.

    How to mend it
        Give the leaf one dtype in the generator, before the first yield: ``y.astype("float32")``.

    Known limits
        Rounding to a shorter float type is no change. What a layer or a loss casts later is not seen here.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0; the same on 3.8.0 and 3.3.3.
    """

    name, title, alters = "silent-cast", "fit changes values without a word", True

    def check(self, seen: Evidence) -> Iterator[Finding]:
        yielded: Dtypes = {(batch.index, leaf.path): leaf.dtype for batch in seen.batches for leaf in batch.leaves}
        cast: dict[str, list[Cast]] = {}
        for delivery in seen.rehearsal.deliveries:
            for path in delivery.changed:
                leaf = delivery.leaf(path)
                if leaf is not None and yielded.get((delivery.batch, path)) != leaf.dtype:
                    cast.setdefault(path, []).append((delivery, leaf))
        for path, deliveries in cast.items():
            yield self._finding(seen, path, deliveries, yielded)
        if seen.batches and not seen.never_ends:
            yield from (self._by_signature(seen, each) for each in seen.source.casts)

    def _finding(self, seen: Evidence, path: str, cast: list[Cast], yielded: Dtypes) -> Finding:
        per_batch = {delivery.batch: delivery.changed[path] for delivery, _ in cast if delivery.batch is not None}
        batches, changed = list(per_batch), sum(per_batch.values())
        first, leaf = cast[0]
        example = " -> ".join(first.examples[path])
        old, new = yielded[first.batch, path], leaf.dtype
        message = (
            f"fit casts {path} of {listed(batches)} from {old} to {new}, the dtype of batch 0: "
            f"{counted(changed, 'value')} changed, for example {example}."
        )
        fix = f"Give {path} one dtype in every batch, batch 0 too, for example `{path}.astype('{_wider(old, new)}')`."
        return self.finding(
            "warning", message, fix=fix, batches=batches, leaf=path,
            changed=changed, example=example, yielded=old, delivered=new, first_at=seen.place(batches[0]),
        )  # fmt: skip

    def _by_signature(self, seen: Evidence, cast: SignatureCast) -> Finding:
        """What ``from_generator`` cast on the way into the dataset."""
        batch = batch_of(seen.source.value, cast.first)
        example, wider = " -> ".join(cast.example), _wider(cast.yielded, cast.delivered)
        where = f", first in {seen.place(batch)}" if batch is not None else ""
        message = (
            f"The signature of from_generator says {cast.delivered} for {cast.path}, and the generator yields "
            f"{cast.yielded}: {counted(cast.changed, 'value')} in {counted(cast.elements, 'element')} changed "
            f"without a word{where}, for example {example}."
        )
        fix = (
            f"Declare {cast.path} as it is yielded, `tf.TensorSpec(shape, tf.{wider})` in `output_signature` (or "
            f"`output_types`), or let the generator yield {cast.delivered}."
        )
        return self.finding(
            "warning", message, fix=fix, batches=[] if batch is None else [batch], leaf=cast.path,
            changed=cast.changed, example=example, yielded=None, delivered=cast.delivered,
        )  # fmt: skip

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        if finding.evidence["yielded"] is None:  # a graph gets the values when they are lost
            return
        wider = _wider(finding.evidence["yielded"], finding.evidence["delivered"])
        yield numbers.cast(at(seen, finding), finding.leaf or "", wider)

    def broken(self) -> Iterator[Any]:
        for step, (x, y) in enumerate(sound()):
            yield x, y + 0.7 if step == BAD else (y > 0).astype("int64")

    def mended(self) -> Iterator[Any]:
        for step, (x, y) in enumerate(sound()):
            yield x, y + 0.7 if step == BAD else (y > 0).astype("float32")


def _wider(old: str, new: str) -> str:
    if "complex" in old + new:
        return "complex64"
    floats = [dtype for dtype in (old, new) if "float" in dtype]
    return "float32" if floats else "int64"
