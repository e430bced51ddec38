"""A record is rich where it is shown alone, and one line inside anything else."""

import pickle
import subprocess
import sys

import pytest
from IPython.lib.pretty import pretty

import gendiag
from gendiag.records import Finding, Repair, Reproducer, Trial
from gendiag.rehearsal.profile import Profile
from tests.conftest import ROOT
from tests.support.diagnoses import batch, x

SHOWN = [
    (Finding("nan-inf", "error", "NaN", "x holds NaN.", batches=(3, 4)), "<Finding: error, nan-inf, batches 3-4: NaN>"),
    (Repair("Drop it", "yield 1", list, changes_meaning="drops 1"), "<Repair: Drop it (not run, drops 1)>"),
    (Reproducer("bug", "ValueError: x", "config", verified=True), "<Reproducer: bug, verified: ValueError: x>"),
    (Trial(4, "raises", error="bad label"), "<Trial: batch 4, raises: bad label>"),
    (
        Profile((batch(0, x()),), ended="budget", limit="max_batches=1"),
        "<Profile: 1 batch read, max_batches=1 was reached, 0.0 s; see .frame, or print it>",
    ),
]
each = pytest.mark.parametrize(("record", "line"), SHOWN, ids=[type(record).__name__ for record, _ in SHOWN])


@each
def test_it_is_one_line_in_its_repr_and_inside_a_tuple(record, line):
    assert repr(record) == line
    assert pretty((record,)) == repr((record,)) == f"({line},)"


@each
def test_it_is_whole_where_it_is_printed_or_shown_alone(record, line):
    assert "\n" in str(record) or type(record) is Trial
    assert pretty(record) == str(record) != line
    assert record._repr_html_().startswith('<div class="gd gd-static gd-face"><style>')


def test_a_long_line_is_cut():
    assert len(repr(Trial(4, "raises", error="bad label " * 50))) < 140


def test_a_face_takes_nothing_from_a_record():
    finding = Finding("nan-inf", "error", "NaN", "x holds NaN.", evidence={})
    assert pickle.loads(pickle.dumps(finding)) == finding  # noqa: S301  (our own)
    assert not hasattr(finding, "__dict__")
    assert gendiag.Finding is Finding


def test_whoever_imports_a_record_alone_sees_its_face_and_loads_no_figure():
    code = (
        "from gendiag.records import Trial; import sys; assert 'Trial of batch 4' in Trial(4, 'trains')._repr_html_(); "
        "print({'matplotlib', 'ipywidgets', 'tensorflow'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
