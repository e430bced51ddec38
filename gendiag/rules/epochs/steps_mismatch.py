from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from gendiag.records import Delivery, Finding, counted
from gendiag.rules.edits import arguments, streams
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import ROWS, Edits, Rule, sound

SHOWN = 6  # epochs in the message


class StepsMismatch(Rule):
    """``steps_per_epoch`` does not go with the number of batches in one pass.

    What fit does
        Where steps_per_epoch is larger than one pass, ends every epoch at the end of the pass and warns ("ran out of
        data"). Where it is smaller and does not divide the pass, the next epoch goes on in the middle and gets the
        rest only: 6 batches with steps_per_epoch=4 give epochs of 4, 2, 4, 2 steps.

        With ``compile(steps_per_execution=4)`` fit takes 4 steps at a time whatever is left: an endless source with
        steps_per_epoch=10 gives epochs of 12.

    Why it hurts
        Epochs differ in length or are shorter than asked for, so that their losses, schedules and checkpoints do not
        mean the same. Older TensorFlow ended the whole training at that point.

    How to mend it
        Leave steps_per_epoch out: the source knows its own end. For shorter epochs let it divide the number of batches,
        or repeat the source (``dataset.repeat()``).

    Known limits
        Counted in the epochs that were rehearsed. The batch of the finding is the one that the first short epoch asked
        for and did not get; it belongs to the next epoch, if it comes at all. A generator that is read once is another
        fault (exhausted), unless it ends within the last epoch.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0; keras 3.15.1, epoch_iterator.py. On 3.5.0 and 3.6.0 an epoch that
        begins where the pass has just ended has no step: 8, 0, 8 for 8 batches with steps_per_epoch=8.
    """

    name, title = "steps-mismatch", "steps_per_epoch does not fit the number of batches"
    fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"epochs": 3, "steps_per_epoch": 8})

    def check(self, seen: Evidence) -> Iterator[Finding]:
        asked, counts = seen.rehearsal.steps_per_epoch, _steps(seen)
        yield from _overruns(self, seen, asked, counts)
        is_cut = asked and any(count < asked for count in counts)
        if not is_cut or not counts[-1]:
            return
        if not seen.source.restarts_each_epoch:
            if asked and counts[-1] < asked and _is_new(seen):
                yield self._ends_early(seen, asked, counts)
            return
        length = seen.source.length
        has = f"The source has {counted(length or max(counts), 'batch', 'batches')}"
        if len(set(counts)) == 1 and (length is None or length == counts[0]):
            told = " (its len)" if length is not None else ""
            message = (
                f"{has}{told} but steps_per_epoch={asked} asks for more: every epoch is cut after "
                f"{counted(counts[0], 'step')}{_next(seen, counts)}."
            )
            fix = f"Leave steps_per_epoch out, or pass `steps_per_epoch={counts[0]}`."
        else:
            shown, uneven = ", ".join(map(str, counts[:SHOWN])), (length or max(counts)) % (asked or 1)
            message = (
                f"{has} and steps_per_epoch={asked}{' does not divide them' if uneven else ''}: the epochs get {shown} "
                f"steps instead of {asked} each, because an epoch is cut where the pass ends."
            )
            fix = "Leave steps_per_epoch out, or pass one that divides the number of batches available."
        batches = [_cut_at(counts, asked or 0)]
        yield self.finding("warning", message, fix=fix, batches=batches, asked=asked, steps=counts, length=length)

    def _ends_early(self, seen: Evidence, asked: int, counts: list[int]) -> Finding:
        last, count = seen.first_epoch + len(counts), len(seen.batches)
        epochs = seen.rehearsal.epochs - seen.first_epoch
        message = (
            f"The source yields {counted(count, 'batch', 'batches')} once; {counted(epochs, 'epoch')} of {asked} steps "
            f"{'asks' if epochs == 1 else 'ask'} for {asked * epochs}: it is exhausted in epoch {last}, which gets "
            f"{counts[-1]} of its {asked} steps."
        )
        fix = (
            "Put `while True:` around the loop of the generator"
            + (f", or pass `steps_per_epoch={count // epochs}`." if count >= epochs else ".")
        )  # fmt: skip
        return self.finding("warning", message, fix=fix, batches=[count], asked=asked, steps=counts, length=None)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        place, instead = at(seen, finding), finding.evidence.get("instead")
        if instead:
            yield arguments.with_argument(place, "steps_per_epoch", instead)
            return
        yield arguments.without(place, "steps_per_epoch")
        if place.is_graph:
            yield streams.again(place)

    def broken(self) -> Any:
        return _dataset(5)

    def mended(self) -> Any:
        return _dataset(5).repeat()


def _overruns(rule: StepsMismatch, seen: Evidence, asked: int | None, counts: list[int]) -> Iterator[Finding]:
    """Epochs longer than asked for, because steps are taken several at a time."""
    at_once = seen.model_facts.steps_per_execution
    if not asked or not counts or at_once <= 1 or counts[0] <= asked or counts[0] % at_once:
        return
    few = asked < at_once
    message = (
        f"The model is compiled with steps_per_execution={at_once}, which "
        f"{'is more than' if few else 'does not divide'} steps_per_epoch={asked}: fit takes {at_once} steps at a time, "
        f"so that every epoch trains on {counted(counts[0], 'batch', 'batches')} instead of {asked}."
    )
    divides = max(n for n in range(1, min(at_once, asked) + 1) if asked % n == 0)
    fix = (
        f"Compile with a steps_per_execution that divides {asked}, such as `steps_per_execution={divides}`, or pass "
        f"`steps_per_epoch={counts[0]}`."
    )
    yield rule.finding("warning", message, fix=fix, asked=asked, steps=counts, length=None, instead=counts[0])


def _steps(seen: Evidence) -> list[int]:
    """Steps of each epoch that came to its end."""
    rehearsal = seen.rehearsal
    whole: tuple[tuple[Delivery, ...], ...] = seen.by_epoch
    if rehearsal.ended not in {"finished", "epochs"} or rehearsal.failure is not None:
        whole = whole[:-1]
    return [len(steps) for steps in whole]


def _cut_at(counts: list[int], asked: int) -> int:
    """Return the batch that would have come next in the first epoch that is cut: steps take them in order."""
    first = next(number for number, count in enumerate(counts) if count < asked)
    return sum(counts[: first + 1])


def _next(seen: Evidence, counts: list[int]) -> str:
    """Say what became of the batch that would have come next."""
    return f", and batch {counts[0]} belongs to epoch {seen.first_epoch + 2}" if len(counts) > 1 else ""


def _is_new(seen: Evidence) -> bool:
    """Whether the last epoch trained on nothing that was trained on before."""
    *before, last = ({delivery.batch for delivery in steps} for steps in seen.by_epoch)
    return not last & set().union(*before)


def _dataset(count: int) -> Any:
    import tensorflow as tf

    arrays = tuple(np.concatenate(part) for part in zip(*sound(count), strict=True))
    return tf.data.Dataset.from_tensor_slices(arrays).batch(ROWS)
