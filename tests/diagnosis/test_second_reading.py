"""What is read again in the place of a source that was read already."""

import pytest

from gendiag.diagnosis.second_reading import fresh
from gendiag.rehearsal.profiler import profile
from gendiag.rules.rule import sound
from gendiag.sources import recognise


def spent(batches):
    """Return the source and its profile, as they are once the source was read."""
    return recognise(batches), batches, profile(batches, progress=False)


def test_a_function_is_called_again():
    value = fresh(recognise(sound), sound, profile(sound, progress=False))
    assert value.is_function
    assert value.value is sound


def test_a_spent_generator_is_replayed_as_it_was():
    def failing():
        yield from sound(2)
        msg = "no third"
        raise KeyError(msg)

    source, given, read = spent(failing())
    again = fresh(source, given, read)
    assert again.how == "the 2 batches that were read"
    assert not again.is_function
    for _ in range(2):
        replay = again.value()
        assert (next(replay)[0] == next(sound())[0]).all()
        next(replay)
        with pytest.raises(KeyError, match="no third"):
            next(replay)


def test_a_generator_that_is_not_held_cannot_be_replayed():
    batches = sound()
    source, read = recognise(batches), profile(sound, progress=False, keep_bytes=1)
    assert "function that makes it" in fresh(source, batches, read).why_not


def test_an_iterator_is_not_used_up():
    given = zip(*[iter("ab")], strict=True)
    assert "would use it up" in fresh(recognise(given), given, profile(sound, progress=False)).why_not
    assert list(given) == [("a",), ("b",)]
