"""Rules about worker threads and processes: silent where there is one."""

import threading

import numpy as np
import pytest

from tests.support.items import Items
from tests.support.models import linear
from tests.support.rules import diagnosed


@pytest.mark.parametrize(("workers", "is_noted"), [(1, False), (3, True)])
def test_draws_from_the_global_state_are_noted_with_several_workers_only(workers, is_noted):
    class Augmented(Items):
        def __getitem__(self, index):
            x, y = super().__getitem__(index)
            return (x * np.random.uniform(0.5, 1.5)).astype("float32"), y  # noqa: NPY002  (the global state is the point)

    names, report = diagnosed(lambda: Augmented(workers=workers), linear(), epochs=2)
    assert ("order-nondeterministic" in names) == is_noted
    assert {finding.severity for finding in report.findings} <= {"note"}


def test_a_lock_in_worker_threads_is_no_matter_of_pickling():
    class Locked(Items):
        def __init__(self):
            super().__init__(workers=2)
            self.lock = threading.Lock()

    assert "fork-pickle" not in diagnosed(Locked, epochs=1)[0]
