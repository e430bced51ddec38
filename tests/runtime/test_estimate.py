"""How far, how fast, how long: an estimate only where something tells."""

import pytest

from gendiag.runtime.estimate import Far, Pace, Phase, left, size, span, told

READING = Phase("reading", most=2000, within_s=60)


def test_where_the_total_is_known_there_is_an_estimate():
    line = told(Phase("reading"), Far(31, 300, 12.34, 2.5, 4_300_000))
    assert line == "reading: 31 of 300 batches, 12.3 batches/s, 4.1 MB, about 22 s left"


def test_where_only_a_limit_is_known_it_says_at_most():
    assert told(READING, Far(100, None, 100.0, 1.0)) == "reading: 100 batches, 100 batches/s, at most 19 s left"
    assert left(READING, Far(100, None, 10.0, 1.0)) == "at most 59 s left", "the clock ends it before the batches do"


def test_where_nothing_is_known_it_says_how_long_it_took():
    assert told(Phase("reading"), Far(1, None, 0.5, 2.0)) == "reading: 1 batch, 0.5 batches/s, 2 s"
    assert told(Phase("reading"), Far(0, None, 0.0, 3.0)) == "reading: no batch yet, 3 s"
    assert told(Phase("looking for the cause", ()), Far(0, None, 0.0, 3.0)) == "looking for the cause"


def test_what_ends_by_the_clock_is_not_estimated_beyond_it():
    assert left(READING, Far(10, 10_000, 1.0, 50.0)) == "at most 10 s left"


def test_nothing_is_said_to_be_left_of_what_is_done():
    assert left(Phase("reading"), Far(300, 300, 10.0, 30.0)) == ""


def test_the_pace_is_that_of_the_last_seconds():
    pace = Pace()
    assert pace.at(1000, pace.began + 1) == 1000
    for second in range(2, 30):
        slow = pace.at(1000 + second, pace.began + second)
    assert slow == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "under 1 s"), (22.4, "22 s"), (130, "2 min 10 s"), (120, "2 min"), (3900, "1 h 5 min")]
)
def test_times_are_said_in_words(seconds, words):
    assert span(seconds) == words


@pytest.mark.parametrize(("nbytes", "words"), [(1, "1 byte"), (312, "312 bytes"), (4_300_000, "4.1 MB")])
def test_sizes_are_said_in_words(nbytes, words):
    assert size(nbytes) == words
