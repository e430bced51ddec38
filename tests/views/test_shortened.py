"""A text is cut where it may be cut, and nothing of it is lost."""

import pytest

from gendiag.views.shortened import cut


def test_what_fits_stays_whole():
    assert cut("One. Two.", 9) == ("One. Two.", "")


def test_the_first_sentence_is_enough():
    assert cut("The batch holds NaN. It is the third. It is bad.", 30) == (
        "The batch holds NaN.",
        "It is the third. It is bad.",
    )


def test_a_short_first_sentence_takes_the_next_one_along():
    assert cut("No. This is the second sentence. And so on and on.", 36)[0] == "No. This is the second sentence."


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("It yields ten batches; then it is exhausted for ever", "It yields ten batches …"),
        ("It raised OSError: the file is cut off after all that", "It raised OSError …"),
        ("It names batches 1, 2, 3, 4, 5, 6, 7, 8 and 9", "It names …"),
        (
            "It turns (in epoch 2, and then. again) wrong, so there it is",
            "It turns (in epoch 2, and then. again) wrong …",
        ),
        ("It raised at `if a, b, c: raise ValueError(a, b)` there", "It raised at …"),
    ],
)
def test_it_is_cut_at_a_clause_and_never_in_a_list_of_figures_a_bracket_or_code(text, shown):
    most = 48 if "epoch" in text else 42
    assert cut(text, most)[0] == shown


def test_a_text_without_any_end_is_cut_all_the_same():
    shown, rest = cut("x" * 300, 180)
    assert shown == "x" * 180 + " …"
    assert rest == "x" * 120


@pytest.mark.parametrize("most", [5, 17, 40, 80])
def test_nothing_is_lost(most):
    text = "The source raised in batch 217 (epoch 1/3): OSError, at `a, b` (i is 217). It is 0.5, not 1,000; so (it"
    shown, rest = cut(text, most)
    kept = (shown.removesuffix(" …") + rest).replace(" ", "")
    assert [char for char in kept if char.isalnum()] == [char for char in text if char.isalnum()]
