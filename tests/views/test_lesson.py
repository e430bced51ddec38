"""A lesson: its sections and both codes."""

from gendiag.views import lesson
from tests.support.diagnoses import SCRIPT

LESSON = (
    "silent-cast",
    "Cast",
    {"What fit does": "Casts ``y``.\n\nSilently.", "Why it hurts": SCRIPT},
    "yield 0.7",
    "yield 1",
)


def test_a_lesson_has_its_sections_and_both_codes_in_html_and_text():
    for text in (lesson.to_html(*LESSON), lesson.to_text(*LESSON)):
        for part in (
            "silent-cast",
            "What fit does",
            "Silently.",
            "Why it hurts",
            "Broken",
            "yield 0.7",
            "Fixed",
            "yield 1",
        ):
            assert part in text


def test_a_lesson_sets_names_as_code_and_escapes_the_rest():
    html = lesson.to_html(*LESSON)
    assert "<code>y</code>" in html
    assert SCRIPT not in html
