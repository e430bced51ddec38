"""Rules about worker threads and processes: silent where there is one."""

import contextlib
import io
import threading
import time

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


def test_a_file_behind_one_handle_is_told_from_one_behind_a_lock():
    class Handle(Items):
        def __init__(self, lock):
            super().__init__(workers=3)
            self.file, self.lock = io.BytesIO(np.arange(72.0, dtype="float32").tobytes()), lock

        def __getitem__(self, index):
            with self.lock:
                self.file.seek(index * 48)
                time.sleep(0.003)
                x = np.frombuffer(self.file.read(48), "float32").reshape(-1, 3)
            return x, np.ones((len(x), 1), "float32")

    names, report = diagnosed(lambda: Handle(contextlib.nullcontext()), epochs=2)
    assert names[0] == "thread-unsafe"
    assert "self.file (BytesIO)" in report.findings[0].message
    assert "thread-unsafe" not in diagnosed(lambda: Handle(threading.Lock()), epochs=2)[0]


def test_an_order_that_workers_overtake_as_a_whole_is_only_noted():
    class Ordered(Items):
        def __init__(self):
            super().__init__(workers=3)
            self.turn = np.arange(6)

        def __getitem__(self, index):
            return super().__getitem__(self.turn[index])

        def on_epoch_begin(self):
            time.sleep(0.2)
            self.turn = self.turn[::-1].copy()

    found = [f.severity for f in diagnosed(Ordered, epochs=2)[1].findings if f.rule == "hook-overtaken"]
    assert found in ([], ["note"]), "never a warning"
