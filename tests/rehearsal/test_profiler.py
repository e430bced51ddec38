"""``profile``: the frame alone, without a model and without Keras."""

import subprocess
import sys
import time

import numpy as np
import pytest

import gendiag
from gendiag.rehearsal.profile import COLUMNS
from gendiag.rules.rule import sound


def quickly(source, **options):
    return gendiag.profile(source, progress=False, **options)


def test_the_frame_has_one_row_per_leaf_per_batch():
    frame = quickly(sound).frame
    assert list(frame.columns) == list(COLUMNS)
    assert list(zip(frame["batch"], frame["leaf"], strict=True)) == [(b, leaf) for b in range(6) for leaf in ("x", "y")]
    assert frame["rows"].tolist() == [4] * 12


def test_the_summary_has_one_row_per_leaf():
    def source():
        for step, (x, y) in enumerate(sound()):
            yield x, y.astype("float64") if step == 2 else y

    summary = quickly(source).summary().set_index("leaf")
    assert summary.loc["y", "dtypes"] == {"float32": 5, "float64": 1}
    assert summary.loc["x", "shapes"] == {(4, 3): 6}
    assert summary.loc["x", "batches"] == 6


def test_a_source_that_raises_gives_the_batches_before_and_its_own_exception():
    def source():
        for step, batch in enumerate(sound()):
            yield {}["missing"] if step == 3 else batch

    profile = quickly(source)
    assert (len(profile.batches), profile.ended) == (3, "raised")
    assert isinstance(profile.error, KeyError)
    assert "test_profiler.py" in profile.failure.frame
    assert "missing" in profile.failure.line


def test_an_endless_source_stops_at_the_budget_and_says_so():
    def source():
        while True:
            yield from sound()

    assert (len((profile := quickly(source, max_batches=50)).batches), profile.ended) == (50, "budget")
    assert "max_batches=50 was reached" in repr(profile)


def test_the_time_budget_ends_it_too():
    def source():
        for batch in sound(1000):
            time.sleep(0.02)
            yield batch

    profile = quickly(source, budget_s=0.3)
    assert (profile.ended, 2 < len(profile.batches) < 100) == ("budget", True)


def test_an_interrupt_gives_what_was_read_so_far():
    code = (
        "import _thread, threading, time, gendiag\n"
        "from gendiag.rules.rule import sound\n"
        "def source():\n"
        "    for step, batch in enumerate(sound(1000)):\n"
        "        if step == 10: _thread.interrupt_main()\n"
        "        time.sleep(0.02)\n"
        "        yield batch\n"
        "profile = gendiag.profile(source, progress=False)\n"
        "print(profile.ended, 10 <= len(profile.batches) < 100)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["stopped", "True"], done.stderr


def test_profiling_loads_no_keras():
    code = (
        "import sys, gendiag; from gendiag.rules.rule import sound\n"
        "print(len(gendiag.profile(sound).frame), 'keras' in sys.modules, 'tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["12", "False", "False"]


def test_a_raw_batch_is_a_copy():
    def source():
        buffer = np.zeros((2, 3))
        for value in range(4):
            buffer[:] = value
            yield buffer, np.zeros(2)

    profile = quickly(source)
    assert [profile.raw(batch)[0][0, 0] for batch in range(4)] == [0, 1, 2, 3]
    assert profile.frame.query("leaf == 'x'")["shared"].tolist() == [False, True, True, True]


@pytest.mark.parametrize("option", ["max_batches", "budget_s", "keep_bytes"])
def test_a_limit_of_nothing_is_refused(option):
    with pytest.raises(gendiag.GendiagError, match=f"{option}=0"):
        gendiag.profile(sound, **{option: 0})
