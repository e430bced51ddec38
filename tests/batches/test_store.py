"""Raw batches are held within a bound."""

import pytest

from gendiag.batches.store import Store
from gendiag.errors import NotKeptError


def filled(count, *, keep_bytes=100, nbytes=10, **pins):
    store = Store(keep_bytes)
    for index in range(count):
        store.put(index, f"batch {index}", nbytes, pin=index in pins.get("pinned", ()))
    return store


def test_the_first_two_and_the_newest_are_held():
    assert list(filled(30)) == [0, 1, *range(22, 30)]


def test_never_more_bytes_are_held_than_allowed():
    store = Store(100)
    for index in range(50):
        store.put(index, index, 7 + index % 13, pin=index % 3 == 0)
        assert store.nbytes <= 100


def test_a_pinned_batch_stays():
    assert 5 in filled(30, pinned=(5,))


def test_a_batch_can_be_pinned_while_it_is_held():
    store = filled(8)
    store.pin(4)
    for index in range(8, 40):
        store.put(index, index, 10)
    assert store.get(4) == "batch 4"


def test_a_batch_larger_than_the_bound_is_not_held():
    store = filled(5)
    store.put(7, "huge", 101)
    store.put(8, "huge", 101, pin=True)
    assert list(store) == [0, 1, 2, 3, 4], "and drives nothing out"


def test_what_is_put_again_takes_the_place_of_what_was_there():
    store = filled(5)
    store.put(0, "as trained", 20)
    store.put(4, "as trained", 20)
    assert (store.get(0), store.get(4), store.nbytes) == ("as trained", "as trained", 70)


def test_what_was_dropped_and_what_was_never_read_are_told_apart():
    store = filled(30)
    with pytest.raises(NotKeptError, match=r"batch 9 was read but is not held.*held are 0-1, 22-29.*keep_bytes"):
        store.get(9)
    with pytest.raises(NotKeptError, match="batch 77 was never read; 30 batches were"):
        store.get(77)
