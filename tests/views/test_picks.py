"""Which samples come first."""

from dataclasses import replace

import pytest

from gendiag.records import Shrunk
from gendiag.views.samples.picks import named_first, odd_samples, order
from tests.support.diagnoses import batch, finding, plain, x, y


@pytest.mark.parametrize(
    ("odd", "first", "expected"),
    [
        ([], 0, (0, 1, 2, 3, 4, 5)),
        ([4], 0, (4, 0, 1, 2, 3, 5)),
        ([1, 2, 3, 5], 0, (1, 2, 3, 0, 5, 4)),
        ([4], 4, (3, 5)),
        ([99], 4, (4, 5)),
        ([], 6, ()),
    ],
)
def test_odd_samples_come_first_with_a_sound_one_beside_and_none_comes_twice(odd, first, expected):
    assert order(6, dict.fromkeys(odd, "odd"), first) == expected


def test_samples_that_fail_in_a_trial_are_odd():
    whole = plain(1, shrunk={0: Shrunk(0, "raises", (3,), rows=10)})
    assert odd_samples(whole, batch(0, x()), {}) == {3: "failing sample"}


def test_the_leaf_that_a_finding_names_in_this_batch_comes_first():
    whole = plain(3, replace(finding(1), leaf="y"))
    paths = [[leaf.path for leaf in named_first(whole, batch(index, x(), y()))] for index in (0, 1)]
    assert paths == [["x", "y"], ["y", "x"]]
