"""The plain records that every door reads: what was measured, delivered, tried and found.

Frozen, and of the standard library alone; whatever computes lives above. Batches, epochs and steps count from 0; sizes
are bytes and times are seconds.
"""

from __future__ import annotations

from gendiag.records.batch import NOTHING, Batch, Delivery, Leaf, Role, format_shape
from gendiag.records.finding import Finding, Repair, Reproducer, Severity, Verdict
from gendiag.records.ranges import counted, every, listed, ranges
from gendiag.records.run import Failure, ModelRun, Rehearsal
from gendiag.records.trial import CulpritValue, Inside, LayerStep, Outcome, Paired, Shrunk, Trial, TrialStep, Where

__all__ = [
    "NOTHING",
    "Batch",
    "CulpritValue",
    "Delivery",
    "Failure",
    "Finding",
    "Inside",
    "LayerStep",
    "Leaf",
    "ModelRun",
    "Outcome",
    "Paired",
    "Rehearsal",
    "Repair",
    "Reproducer",
    "Role",
    "Severity",
    "Shrunk",
    "Trial",
    "TrialStep",
    "Verdict",
    "Where",
    "counted",
    "every",
    "format_shape",
    "listed",
    "ranges",
]
