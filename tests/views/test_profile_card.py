"""A profile by itself: how far it was read, why no further, and its leaves."""

import html
import re
from dataclasses import replace

import keras
import numpy as np
import pytest

import gendiag
from gendiag.rehearsal.profile import Profile
from gendiag.views import profile_card
from tests.support.diagnoses import SCRIPT, batch, failure, x, y


class Items(keras.utils.PyDataset):
    def __init__(self, count):
        super().__init__()
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        return np.full((4, 3), index, "float32"), np.zeros(4)


def shown(profile):
    """Both drawings as words."""
    drawn = html.unescape(re.sub(r"<[^>]*>", " ", profile_card.to_html(profile)))
    return [" ".join(text.split()) for text in (drawn, profile_card.to_text(profile))]


def test_a_limit_says_what_was_not_read_and_what_to_type():
    for text in shown(gendiag.profile(Items(20), max_batches=5)):
        assert "▲ not read to its end 5 of 20 batches read" in text
        assert "max_batches=5 was reached; 15 batches were not read." in text
        assert re.search(r"Type gendiag.profile\(source, max_batches=20\) to read more", text)
        assert "PyDataset Items · " in text


def test_what_is_not_known_behind_a_limit_is_not_said():
    profile = gendiag.profile(((np.zeros((4, 3)), np.zeros(4)) for _ in range(3)), max_batches=3)
    for text in shown(profile):
        assert "3 batches read" in text
        assert "max_batches=3 was reached; the source was read no further." in text
        assert "were not read" not in text


def test_a_limit_at_the_very_end_is_the_end():
    for text in shown(gendiag.profile(Items(5), max_batches=5)):
        assert "✔ read to its end 5 batches read" in text
        assert "was reached" not in text


def test_the_time_limit_is_named():
    profile = gendiag.profile(Items(50), budget_s=1e-9)
    assert "budget_s=1e-09 was reached" in shown(profile)[1]
    assert "budget_s=1e-08) to read more" in shown(profile)[1]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ended": "raised", "failure": failure("bad"), "failed_index": 2}, "The source raised ValueError: bad while"),
        ({"ended": "stopped"}, "It was read until it was stopped."),
        ({"ended": "end", "batches": ()}, "✖ empty 0 batches read The source came to its end without a batch."),
        ({"ended": "fit"}, "● read by fit 2 batches read"),
    ],
)
def test_every_end_has_its_words(changes, words):
    whole = Profile((batch(0, x(), y()), batch(1, x(), y(dtype="float64"))))
    for text in shown(replace(whole, **changes)):
        assert words in text


def test_a_leaf_of_two_dtypes_and_nan_stand_out():
    odd = replace(x(dtype="float64"), n_nan=3)
    drawn = shown(Profile((batch(0, x()), batch(1, odd))))[0]
    assert "x ▲ float32 1 of 2 0 (·, 4) -2 2 0 0 160 bytes" in drawn
    assert "x ▲ float64 1 of 2 1 (·, 4) -2 2 ▲ 3 0 160 bytes" in drawn


def test_what_comes_from_data_is_escaped():
    drawn = profile_card.to_html(Profile((batch(0, x(path=SCRIPT, dtype=SCRIPT)),), source=SCRIPT))
    assert SCRIPT not in drawn
