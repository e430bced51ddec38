from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from gendiag.records import Finding, Severity, counted
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import period
from gendiag.rules.evidence.sample_rows import Samples, evaluated, is_rich, trained
from gendiag.rules.evidence.validation_split import moved
from gendiag.rules.rule import ROWS, Rule, sound

LEAST = 2  # samples
SHARE = 0.1  # of the validation samples; fewer may be records that are in the data twice
TIMES = 3  # as many as twins among the training samples themselves make likely


class ValidationOverlap(Rule):
    """Samples of the validation data are training samples too.

    What fit does
        Trains on the one and evaluates on the other, whatever they hold.

    Why it hurts
        val_loss and val_accuracy are of samples that the model has learnt, so that they look as good as the training's,
        and overfitting cannot be seen. It comes from two splits drawn by chance each for itself, from windows cut in
        both, or from the same list given twice.

    How to mend it
        Split once, keep both lists of indices, and give each source its own; check that they are disjoint.

    Known limits
        Samples are the same where x and y agree in every value as float32; of augmented or otherwise changed samples
        this cannot be known. Where training samples are alike among themselves (few features, short texts), as many
        equal ones in the validation data are expected, and only many more are a warning; so it is where less than a
        tenth of the validation samples are meant, since records may be in the data twice. So is none that an endless
        stream of new samples yields once.

    Source
        the content of both, compared; measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "validation-overlap", "Validation samples are training samples too"
    consequence_of = ("split-reshuffled",)

    @property
    def fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]  # arrays of its own
        x, y = _arrays()
        return {"epochs": 1, "validation_data": (x[:ROWS], y[:ROWS])}

    @property
    def mended_fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]
        x, y = _arrays()
        return {"epochs": 1, "validation_data": (x[:ROWS] * 0.9 + 0.1, y[:ROWS])}

    def check(self, seen: Evidence) -> Iterator[Finding]:
        if not seen.rehearsal.validation or seen.rehearsal.method != "fit" or _is_one_stream(seen):
            return
        theirs = evaluated(seen)
        mine = trained(seen) if theirs else theirs
        if not mine:
            return
        common = sum(count for sample, count in theirs.items() if sample in mine)
        if common < LEAST:
            return
        all_of_them = common == theirs.total()
        is_no_chance = _is_no_chance(seen, mine, theirs, common)
        if not is_no_chance and not is_rich(seen):
            return
        comes_back = all_of_them or not _never_comes_back(seen)
        severity: Severity = "warning" if is_no_chance and comes_back else "note"
        same = all_of_them and set(theirs) == set(mine)
        share = f"{'all' if all_of_them else common} of the {counted(theirs.total(), 'validation sample')}"
        message = (
            f"{share[0].upper()}{share[1:]} are also in the training data, equal in x and y to the last value"
            + (": the validation data are the training data." if same else ".")
            + f" val_loss is {'' if all_of_them else 'partly '}measured on samples of the training batches."
        )
        fix = (
            "Split once, `train, val = order[n:], order[:n]`, and give each source its own part; "
            "check with `set(train) & set(val)`."
        )
        yield self.finding(severity, message, fix=fix, source="validation", common=common, of=theirs.total())

    def broken(self) -> Iterator[Any]:
        return sound(12)

    def mended(self) -> Iterator[Any]:
        return sound(12)


def _is_no_chance(seen: Evidence, mine: Samples, theirs: Samples, common: int) -> bool:
    """Whether more are equal than twins among the training samples let expect."""
    total = mine.total()
    twins = 1 - len(mine) / total
    if common <= TIMES * twins * theirs.total():
        return False
    if is_rich(seen) and not twins and common >= SHARE * theirs.total():
        return True
    # Of so many pairs without a twin (3 at most, with 95 %), so many are to be expected between the two.
    pairs = total * (total - 1) / 2
    alike = sum(count * (count - 1) / 2 for count in mine.values())
    return common > TIMES * (total * theirs.total() * (alike + TIMES) / pairs if pairs else 0) + LEAST


def _never_comes_back(seen: Evidence) -> bool:
    """Whether training goes on through a stream of new samples, so that those in common are met once and no more."""
    return seen.source.one_shot and seen.profile.ended == "fit" and period(seen.batches) is None


def _is_one_stream(seen: Evidence) -> bool:
    """Whether both are split anew in each pass, or drawn from one generator, which other rules say."""
    other = seen.validation_source
    if other is None:
        return False
    is_shared = seen.source.value is other.value and seen.source.one_shot
    return is_shared or (other.is_graph and seen.source.is_graph and moved(seen) is not None)


def _arrays() -> tuple[Any, ...]:
    return tuple(np.concatenate(part) for part in zip(*sound(12), strict=True))
