from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gendiag.records import Failure, Finding, counted, listed
from gendiag.rehearsal.profile import Profile
from gendiag.rules.edits import datasets, generators, streams
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.exception_advice import advice, because
from gendiag.rules.evidence.source_code import methods, stores
from gendiag.rules.rule import BAD, Edits, Rule, sound
from gendiag.sources.source import Source

ALONE = "to see it without fit: `for index in range(len(dataset)): dataset[index]`"


class SourceRaises(Rule):
    """The source itself raises while it makes a batch.

    What fit does
        For batches 0 and 1 the exception arrives as it is. From batch 2 on TensorFlow wraps it: ValueError and
        TypeError as InvalidArgumentError, most others as UnknownError, and the first line is always "Graph execution
        error".

    Why it hurts
        The user's own line is buried in the text, fit has read ahead of training, and no batch is named.

    How to mend it
        Fix the line named in the finding; the values in brackets are those of its names when it raised. To see it again
        without fit, ask the dataset for that item alone, or run ``next()`` on the source up to that batch.

    Known limits
        Where a dataset's Python function raised, or a worker process, the line is known and not its values: only text
        comes back. Fit asks a PyDataset for its items in a drawn order, and several at a time with workers.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0; the same table on 3.8.0.
    """

    name, title = "source-raises", "The source raises an exception of its own"
    consequence_of = ("leftover-state", "thread-unsafe")
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        index = seen.profile.failed_index
        # An exception behind the batch at which fit raised is one that fit never came to.
        if seen.profile.failure is not None and index is not None and index == seen.rehearsal.failed_batch:
            place = seen.place(index) if seen.batches else f"batch {index}"
            raised = _Raised(seen.source, seen.profile, seen.profile.failure, index)
            yield self._finding(raised, f"The source raised in {place}", _not_before(seen, index), _set_later(seen))
        elif seen.profile.failure is None and seen.source.is_indexed:
            yield from self._out_of_sight(seen)
        yield from self._length_raises(seen)
        if seen.validation.failure is not None and seen.validation_source is not None:
            at = seen.validation.failed_index if seen.validation_source.is_indexed else None
            index = len(seen.validation.batches) if at is None else at
            raised = _Raised(seen.validation_source, seen.validation, seen.validation.failure, index)
            yield self._finding(raised, f"validation_data raised in its batch {index}", source="validation")

    def _out_of_sight(self, seen: Evidence) -> Iterator[Finding]:
        """What came out of an indexed source though nobody saw it being asked: of a process, or of a hook."""
        failure, is_ours = seen.rehearsal.failure, seen.rehearsal.failed_in != "validation"
        if failure is None or seen.never_ends or not is_ours or not failure.frame:
            return
        count = counted(len(seen.rehearsal.deliveries), "training step")
        index = seen.rehearsal.failed_batch
        if failure.in_source and index is not None:
            where, batches, own = f"The source raised after {count}", [index], ""
        elif seen.called_facts is not None and index is not None:
            return  # in the step of evaluate or predict, which is of the model
        elif not seen.source.in_processes:
            where, batches = f"The source raised outside of `__getitem__`, after {count}", []
            own = " fit calls `on_epoch_end` once before epoch 1 too." * ("on_epoch_end" in failure.frame)
        else:
            return
        told = failure.line if failure.in_source else str(failure)
        message = f"{where}: {told.rstrip('.')}{failure.place}.{_drawn(seen)}"
        fix = (advice(failure, None) or f"Fix that line; {ALONE}.") + own
        yield self.finding("error", message, fix=fix, batches=batches, type=_type(failure), frame=failure.frame)

    def _length_raises(self, seen: Evidence) -> Iterator[Finding]:
        """What came out of the ``__len__`` of validation data."""
        failure, other = seen.rehearsal.failure, seen.validation_source
        refused = other.refused_length if other is not None else None
        if failure is None or refused is None or not failure.frame or not refused.explains(failure):
            return
        message = (
            f"`len(validation_data)` raised, which fit asks for where it begins to evaluate: {str(failure).rstrip('.')}"
            f"{failure.place}. The training source is not at fault."
        )
        fix = advice(failure, None) or "Fix that line; to see it without fit: `len(validation_data)`."
        yield self.finding("error", message, fix=fix, type=_type(failure), frame=failure.frame, source="validation")

    def _finding(self, raised: _Raised, said: str, drawn: str = "", fix: str = "", **evidence: Any) -> Finding:
        source, failure, error = raised.source, raised.failure, raised.profile.error
        promised = (
            f" `__len__` promises {counted(source.length or 0, 'batch', 'batches')}." if source.is_indexed else ""
        )
        call = f" (`__getitem__({raised.item})`)" if source.is_indexed else ""
        told = str(failure).rstrip(".")
        message = f"{said}{call}: {told}{failure.place}.{because(error)}{promised}{drawn}"
        fix = fix or advice(failure, error) or raised.generally()
        return self.finding(
            "error", message, fix=fix, batches=[raised.index], type=failure.type, frame=failure.frame,
            values=dict(failure.values), **evidence,
        )  # fmt: skip

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        place = at(seen, finding)
        index, error = next(iter(finding.batches), 0), finding.evidence["type"]
        if not index:
            return
        if place.target == "validation_data":
            yield streams.kept(place, index, steps=None, costs=f"evaluates on the {index} batches before the error")
        elif place.kind == "PyDataset":
            count = index % (place.length or index + 1)
            yield datasets.length(place, count, costs=f"leaves out item {count} and all behind it")
        yield generators.restarted(place, error, index)
        yield generators.ended(place, error, index)

    def broken(self) -> Iterator[Any]:
        divisors = {step: step - BAD for step in range(BAD)}  # none for batch 3: KeyError
        for step, (x, y) in enumerate(sound()):
            yield x / divisors[step], y

    def mended(self) -> Iterator[Any]:
        return sound()


