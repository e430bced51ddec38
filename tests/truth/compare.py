"""What the report says against what the real fit did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gendiag.batches.values import digest
from tests.truth.altered import changed_per_step, is_altered
from tests.truth.leaves import number_of
from tests.truth.real_fit import Truth
from tests.truth.scenario import Scenario
from tests.truth.sources import SOURCE_RAISED

NO_END = {"never ends", "hangs"}
PEEKED = {0, 1, None}  # what may be blamed where fit raises before its first step


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One thing of which the report says something else than the real fit did."""

    aspect: str
    said: object
    true: object

    def __str__(self) -> str:
        return f"{self.aspect}: gendiag says {self.said!r:.200}, the real fit {self.true!r:.200}"


def compare(scenario: Scenario, truth: Truth, report: Any) -> list[Disagreement]:
    """Everything that differs."""
    found = [*_verdict(scenario, truth, report), *_error(truth, report)]
    if truth.outcome == "raises" and report.verdict == "raises":
        found += _fails_at(scenario, truth, report)
    if not scenario.reused and not scenario.races:
        found += [*_deliveries(truth, report), *_numbers(scenario, truth, report), *_changes(scenario, truth, report)]
    return found


def _verdict(scenario: Scenario, truth: Truth, report: Any) -> Iterator[Disagreement]:
    ending = truth.outcome
    true = "never ends" if ending in NO_END else ending
    if ending == "trains" and truth.lost:
        true = "trains to NaN"
    elif ending == "trains" and is_altered(scenario, truth):
        true = "trains on altered data"
    both_train = true.startswith("trains") and report.verdict.startswith("trains")
    # What the signature of from_generator casts is lost before the graph, and so before what the real fit shows here.
    is_cast = scenario.kind == "tf.data" and any(finding.rule == "silent-cast" for finding in report.findings)
    if report.verdict != true and not ((scenario.reused or is_cast) and both_train):
        why = f"{type(truth.error).__name__}: {truth.error}"[-150:] if truth.error else ending
        yield Disagreement("verdict", report.verdict, f"{true} ({why})")


def _error(truth: Truth, report: Any) -> Iterator[Disagreement]:
    said = any(finding.severity == "error" for finding in report.findings)
    true = truth.outcome == "raises" or truth.outcome in NO_END
    if said != true:
        rules = [(finding.rule, finding.severity) for finding in report.findings]
        yield Disagreement("severity", rules, truth.outcome)


def _fails_at(scenario: Scenario, truth: Truth, report: Any) -> Iterator[Disagreement]:
    allowed: set[int | None] = {truth.completed}
    if truth.place == "validation" or truth.in_callback:
        allowed = {None}
    elif truth.place == "start":
        allowed = PEEKED
    elif scenario.shuffle:
        allowed = _shuffled(scenario, truth, report)
    elif scenario.per_execution > 1:
        allowed = {len(truth.steps) - 1, len(truth.steps)}
    if not truth.completed and not scenario.shuffle and not truth.in_callback:
        allowed |= PEEKED if len(truth.steps) <= 1 else set()
    why = f"{type(truth.error).__name__}: {truth.error}"[-150:]
    if report.fails_at not in allowed:
        yield Disagreement("fails_at", report.fails_at, f"{allowed} in {truth.place}, {why}")
    cause = report.findings[0]
    if cause.in_validation and truth.place != "validation":
        yield Disagreement("root cause", cause.message, f"{allowed} in {truth.place}, {why}")
    if cause.severity != "error" or cause.in_validation or not cause.batches:
        return
    blames_source = cause.rule == "source-raises"
    if cause.batches[0] not in allowed or (blames_source and not _source_raised(truth)):
        yield Disagreement("root cause", cause.message, f"{allowed} in {truth.place}, {why}")


def _source_raised(truth: Truth) -> bool:
    said = str(truth.error)
    return SOURCE_RAISED in said or "StopIteration" in said  # PEP 479 drops the text


def _shuffled(scenario: Scenario, truth: Truth, report: Any) -> set[int | None]:
    """Every index that is the item at which the step failed; all, where that step never saw its data."""
    failing = truth.steps[truth.completed :]
    is_whole = len(failing) == 1 == scenario.per_execution  # of several to a step, the one that failed never came
    numbers = {number_of(arrays) for _, arrays in failing} if is_whole else set(range(scenario.n))
    at = report.fails_at
    return {at} if at is None or at % scenario.n in numbers else numbers


def _deliveries(truth: Truth, report: Any) -> Iterator[Disagreement]:
    rehearsal = report.diagnosis.rehearsal
    said = [(d.epoch, [leaf.digest for leaf in d.leaves if leaf.kind != "None"]) for d in rehearsal.deliveries]
    true = [(epoch, [digest(array) for array in arrays]) for epoch, arrays in truth.steps]
    for place, (mine, theirs) in enumerate(zip(said, true, strict=False)):
        if mine != theirs:
            yield Disagreement(f"delivery {place}", mine, theirs)
            return
    if truth.outcome == "trains" and rehearsal.ended == "finished" and len(said) != len(true):
        yield Disagreement("number of deliveries", len(said), len(true))
    if truth.outcome == "raises" and rehearsal.ended in {"finished", "raised"} and len(said) < truth.completed:
        yield Disagreement("number of deliveries", len(said), truth.completed)


def _numbers(scenario: Scenario, truth: Truth, report: Any) -> Iterator[Disagreement]:
    """The batch that each delivery is said to be."""
    deliveries = report.diagnosis.rehearsal.deliveries
    for place, (delivery, (_, arrays)) in enumerate(zip(deliveries, truth.steps, strict=False)):
        number = number_of(arrays)
        if number is None or scenario.kind == "arrays":
            continue
        said = delivery.batch
        if (
            said is None
            or said % scenario.n != number
            or (scenario.one_shot and said != _once(scenario, place, number))
        ):
            yield Disagreement(f"batch of delivery {place}", said, number)
            return


def _once(scenario: Scenario, place: int, number: int) -> int:
    """Index of the batch in a source that is read once: its number, or the step where it goes round."""
    return place if scenario.endless or scenario.once else number


def _changes(scenario: Scenario, truth: Truth, report: Any) -> Iterator[Disagreement]:
    said = [sum(delivery.changed.values()) for delivery in report.diagnosis.rehearsal.deliveries]
    for place, (mine, theirs) in enumerate(zip(said, changed_per_step(scenario, truth), strict=False)):
        if mine != theirs:
            yield Disagreement(f"values changed in delivery {place}", mine, theirs)
            return
