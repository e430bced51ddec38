"""What is said of a batch that was reduced to its failing samples, the same everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from gendiag.records import CulpritValue, Finding, Shrunk

MOST = 6
DOES = {"raises": ("raises", "raise"), "non-finite": ("gives NaN or infinity", "give NaN or infinity")}
REST = {
    "trains": ("trains", "train"),
    "non-finite": ("still gives NaN or infinity", "still give NaN or infinity"),
    "raises": ("still raises", "still raise"),
}


def said(shrunk: Shrunk) -> str:
    """``Samples 3 and 17 of batch 42 each raise alone; the other 254 train. y[3] is 10: ...``."""
    if shrunk.every:
        return _whole(shrunk)
    if not shrunk.samples:
        return f"Batch {shrunk.batch} was not reduced to samples: {shrunk.note}." if shrunk.note else ""
    return " ".join([_who(shrunk), *_why(shrunk.values)])


def _whole(shrunk: Shrunk) -> str:
    does = DOES[shrunk.outcome][0]
    if shrunk.rows == 1:
        return f"Batch {shrunk.batch} has one sample, and {does}."
    if shrunk.tried_alone == shrunk.rows:
        return f"Every sample of batch {shrunk.batch} {does} alone: none is to blame, but the batch as a whole."
    return (
        f"Each of {shrunk.tried_alone} samples of batch {shrunk.batch} tried alone {does}: likely none of the "
        f"{shrunk.rows} is to blame, but the batch as a whole."
    )


def _who(shrunk: Shrunk) -> str:
    one, many = DOES[shrunk.outcome]
    count, others = len(shrunk.samples), shrunk.rows - len(shrunk.samples)
    named = f"{'Sample' if count == 1 else 'Samples'} {_listed(shrunk.samples)} of batch {shrunk.batch}"
    does = REST.get(shrunk.rest or "", ("does not", "do not"))[others != 1]
    rest = f"; the other {'one' if others == 1 else others} {does}" if shrunk.rest and others else ""
    if shrunk.alone:
        how = f"{one} alone" if count == 1 else f"each {many} alone"
    elif shrunk.minimal:
        how = f"{one}, not alone but among the others" if count == 1 else f"{many} together, not each alone"
    else:
        how = one if count == 1 else f"{many} together"
    return f"{named} {how}{rest}." + ("" if shrunk.minimal else f" More was not tried: {shrunk.note}.")


def _why(values: Sequence[CulpritValue]) -> Iterable[str]:
    """``y[3] is 10, y[17] is 12: the model has 10 classes (0-9).``."""
    groups: dict[tuple[str, bool], list[CulpritValue]] = {}
    for value in values:
        groups.setdefault((value.why, value.proven), []).append(value)
    for (why, proven), group in groups.items():
        shown = ", ".join(str(value) for value in group[:MOST])
        more = f" and {len(group) - MOST} more" if len(group) > MOST else ""
        reason = f": {why}" if why else ""
        yield f"{shown}{more}{reason}." if proven else f"Likely because {shown}{more}{reason}."


def _listed(rows: Sequence[int]) -> str:
    shown = [str(row) for row in rows[:MOST]]
    if len(rows) > MOST:
        return f"{', '.join(shown)} and {len(rows) - MOST:,} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))


def with_samples(findings: Sequence[Finding], shrunk: Mapping[int, Shrunk]) -> tuple[Finding, ...]:
    """Name the samples in the finding that is about them: the first of each batch, of the same leaf where it has one.

    Its ``evidence`` then has ``samples``, row numbers within ``sample_batch``.
    """
    named = list(findings)
    for each in shrunk.values():
        if not each.samples or each.rest != "trains":
            continue
        place = next((at for at, finding in enumerate(named) if _is_about(finding, each)), None)
        if place is not None:
            finding = named[place]
            more = {"sample_batch": each.batch, "samples": each.samples}
            message = f"{finding.message} {said(each)}"
            named[place] = replace(finding, message=message, evidence={**finding.evidence, **more})
    return tuple(named)


def _is_about(finding: Finding, shrunk: Shrunk) -> bool:
    if finding.severity == "note" or finding.in_validation or shrunk.batch not in finding.batches:
        return False
    if shrunk.outcome == "raises" and finding.severity != "error":
        return False
    return not shrunk.values or finding.leaf in {None, *(value.path for value in shrunk.values)}
