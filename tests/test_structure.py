"""Imports only go down through the doors, never round in a circle; rules and kinds of sources know no sibling."""

import sys

import pytest

from tests.structure import DOORS, ROOT, circle, door, figures, imports, modules, upward

CODE = modules()
GRAPH = {module: imports(text, module, CODE) for module, text in CODE.items()}
NO_DOORS = {"benchmarks", "browser", "support", "truth"}  # folders of tests that look at the whole
NO_MODULE = {
    "rules.test_every_rule": "what all of them are held to",
    "sources.test_kinds": "every kind of source by the same tests",
}
LISTS = {"rules": "rules.registry", "sources": "sources.__init__"}  # of the members below, each the only one to know


def members(graph):
    """What is one of a list of equals: the rules of every family, and the kinds of sources."""
    families = {m for m in graph if m.startswith("rules.") and m.count(".") == 2 and not m.endswith("__init__")}
    rules = {module for module in families if module.split(".")[1] not in {"evidence", "edits"}}
    kinds = {m for m in graph["sources.__init__"] if m != "sources.source" and "sources.source" in graph[m]}
    return rules | kinds


def known_by_siblings(graph):
    """Imports of such a member inside its door by anything but its list."""
    found = members(graph)
    pairs = [(module, other) for module, others in graph.items() for other in sorted(others & found)]
    return [(module, other) for module, other in pairs if door(module) == door(other) and module != LISTS[door(other)]]


def test_every_door_has_its_place():
    assert {door(module) for module in CODE} == set(DOORS)


def test_imports_only_go_down_through_the_doors():
    assert upward(GRAPH) == []


def test_no_import_goes_round_in_a_circle():
    assert circle(GRAPH) == []


def test_rules_and_kinds_of_sources_are_known_by_their_list_alone():
    assert len(members(GRAPH)) > 66
    assert known_by_siblings(GRAPH) == [], "what two rules, or two kinds of source, share is a file of its own"


@pytest.mark.parametrize("module", [m for m in CODE if door(m) in {"records", "errors", "_version"}])
def test_the_ground_stands_on_the_standard_library_alone(module):
    lines = [line for line in CODE[module].splitlines() if line.startswith(("import ", "from "))]
    assert {line.split()[1].split(".")[0] for line in lines} <= sys.stdlib_module_names | {"gendiag"}


def test_no_file_name_is_used_twice_and_nothing_is_long():
    counted = figures(CODE)
    assert counted["file names used twice"] == 0
    assert int(str(counted["module: median / longest"]).split()[2]) <= 300
    assert int(str(counted["function: median / longest"]).split()[2]) <= 40


@pytest.mark.parametrize(
    "code",
    [
        "from gendiag.rules.rule import Rule",
        "import gendiag.rules.rule",
        "from gendiag.rules import rule",
        "from ..rules import rule",
        "def late():\n    from gendiag.rules.rule import Rule",
        "if TYPE_CHECKING:\n    from gendiag.rules.rule import Rule",
        "from gendiag import diagnose",
        "from gendiag.no_such_door import read",
    ],
)
def test_an_import_that_goes_up_is_seen(code):
    known = {*CODE, "no_such_door"}
    assert [module for module, _ in upward({"batches.store": imports(code, "batches.store", known)})] == [
        "batches.store"
    ]


def test_a_circle_is_seen():
    assert set(circle({"flight.call": {"flight.callback"}, "flight.callback": {"flight.call"}})) == {
        "flight.call",
        "flight.callback",
    }


def test_a_rule_that_knows_another_is_seen():
    rule = "rules.values.nan_inf"
    graph = {**GRAPH, rule: {*GRAPH[rule], "rules.dtypes.silent_cast"}}
    assert set(known_by_siblings(graph)) - set(known_by_siblings(GRAPH)) == {(rule, "rules.dtypes.silent_cast")}


def parts(folder):
    """Names in the door: its modules, and its folders, such as a family of rules."""
    return {part for module in CODE if door(module) == folder for part in module.split(".")[1:]} - {"__init__"}


@pytest.mark.parametrize("path", sorted((ROOT / "tests").glob("*/test_*.py")), ids=lambda path: path.stem)
def test_a_test_is_called_like_the_module_that_it_is_about(path):
    folder, name = path.parent.name, path.stem
    assert folder in {*DOORS, *NO_DOORS}
    named = name.removeprefix("test_") in parts(folder)
    assert folder in NO_DOORS or named != (f"{folder}.{name}" in NO_MODULE)
