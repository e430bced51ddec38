"""``explain`` shows the very code that the tests run."""

import html

import pytest

import gendiag
from gendiag.records import Finding
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


def test_without_a_name_it_is_the_table_of_all_lessons_as_the_rules_show_it():
    table = gendiag.explain()
    assert {one.name for chapter in table.chapters for one in chapter.pitfalls} == {rule.name for rule in RULES}
    assert repr(table) == str(table) == repr(gendiag.rules)
    assert table._repr_html_() == gendiag.rules._repr_html_()
    for shown in (repr(table), html.unescape(table._repr_html_())):
        assert f"{len(RULES)} lessons in 11 families" in shown
        assert 'gendiag.explain("arity")' in shown
        assert all(rule.name in shown for rule in RULES)


def test_the_table_says_how_bad_each_is():
    lines = repr(gendiag.explain()).splitlines()
    assert "  ▲ silent-cast                fit changes values without a word" in lines
    assert "  ✖ arity                      A batch has too few or too many elements" in lines
    assert max(map(len, lines)) <= 110


def test_a_finding_is_a_name():
    finding = Finding("nan-inf", "warning", "NaN", "x holds NaN.")
    assert gendiag.explain(finding) == gendiag.explain("nan-inf")


@pytest.mark.parametrize("name", [3, ("nan-inf",), b"nan-inf"])
def test_what_is_no_name_is_told_what_to_type(name):
    with pytest.raises(gendiag.GendiagError, match=r"Type gendiag.explain\('nan-inf'\) or gendiag.explain\(report"):
        gendiag.explain(name)
