"""A source is asked a second time only where that is harmless, and told by what it draws from."""

import time

import numpy as np
import pytest

from gendiag.sources.spot_check import check_spots
from tests.support.items import Items


def test_a_source_that_raises_when_it_is_asked_again_is_asked_no_more():
    class Once(Items):
        def __getitem__(self, index):
            raise OSError

    assert check_spots(Once(), 6).again == ()


def test_a_slow_source_is_asked_only_once(monkeypatch):
    monkeypatch.setattr("gendiag.sources.spot_check.SLOW_S", 0.0)
    assert len(check_spots(Items(), 6).again) == 1


def test_draws_are_named_by_the_state_that_they_move():
    class Drawing(Items):
        def __init__(self):
            super().__init__()
            self.rng = np.random.default_rng(0)

        def __getitem__(self, index):
            return super().__getitem__(index)[0] * self.rng.uniform() * np.random.uniform()  # noqa: NPY002  (the global state is the point)

    assert check_spots(Drawing(), 6).draws == ("np.random", "self.rng")
    assert check_spots(Items(), 6).draws == ()


class Counting(Items):
    """Goes on from a counter, or draws its augmentation from one."""

    def __init__(self, *, ignores):
        super().__init__()
        self.calls, self.ignores = 0, ignores

    def __getitem__(self, index):
        self.calls += 1
        x, y = super().__getitem__(self.calls % 6 if self.ignores else index)
        return x + (0 if self.ignores else self.calls), y


@pytest.mark.parametrize("ignores", [True, False])
def test_a_counter_put_back_tells_whether_the_index_matters(ignores):
    source = Counting(ignores=ignores)
    spots = check_spots(source, 6)
    assert spots.counters == ("calls",)
    assert spots.goes_on
    assert spots.ignores_index == ignores
    assert source.calls == 0, "everything is as before"


def test_items_are_asked_side_by_side_only_where_fit_has_threads():
    class Shared(Items):
        at = 0

        def __getitem__(self, index):
            self.at = index
            time.sleep(0.002)
            return super().__getitem__(self.at)

    assert check_spots(Shared(workers=3), 6).disturbed
    assert not check_spots(Shared(workers=1), 6).disturbed
    assert not check_spots(Items(workers=3), 6).disturbed
