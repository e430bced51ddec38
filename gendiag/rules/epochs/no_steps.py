from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from gendiag.records import Finding, counted
from gendiag.rules.edits import arguments
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.dataset_counts import why_empty
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Edits, Rule, sound


class NoSteps(Rule):
    """fit comes through without a single training step.

    What fit does
        Returns at once, with an empty history: where ``initial_epoch`` is not below ``epochs``, where ``epochs`` is 0,
        and where a dataset or an array has nothing in it (``take(0)``, a ``filter`` that keeps nothing,
        ``batch(64, drop_remainder=True)`` with fewer than 64 elements). A generator and a PyDataset without a batch
        raise instead.

    Why it hurts
        Nothing is raised and no weight changes, yet everything behind it runs as if the model were trained.

    How to mend it
        ``epochs`` is the number of the last epoch, not how many more: ``epochs=initial_epoch + n``. Look at what the
        dataset yields: ``next(iter(dataset))``.

    Known limits
        Which transformation dropped everything is told where TensorFlow knows how many elements came before it.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title, alters = "no-steps", "fit takes no training step", True
    fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"epochs": 2, "initial_epoch": 2})
    mended_fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"epochs": 3, "initial_epoch": 2})

    def check(self, seen: Evidence) -> Iterator[Finding]:
        run = seen.rehearsal
        is_over = run.ended in {"finished", "epochs"} and seen.failure is None and run.method == "fit"
        if not is_over or run.deliveries or run.running or run.unrecorded:
            return
        why, fix, change = _of_epochs(seen) or _of_source(seen)
        message = f"fit takes no step on this source: {why}. It returns without an error, and no weight changes."
        yield self.finding("warning", message, fix=fix, change=change)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        for name, value in finding.evidence["change"].items():
            yield arguments.with_argument(at(seen, finding), name, value)

    def broken(self) -> Iterator[Any]:
        return sound()

    def mended(self) -> Iterator[Any]:
        return sound()


Cause = tuple[str, str, Mapping[str, Any]]


def _of_epochs(seen: Evidence) -> Cause | None:
    epochs, begin = seen.fit_args.get("epochs", 1), seen.fit_args.get("initial_epoch", 0)
    if seen.rehearsal.epochs_run or not isinstance(epochs, int) or epochs > begin:
        return None
    if not begin:
        why = f"epochs={epochs} asks for {'no epoch' if not epochs else 'fewer than none'}"
        return why, "Pass `epochs=1` or more.", {"epochs": 1}
    why = f"initial_epoch={begin} and epochs={epochs} leave no epoch, because epochs is where training ends"
    fix = (
        f"Pass `epochs={begin} + n` for n more epochs, such as `epochs={begin + max(epochs, 1)}`, "
        "or leave initial_epoch out to begin anew."
    )
    return why, fix, {"epochs": begin + max(epochs, 1)}


def _of_source(seen: Evidence) -> Cause:
    given, share = seen.source.value, seen.fit_args.get("validation_split") or 0
    if seen.source.is_graph:
        dropped = why_empty(given)
        look = "Look at what it yields: `next(iter(dataset))`."
        return (dropped[0], f"{dropped[1]} {look}", {}) if dropped else ("the dataset yields nothing", look, {})
    if seen.source.is_sliced and share >= 1:
        why = f"validation_split={share} leaves no sample to train on"
        return why, "Pass a share below 1, such as `validation_split=0.2`.", {"validation_split": 0.2}
    if seen.source.is_sliced:
        return (
            "the arrays have 0 rows",
            "Look at how they are made: `print(len(x))`; the list that they are made of is likely empty.",
            {},
        )
    asked = counted(seen.rehearsal.epochs_run, "epoch")
    return f"it yields no batch in {asked}", "Look at its loop: it may be over an empty list.", {}