@dataclass(frozen=True)
class _Raised:
    """What a source raised, and at which batch."""

    source: Source
    profile: Profile
    failure: Failure
    index: int

    @property
    def item(self) -> int:
        return self.index % (self.source.length or self.index + 1)

    def generally(self) -> str:
        """What to do where the kind of the exception says nothing special."""
        line = "Fix that line" if self.failure.frame else "No line of yours is in its traceback: look at the call"
        if self.source.is_indexed:
            return f"{line}; to see it without fit, ask for that item alone: `dataset[{self.item}]`."
        return f"{line}; the source had yielded {counted(self.index, 'batch', 'batches')} before."


def _not_before(seen: Evidence, index: int) -> str:
    """Which items behind the one that raised were trained on, since fit draws the order."""
    length = seen.source.length
    if not seen.source.is_indexed or not length:
        return ""
    behind = sorted({d.batch for d in seen.rehearsal.deliveries if d.batch is not None and d.batch > index})
    if not behind:
        return ""
    return f" fit draws the order of the items: {listed(behind)} had been trained on by then."


def _set_later(seen: Evidence) -> str:
    """What to do about an attribute that is missing because a hook sets it, which fit calls behind its first look."""
    name = getattr(seen.profile.error, "name", None)
    if not isinstance(seen.profile.error, AttributeError) or not seen.source.is_indexed or not isinstance(name, str):
        return ""
    own = methods(seen.source.value)
    hook = next((hook for hook in ("on_epoch_begin", "on_epoch_end") if hook in own and stores(own[hook], name)), None)
    if hook is None or seen.rehearsal.deliveries:
        return ""
    return f"Set `self.{name}` in `__init__` too: fit reads items 0 and 1 before it calls `{hook}` for the first time."


def _drawn(seen: Evidence) -> str:
    if not seen.source.in_processes:
        return ""
    processes = counted(seen.source.workers, "worker process", "worker processes")
    return f" It came out of one of {processes}, which does not tell the item."


def _type(failure: Failure) -> str:
    """The user's own class, where TensorFlow wrapped it."""
    return failure.line.split(":")[0] if failure.in_source else failure.type
