"""Which of several findings is the cause."""

import numpy as np

from gendiag.diagnosis.verdict import _follows
from gendiag.records import Finding
from tests.support.items import VIEWS, Views
from tests.support.rules import findings
from tests.support.streams import ROWS, rows_of


def test_what_came_out_of_next_is_one_finding():
    class Next(Views):
        def __init__(self):
            super().__init__()
            # Two are peeked at, so one item gets none; in whatever order fit asks, item 0 or 1 gets another part.
            self.parts = iter(np.split(rows_of((VIEWS + 1) * ROWS), VIEWS + 1))

        def __getitem__(self, index):
            part = next(self.parts)
            return part, part[:, :1]

    assert list(findings(Next)) == ["leftover-state"]


def test_a_nan_that_a_cast_made_a_number_of_is_one_finding():
    def source():
        for step, x in enumerate(np.split(rows_of(VIEWS * ROWS), VIEWS)):
            yield x, np.full(ROWS, np.nan) if step == 3 else np.arange(ROWS)

    assert [name for name in findings(source) if name in {"nan-inf", "silent-cast"}] == ["silent-cast"]


def finding(rule, leaf="x", batches=(3, 4), severity="warning"):
    return Finding(rule, severity, "", "", batches=batches, leaf=leaf)


def test_only_the_same_leaf_and_batches_make_a_consequence():
    cast = finding("silent-cast")
    assert _follows(finding("nan-inf"), cast)
    assert _follows(finding("nan-inf", batches=(4,)), cast)
    assert not _follows(finding("nan-inf", batches=(2, 3)), cast)
    assert not _follows(finding("nan-inf", leaf="y"), cast)
    assert not _follows(finding("nan-inf", severity="error"), cast)
    assert not _follows(cast, finding("nan-inf"))
    assert not _follows(finding("value-drift"), finding("unscaled", batches=()))
