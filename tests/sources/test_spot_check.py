"""A source is asked a second time only where that is harmless, and told by what it draws from."""

import numpy as np

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
