"""``explain``: a rule's lesson, with the very code that the tests run."""

from __future__ import annotations

import difflib
import inspect
import re
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, overload

from gendiag.errors import BadArgumentError
from gendiag.records import Finding
from gendiag.rules.chapters import Lessons, lessons
from gendiag.rules.registry import BY_NAME
from gendiag.rules.rule import BAD, FEATURES, ROWS, Rule, sound
from gendiag.runtime.short_value import short


@dataclass(frozen=True, slots=True)
class Lesson:
    """A pitfall, explained. Shows itself as HTML in a notebook, as text in a terminal."""

    name: str
    title: str
    sections: dict[str, str]
    broken: str
    mended: str

    def _repr_html_(self) -> str:
        from gendiag.views.lesson import to_html

        return to_html(self.name, self.title, self.sections, self.broken, self.mended)

    def __repr__(self) -> str:
        from gendiag.views.lesson import to_text

        return to_text(self.name, self.title, self.sections, self.broken, self.mended)


@overload
def explain(name: None = None) -> Lessons: ...
@overload
def explain(name: str | Finding) -> Lesson: ...
def explain(name: str | Finding | None = None) -> Lesson | Lessons:
    """Return the lesson of a rule: what fit does, why it hurts, how to mend it, and a source that shows it.

    Parameters
    ----------
    name
        A rule's name, as in ``report.findings[0].rule``, or the finding itself. Without it, the table of all lessons.

    Raises
    ------
    BadArgumentError
        If there is no such rule.

    Examples
    --------
    >>> lesson = gendiag.explain("nan-inf")
    >>> lesson.title
    'A batch holds NaN or infinity'
    >>> list(lesson.sections)
    ['What fit does', 'Why it hurts', 'How to mend it', 'Known limits', 'Source']
    >>> [chapter.family for chapter in gendiag.explain().chapters][:3]
    ['structure', 'shapes', 'dtypes']
    """
    if name is None:
        return lessons()
    rule = _rule(name.rule if isinstance(name, Finding) else name)
    sections = {heading: text for heading, text in rule.lesson().items() if heading}
    return Lesson(rule.name, rule.title, sections, _code(rule, "broken"), _code(rule, "mended"))


def _rule(name: object) -> Rule:
    """Return the rule of that name; a name like it, or what else to type, is in the error."""
    if isinstance(name, str) and name in BY_NAME:
        return BY_NAME[name]
    if not isinstance(name, str):
        msg = (
            f"explain({short(name)}): a lesson is asked for by the name of its rule or by a finding. Type "
            "gendiag.explain('nan-inf') or gendiag.explain(report.findings[0]); gendiag.explain() lists all names."
        )
        raise BadArgumentError(msg)
    near = difflib.get_close_matches(name, BY_NAME, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(BY_NAME)}."
    msg = f"no rule is called {name!r}. {hint}"
    raise BadArgumentError(msg)


def _code(rule: Rule, method: str) -> str:
    """The method's own code, behind what it calls: helpers of its module, and the sound batches."""
    code = textwrap.dedent(inspect.getsource(getattr(type(rule), method))) + _arguments_of_fit(rule, method)
    helpers = _called(code, vars(sys.modules[type(rule).__module__]))
    whole = "\n\n\n".join([*helpers, code])
    if "sound(" not in whole or method == "mended":
        return whole
    numbers = f"ROWS, FEATURES, BAD = {ROWS}, {FEATURES}, {BAD}"
    return f"import numpy as np\n\n{numbers}\n\n\n{inspect.getsource(sound)}\n\n{whole}"


def _arguments_of_fit(rule: Rule, method: str) -> str:
    """The code that makes fit's arguments, where the fault is in these."""
    made = getattr(type(rule), "fit_args" if method == "broken" else "mended_fit_args")
    if not isinstance(made, property) or made.fget is None:
        return ""
    return "\n\n" + re.sub(r"  # type: ignore.*", "", textwrap.dedent(inspect.getsource(made.fget)))


def _called(code: str, names: Mapping[str, Any]) -> list[str]:
    """Sources of the private functions and classes of a module that the code names, and of those that these name."""
    own = {
        name: thing for name, thing in names.items() if re.fullmatch(r"_[a-z]\w*", name) and inspect.isroutine(thing)
    }
    found: dict[str, str] = {}
    pending = [code]
    while pending:
        text = pending.pop()
        for name, thing in own.items():
            if name not in found and re.search(rf"\b{name}\b", text):
                found[name] = inspect.getsource(thing)
                pending.append(found[name])
    return [source.rstrip() for source in found.values()]
