"""Which callbacks raise because they cannot compare the figure that they follow."""

from __future__ import annotations

from gendiag.rules.evidence.callbacks import callbacks_of
from gendiag.rules.evidence.evidence import Evidence

SAID = "automatically determine whether"  # keras 3.5 to 3.15.1


def refused(seen: Evidence) -> list[int]:
    """Places among the user's callbacks: of those that raised in a live fit, or that would, as copies of them did."""
    given, failure, run = callbacks_of(seen), seen.rehearsal.failure, seen.model_run
    if failure is not None:
        if failure.callback is None or SAID not in failure.details:
            return []
        name = failure.callback.split(".")[0]
        alike = [place for place, callback in enumerate(given) if type(callback).__name__ == name]
        named = [place for place in alike if f"monitor={getattr(given[place], 'monitor', None)}" in failure.details]
        return (named or alike)[:1]
    if seen.rehearsal.live or run is None or run.failure is not None:
        return []
    return [place for place, said in run.refused_monitors if SAID in said and place < len(given)]
