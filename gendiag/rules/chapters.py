"""All lessons at a glance: by family, each with its severity and one sentence."""

from __future__ import annotations

import importlib
import inspect
import sys
from dataclasses import dataclass
from types import ModuleType
from typing import NamedTuple

from gendiag.records import Severity
from gendiag.records.face import Face


class Pitfall(NamedTuple):
    """One rule: its name, and the first sentence of its lesson."""

    name: str
    title: str
    severity: Severity
    sentence: str


class Chapter(NamedTuple):
    """One family: its name, what it is about, its rules by name."""

    family: str
    about: str
    pitfalls: tuple[Pitfall, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Lessons(Face):
    """The table of lessons, as ``gendiag.explain()`` and ``gendiag.rules`` show it."""

    chapters: tuple[Chapter, ...]

    def __repr__(self) -> str:
        return str(self)


class RulesModule(ModuleType):
    """``gendiag.rules``, which shows the table of lessons."""

    def _repr_html_(self) -> str:
        return lessons()._repr_html_()

    def __repr__(self) -> str:
        return repr(lessons())


def lessons() -> Lessons:
    """Make the table from the rules themselves."""
    from gendiag.rules.registry import FAMILIES, RULES

    pitfalls = [
        (rule.family, Pitfall(rule.name, rule.title, rule.severity, _first(rule.lesson()[""]))) for rule in RULES
    ]
    return Lessons(
        tuple(
            Chapter(family, _about(family), tuple(sorted(one for its, one in pitfalls if its == family)))
            for family in FAMILIES
        )
    )


def _about(family: str) -> str:
    module = sys.modules.get(f"gendiag.rules.{family}") or importlib.import_module(f"gendiag.rules.{family}")
    return _first(inspect.getdoc(module) or "").removesuffix(".")


def _first(text: str) -> str:
    """Return its first sentence."""
    whole = " ".join(text.partition("\n\n")[0].split())
    return f"{whole.partition('. ')[0].removesuffix('.')}."
