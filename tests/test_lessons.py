"""``explain`` shows the very code that the tests run."""

import html

import pytest

import gendiag
from gendiag.rules import RULES


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_lesson_shows_sections_and_code_as_text_and_html(rule):
    lesson = gendiag.explain(rule.name)
    for shown in (repr(lesson), html.unescape(lesson._repr_html_())):
        assert rule.title in shown
        assert "What fit does" in shown
        assert "def broken" in shown
        assert "def mended" in shown
        assert "noqa" not in shown


def test_an_unknown_rule_gets_the_nearest_name():
    with pytest.raises(gendiag.GendiagError, match="Did you mean 'silent-cast'"):
        gendiag.explain("silent_cast")


def test_a_name_like_no_rule_gets_all_names():
    with pytest.raises(gendiag.GendiagError, match=f"There are: {RULES[0].name}"):
        gendiag.explain("qqqq")


def test_a_fault_in_the_arguments_of_fit_is_shown_with_them():
    lesson = gendiag.explain("validation-not-comparable")
    assert "def fit_args" in lesson.broken
    assert "def _endless" in lesson.broken
    assert "def mended_fit_args" in lesson.mended
    assert "validation_steps" not in lesson.mended


def test_the_code_shown_holds_what_it_calls():
    lesson = gendiag.explain("fork-rng")
    assert "def _items" in lesson.broken
    assert "def _items" in lesson.mended
