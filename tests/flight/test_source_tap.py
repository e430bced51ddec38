"""The tap of a live fit: bounded in bytes, exact in what it tells, and a batch put off is measured all the same."""

import numpy as np
import pytest

from gendiag.batches.measure import measure
from gendiag.flight import source_tap
from gendiag.flight.source_tap import FlightTap
from gendiag.rehearsal.position import FitPosition
from tests.support.flights import batch

SIZE = sum(part.nbytes for part in batch(0))


def tapped(batches, *, keep=10, ordered=True, full=False):
    tap = FlightTap(int(keep * SIZE), FitPosition(), full=full)
    if ordered:
        tap.trust_the_order()
    for raw in batches:
        tap.yielded(raw, 0.25)
    return tap


def spoilt(number):
    x, y = batch(number)
    return np.full_like(x, np.nan), y


def plain(record):
    return [(leaf.path, leaf.shape, leaf.low, leaf.high, leaf.digest, leaf.n_nan) for leaf in record.leaves]


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("keep", [0.5, 1.5, 2.5, 3.5, 100])
def test_every_batch_is_measured_as_it_was_yielded_whether_it_is_held_or_not(keep, ordered):
    buffer = batch(0)[0].copy()

    def batches():
        for number in range(12):
            buffer[:] = batch(number)[0]  # what is put off must not be read later from here
            yield buffer, batch(number)[1]

    tap = tapped(batches(), keep=keep, ordered=ordered)
    records = tap.settle()
    assert [record.index for record in records] == list(range(12))
    assert {record.wait_s for record in records} == {0.25}
    for number, record in enumerate(records):
        assert plain(record) == plain(measure(batch(number), index=number, epoch=0, full=False))
        assert plain(tap.batch(number)) == plain(record)
        assert record.leaves[0].shared == (number > 0)
    assert tap.store.nbytes <= keep * SIZE


def test_of_batches_put_off_there_are_never_too_many(monkeypatch):
    monkeypatch.setattr(source_tap, "MOST_LATER", 5)
    tap = tapped(map(batch, range(20)), keep=100)
    assert len(tap._later) == 5
    assert len(tap.by_index) == 15


def test_a_batch_put_off_is_measured_when_it_is_asked_for():
    tap = tapped(map(batch, range(3)))
    assert plain(tap.batch(1)) == plain(measure(batch(1), index=1, epoch=0, full=False))


@pytest.mark.parametrize("ordered", [True, False])
def test_suspicious_batches_stay_and_leave_room_for_the_newest(ordered):
    tap = tapped([spoilt(number) if number == 20 else batch(number) for number in range(40)], ordered=ordered)
    assert {0, 1, 20, 38, 39} <= set(tap.store)
    tap = tapped([spoilt(number) for number in range(40)], ordered=ordered)
    pinned = [index for index in tap.store if 1 < index < 30]
    assert pinned
    assert tap.store.pinned_nbytes <= (5 + ordered) * SIZE  # one may be let go while another is being pinned
    assert {38, 39} <= set(tap.store)
    assert tap.store.nbytes <= 10 * SIZE


def test_what_is_held_is_a_copy():
    for ordered in (True, False):
        x, y = batch(3)
        tap = tapped([(x, y), {"a": x}], ordered=ordered)
        x[:] = 0
        assert tap.store.get(0)[0].any()
        assert tap.store.get(1)["a"].any()


def test_memory_is_looked_at_now_and_then(monkeypatch):
    readings = iter(range(1, 100))
    monkeypatch.setattr(source_tap, "resident", lambda: next(readings))
    monkeypatch.setattr(source_tap, "RSS_FIRST", 0)
    records = tapped(map(batch, range(40))).settle()
    assert [record.rss_bytes for record in records] == [1] * 16 + [2] * 16 + [3] * 8


def test_items_asked_for_out_of_turn_have_their_own_numbers():
    tap = FlightTap(100 * SIZE, FitPosition(), full=False)
    for number in (5, 3, 4):
        tap.yielded(batch(number), 0.0, number)
    assert [record.index for record in tap.settle()] == [5, 3, 4]
    assert plain(tap.batch(3)) == plain(measure(batch(3), index=3, epoch=0, full=False))


def test_an_object_is_known_again_behind_the_workers_and_one_yielded_twice_is_not_guessed():
    tap = FlightTap(100 * SIZE, FitPosition(), full=False)
    one, two = batch(0), batch(1)
    assert tap.handed_out(one, 0) is one  # before training fit only peeks
    tap.training = True
    first, second, again = tap.handed_out(one, 4), tap.handed_out(two, 5), tap.handed_out(one, 6)
    assert all(np.shares_memory(mine, theirs) for mine, theirs in zip(first, one, strict=True))
    tap.handover.forget_thread()
    assert [tap.handover.behind(each) for each in (again, second, first)] == [6, 5, 4]
    words = ["a list", "is no array"]
    assert tap.handed_out(words, 7) == tap.handed_out(words, 8) == words
    assert tap.handover.behind(words) is None


def test_the_batch_that_could_not_be_made_is_known_by_its_error():
    tap = FlightTap(SIZE, FitPosition(), full=False)
    errors = [ValueError("one"), ValueError("other")]
    for index, error in enumerate(errors):
        with pytest.raises(ValueError, match=str(error)), tap.asking(index + 3):
            raise error
    assert [tap.handover.raised_for(error) for error in errors] == [3, 4]
    assert tap.handover.raised_for(ValueError("one")) is None
    assert tap.n_asked == 0


@pytest.mark.parametrize(
    "raw", [(np.zeros((0, 4)),), (np.array("text"),), tuple(batch(0)) * 2, (np.array(["a"]),), [1, 2], (np.float32(1),)]
)
def test_what_is_no_plain_batch_is_measured_the_general_way(raw):
    for ordered in (True, False):
        (record,) = tapped([raw], keep=100, ordered=ordered).settle()
        assert plain(record) == plain(measure(raw, index=0, epoch=0, full=False))


def test_after_a_failure_of_ours_nothing_is_held_and_nothing_more_recorded():
    tap = tapped(map(batch, range(3)))
    tap.give_up(MemoryError("no room"))
    assert list(tap.store) == []
    assert tap.yielded(batch(3), 0.0) is None
    assert (len(tap.batches), list(tap.store)) == (3, [])
    assert (tap.given_up.type, tap.given_up.line) == ("MemoryError", "no room")
