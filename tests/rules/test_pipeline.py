"""Rules about the code that makes batches: what it raises, how long it takes, and the memory that it fills or keeps."""

import threading
import time

import numpy as np
import pytest

from gendiag import diagnose
from gendiag.records import Batch, Leaf, Rehearsal
from gendiag.rehearsal.profile import Profile
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.pipeline.buffer_reuse import BufferReuse
from gendiag.rules.pipeline.leak import _steady_growth
from gendiag.sources import recognise
from tests.support.items import VIEWS, Items, Views
from tests.support.models import linear
from tests.support.rules import diagnosed, findings
from tests.support.streams import FEW, ROWS, rows_of
from tests.support.versions import since


def test_a_source_that_waits_is_named_by_its_own_line():
    def stuck():
        yield from [Items()[index] for index in range(3)]
        threading.Event().wait(60)

    report = diagnose(stuck, linear(), progress=False, quiet_s=3.0)
    assert report.findings[0].rule == "no-answer"
    assert "threading.Event().wait(60)" in report.findings[0].message


def test_memory_that_grows_in_one_stretch_only_does_not_grow_steadily():
    cache = [min(step, 20) * 1e6 for step in range(60)]
    assert _steady_growth(cache) == 0
    assert _steady_growth([step * 1e6 for step in range(60)]) == pytest.approx(1e6)
    assert _steady_growth([5e6] * 60) == 0


def test_a_cache_that_is_filled_in_the_first_epoch_is_no_leak():
    class Cached(Items):
        def __init__(self):
            super().__init__()
            self.cache = {}

        def __len__(self):
            return 20

        def __getitem__(self, index):
            if index not in self.cache:
                self.cache[index] = np.ones((FEW, 2**18), "float32")
            return super().__getitem__(index % 6)

    assert "leak" not in diagnosed(Cached, epochs=3)[0]


def test_large_batches_that_are_let_go_are_no_leak():
    def large():
        while True:
            x = np.ones((FEW, 2**18), "float32")
            yield x[:, :3] * np.ones((1, 3), "float32"), x[:, :1].copy()

    assert "leak" not in diagnosed(large, epochs=3, steps_per_epoch=20)[0]


@pytest.mark.parametrize(("pause_s", "is_noted"), [(0.0, False), (0.01, False), (0.08, True)])
def test_only_a_slow_source_is_said_to_be_slow(pause_s, is_noted):
    def slow():
        for index in range(6):
            time.sleep(pause_s)
            yield Items()[index]

    assert ("input-bound" in diagnosed(slow, linear(), epochs=1)[0]) == is_noted


def test_items_that_are_views_of_the_data_are_no_reused_buffer_in_any_order():
    assert "buffer-reuse" not in findings(Views, epochs=3)


def test_an_item_that_comes_again_from_a_cache_is_no_buffer_written_over():
    kept, other = (Leaf("x", "x", "array", digest=digest, shared=digest == "kept") for digest in ("kept", "other"))
    batches = tuple(Batch(i, 0, "array", 1, (leaf,)) for i, leaf in enumerate([other, kept, kept]))
    seen = Evidence(recognise(Views()), Profile(batches=batches, read_order=(2, 1, 0)), Rehearsal())
    assert list(BufferReuse().check(seen)) == []


@pytest.mark.parametrize(("workers", "severity"), [(1, "note"), (3, "warning")])
def test_a_buffer_is_a_fault_of_an_indexed_source_where_several_threads_fill_it(workers, severity):
    batches = tuple(Batch(i, 0, "array", 1, (Leaf("x", "x", "array", digest=str(i), shared=i > 1),)) for i in range(4))
    seen = Evidence(recognise(Views(workers=workers)), Profile(batches=batches, read_order=(0, 1, 2, 3)), Rehearsal())
    (found,) = BufferReuse().check(seen)
    assert found.severity == severity
    assert found.batches == (1, 2, 3)
    assert found.message.startswith("Batches 1-3 of 4 are the same x array")


@pytest.mark.parametrize("size", [ROWS, ROWS + 3])
def test_windows_that_overlap_in_memory_are_no_reused_buffer(size):
    x = rows_of(80)
    assert "buffer-reuse" not in findings(lambda: ((x[i : i + size], x[i : i + size, :1]) for i in range(0, 60, 4)))


def test_a_buffer_filled_for_every_item_is_found_in_any_order():
    class Filling(Views):
        def __getitem__(self, index):
            self.buffer = self.__dict__.get("buffer", np.empty((ROWS, 3), "float32"))
            self.buffer[:] = self.x[index * ROWS : (index + 1) * ROWS]
            return self.buffer, np.ones((ROWS, 1))

    assert len(findings(Filling, epochs=2)["buffer-reuse"].batches) >= 2 * VIEWS - 1, "all but the first one read"


def test_memory_that_grows_is_found_in_a_source_asked_in_any_order():
    class Keeping(Views):
        def __init__(self):
            super().__init__()
            self.kept = []

        def __len__(self):
            return 12

        def __getitem__(self, index):
            self.kept.append(np.ones(2**20, "uint8"))
            return super().__getitem__(index % VIEWS)

    assert "kept" in findings(Keeping, epochs=3)["leak"].message


@since("3.7")
def test_an_item_that_raises_in_a_later_epoch_is_named_by_its_epoch_and_index():
    class Later(Views):
        passes = -1

        def on_epoch_end(self):
            self.passes += 1

        def __getitem__(self, index):
            return {}["gone"] if self.passes and index == 4 else super().__getitem__(index)

    message = findings(Later, epochs=3, shuffle=False)["source-raises"].message
    assert "batch 10 (epoch 2/3)" in message
    assert "__getitem__(4)" in message


def test_a_hook_that_raises_is_named_by_its_own_line():
    class Hooked(Views):
        def on_epoch_end(self):
            self.order.sort()

    found = findings(Hooked, epochs=2)
    assert list(found) == ["source-raises"]
    assert "in on_epoch_end" in found["source-raises"].message
    assert "AttributeError" in found["source-raises"].message
