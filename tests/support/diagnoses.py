"""Diagnoses made by hand, so that a view is tested without a rehearsal. Fixtures are named after what fit does."""

from dataclasses import replace

import numpy as np
import pytest

from gendiag.batches.store import Store
from gendiag.diagnosis.diagnosis import Diagnosis
from gendiag.records import Batch, Delivery, Failure, Finding, Leaf, Rehearsal, Trial, TrialStep
from gendiag.rehearsal.profile import Profile

SCRIPT = "<script>alert(1)</script>"


def x(rows: int = 10, *, dtype: str = "float32", path: str = "x") -> Leaf:
    return Leaf(path, "x", "array", (rows, 4), dtype, rows * 16, -2.0, 2.0, 0.5, 1.0, digest="x")


def y(rows: int = 10, *, dtype: str = "int64", high: float = 1.0) -> Leaf:
    return Leaf("y", "y", "array", (rows,), dtype, rows * 8, 0.0, high, 0.25, 0.5, digest="y")


def batch(index: int, *leaves: Leaf, epoch: int = 0) -> Batch:
    return Batch(index, epoch, "(array, array)", leaves[0].rows, leaves, wait_s=0.002)


def stored(count: int) -> Store:
    store = Store()
    for index in range(count):
        store.put(index, (np.full((10, 4), index / 8, dtype="float32"), np.arange(10)), 240)
    return store


def plain(count: int, *findings: Finding, **changes) -> Diagnosis:
    """Every batch has 10 rows and is delivered once, unless ``changes`` say otherwise."""
    batches = tuple(batch(index, x(), y()) for index in range(count))
    deliveries = tuple(Delivery(0, index, index, (x(), y())) for index in range(count))
    whole = Diagnosis(
        "generator function make_batches",
        Profile(batches, store=stored(min(count, 20))),
        Rehearsal(epochs_run=1, deliveries=deliveries, seconds=0.5),
        "trains",
        model="sequential (Sequential)",
        findings=findings,
        versions="keras 3.15.1, tensorflow 2.21.0",
    )
    return replace(whole, **changes)


def stepped(*epochs, count=10, **changes):
    """Each epoch is the batches of its steps."""
    whole = plain(count)
    steps = tuple(
        Delivery(e, s, given, (x(), y())) for e, given_to in enumerate(epochs) for s, given in enumerate(given_to)
    )
    run = replace(whole.rehearsal, deliveries=steps, epochs=len(epochs), epochs_run=len(epochs))
    return replace(whole, rehearsal=run, **changes)


def finding(*batches: int, severity: str = "warning", title: str = "Labels are cast", **more) -> Finding:
    return Finding(
        "silent-cast",
        severity,
        title,
        "y changes its dtype.",
        "Labels become 0.",
        "Yield one dtype.",
        batches,
        "y",
        **more,
    )


@pytest.fixture
def silent_cast() -> Diagnosis:
    """Batches 3 and 4 of 8 have float labels that fit casts; batches 0 and 1 are delivered three times."""
    whole = plain(8, finding(3, 4), finding(6, title="A batch repeats"), verdict="trains on altered data")
    cast = {3, 4}
    batches = tuple(batch(i, x(), y(dtype="float64", high=0.9) if i in cast else y()) for i in range(8))
    first = tuple(
        Delivery(0, i, i, (x(), y(high=0.0)), {"y": 9}, {"y": ("0.7", "0")})
        if i in cast
        else Delivery(0, i, i, (x(), y()))
        for i in range(8)
    )
    again = tuple(Delivery(epoch, step, step, (x(), y())) for epoch in (1, 2) for step in (0, 1))
    return replace(
        whole,
        profile=replace(whole.profile, batches=batches),
        rehearsal=replace(whole.rehearsal, epochs=3, epochs_run=3, deliveries=first + again),
    )


@pytest.fixture
def raises() -> Diagnosis:
    """Fit raises at batch 3 of 8 and reaches none behind it."""
    whole = plain(8, finding(3, severity="error", title="Another number of features"), verdict="raises", fails_at=3)
    run = replace(whole.rehearsal, deliveries=whole.rehearsal.deliveries[:3], ended="raised", failure=failure())
    return replace(whole, rehearsal=run)


@pytest.fixture
def hostile() -> Diagnosis:
    """Put a ``<script>`` into every text that comes from data."""
    leaf = x(path=f"x['{SCRIPT}']", dtype=SCRIPT)
    cast = Delivery(0, 0, 0, (x(path=leaf.path, dtype=SCRIPT),), {leaf.path: 1}, {leaf.path: (SCRIPT, SCRIPT)})
    whole = plain(
        2,
        Finding(SCRIPT, "error", SCRIPT, SCRIPT, SCRIPT, SCRIPT, (0,), SCRIPT, {SCRIPT: SCRIPT}),
        source=SCRIPT,
        model=SCRIPT,
        fit_args={SCRIPT: SCRIPT},
        notes=(SCRIPT,),
        versions=SCRIPT,
        trials={0: replace(tried(0, "raises"), steps=(TrialStep(SCRIPT, "raises", failure=failure(SCRIPT)),))},
    )
    batches = tuple(replace(batch(i, leaf), structure=SCRIPT) for i in range(2))
    store = Store()
    store.put(0, ({SCRIPT: np.array([[SCRIPT]])},), 9)
    return replace(
        whole,
        profile=replace(whole.profile, batches=batches, store=store),
        rehearsal=replace(whole.rehearsal, deliveries=(cast,)),
    )


@pytest.fixture
def nothing() -> Diagnosis:
    """Yield nothing."""
    empty = finding(severity="error", title="The source is empty")
    return plain(0, empty, verdict="raises", rehearsal=Rehearsal(epochs_run=0, ended="raised", failure=failure()))


def failure(text: str = "shapes do not match") -> Failure:
    return Failure("ValueError", text, text, f"train.py:12 in {text}", f"yield {text}", f"Traceback\n{text}")


def tried(index: int, outcome: str = "trains") -> Trial:
    raised = failure() if outcome == "raises" else None
    steps = (
        TrialStep("through fit", outcome, 0.5, failure=raised, seconds=0.8),
        TrialStep("as delivered", outcome, 0.5, {"accuracy": 0.75}, 1.5, raised, 0.1),
    )
    return Trial(index, outcome, 0.5, {"accuracy": 0.75}, 1.5, seconds=0.9, steps=steps)
