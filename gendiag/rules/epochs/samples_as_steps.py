from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from gendiag.records import Finding, counted
from gendiag.rules.edits import arguments
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.dataset_counts import one_pass
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import period
from gendiag.rules.rule import ROWS, Edits, Rule, sound

MANY = 4  # passes in an epoch, from which on it is worth a note
COUNT = 6


class SamplesAsSteps(Rule):
    """``steps_per_epoch`` is the number of samples, where it counts batches.

    What fit does
        Takes as many batches as it is told. With 6 batches of 4 samples that are repeated for ever and
        ``steps_per_epoch=24`` an epoch is 4 passes over the data.

    Why it hurts
        Every epoch takes as many times as long as there are samples in a batch, and what goes by epochs (validation,
        checkpoints, learning rate schedules, patience) comes as many times too late.

    How to mend it
        ``steps_per_epoch=math.ceil(n_samples / batch_size)``.

    Known limits
        A warning where it is the number of samples in one pass; any other multiple of a pass is noted only, since it
        may be meant. A pass is known where batches repeat, or where ``repeat`` ends a dataset of known length.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0; Keras 1 had an argument ``samples_per_epoch``.
    """

    name, title = "samples-as-steps", "An epoch is many passes over the data"
    fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"epochs": 2, "steps_per_epoch": COUNT * ROWS})
    mended_fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"epochs": 2, "steps_per_epoch": COUNT})

    def check(self, seen: Evidence) -> Iterator[Finding]:
        asked, length = seen.rehearsal.steps_per_epoch, _pass(seen)
        rows = {batch.rows or 0 for batch in seen.batches}
        if not asked or not length or length == 1 or not rows or asked < MANY * length or seen.failure is not None:
            return
        samples = sum(batch.rows or 0 for batch in seen.batches[:length])
        is_samples = max(rows) > 1 and samples <= asked < samples + max(rows)
        one = f"one pass over the source is {counted(length, 'batch', 'batches')} of {counted(samples, 'sample')}"
        message = (
            f"steps_per_epoch={asked} counts batches, and {one}: an epoch is {asked / length:.3g} passes"
            f"{'; it is likely the number of samples' if is_samples else ''}."
        )
        fix = f"Pass `steps_per_epoch={length}` for one pass per epoch: `math.ceil(n_samples / batch_size)`."
        yield self.finding("warning" if is_samples else "note", message, fix=fix, length=length)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        yield arguments.with_argument(at(seen, finding), "steps_per_epoch", finding.evidence["length"])

    def broken(self) -> Iterator[Any]:
        while True:
            yield from sound(COUNT)

    def mended(self) -> Iterator[Any]:
        return self.broken()


def _pass(seen: Evidence) -> int | None:
    """Batches in one pass of a source that begins again by itself."""
    if seen.source.restarts_each_epoch and not seen.source.is_graph:
        return None
    length = one_pass(seen.source.value) if seen.source.is_graph else None
    return length or period(seen.batches, at_least_one_whole=True)
