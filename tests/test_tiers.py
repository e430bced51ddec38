"""What takes long without being marked as a proof fails, so that the fast tier stays fast."""

from tests import conftest

HOOKS = "from tests.conftest import pytest_runtest_call, pytest_runtest_setup"
TESTS = """
import time

import pytest


def compute():
    until = time.process_time() + 0.2
    while time.process_time() < until:
        pass


@pytest.fixture
def prepared():
    compute()


def test_long():
    compute()


def test_prepared_for_long(prepared):
    pass


def test_waiting():
    time.sleep(0.2)


@pytest.mark.proof
def test_long_by_nature(prepared):
    compute()


@pytest.mark.xfail
def test_long_and_wrong():
    compute()
    assert False
"""


def test_what_computes_for_long_fails_unless_it_is_a_proof(pytester, monkeypatch):
    pytester.makeconftest(HOOKS)
    pytester.makeini("[pytest]\nmarkers = proof")
    pytester.makepyfile(TESTS)
    with monkeypatch.context() as patch:  # this very test takes longer
        patch.setattr(conftest, "LIMIT_S", 0.1)
        result = pytester.runpytest_inprocess("-p", "no:playwright")  # it takes no run within a run
    result.assert_outcomes(passed=2, failed=2, xfailed=1)
    told = "took 0.* s of 0.1: do less, or mark it proof"
    result.stdout.fnmatch_lines(["*_ test_long _*", told, "*_ test_prepared_for_long _*", told])
