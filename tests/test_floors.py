"""Imports only go down, and siblings in rules/, sources/ and views/ do not know each other."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "gendiag"

# From the ground up. A module imports only what stands before it; a folder stands here as one.
FLOORS = (
    ("errors", "records"),
    (
        "tree",
        "figures",
        "values",
        "measure",
        "inquiry",
        "matching",
        "failure",
        "seeds",
        "freezing",
        "garbage",
        "worker",
        "progress",
        "process",
    ),
    ("store", "sources", "model_facts"),
    ("profiled", "recording", "probe", "rehearsal", "profiler", "copying", "half_built", "model_reading"),
    (
        "signature",
        "diagnosis",
        "evidence",
        "evaluated",
        "passes",
        "growth",
        "split",
        "scales",
        "classes",
        "targets",
        "edits",
        "rules",
    ),
    ("bench", "watching", "replay", "inside", "trial", "guilt", "rows", "suspicion", "narrowing", "blame", "shrink"),
    ("conclusion", "judge", "fresh", "search", "repair", "flight"),
    ("views", "export"),
    ("lessons", "report"),
    ("recorder",),
    ("named", "aftermath", "magic", "demo", "check_options", "check"),
    ("__init__",),
    ("__main__",),
)
# Inside a folder: a base imports only bases before it, a member only bases, a roof also members; __init__ imports all.
BASES = {
    "edits": ("base", "frames", "leaves"),
    "export": ("plain", "code", "anonymous", "portable", "script", "stand_ins"),
    "flight": (
        "quick",
        "tap",
        "delivery",
        "streams",
        "side",
        "follow",
        "call",
        "loop",
        "afterwards",
        "failing",
        "record",
    ),
    "rules": ("base",),
    "sources": ("base",),
    "views": (
        "words",
        "course",
        "markup",
        "columns",
        "bars",
        "leaves",
        "thumbnail",
        "selection",
        "guard",
        "background",
        "mends",
        "inside",
    ),
}
ROOFS = {"views": ("html", "live", "dashboard")}

ORDER = tuple(name for floor in FLOORS for name in floor)
GROUND = FLOORS[0]
CONSTANTS = {"__version__"}  # set before anything is imported, so every floor may read it


def modules() -> dict[str, Path]:
    """All of gendiag by dotted name below it: ``records``, ``rules.base``, ``rules.__init__``."""
    return {".".join(path.relative_to(PACKAGE).with_suffix("").parts): path for path in sorted(PACKAGE.rglob("*.py"))}


MODULES = modules()


def statements(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Every import that runs, inside functions too, but not what only a type checker reads."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
            for otherwise in node.orelse:
                yield from statements(ast.Module([otherwise], []))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        else:
            yield from statements(node)


def absolute(node: ast.Import | ast.ImportFrom, module: str) -> Iterator[str]:
    """Names imported, dotted from the top; for ``from a import b`` it is ``a.b``."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    here = ["gendiag", *module.split(".")]
    start = ".".join([*here[: len(here) - node.level], node.module or ""]) if node.level else node.module or ""
    yield from (f"{start.rstrip('.')}.{alias.name}" for alias in node.names)


def resolved(name: str, known: set[str]) -> str:
    """Which module of gendiag a name below ``gendiag.`` comes from."""
    parts = name.split(".")
    while parts:
        for candidate in (".".join(parts), ".".join([*parts, "__init__"])):
            if candidate in known:
                return candidate
        parts.pop()
    return "__init__"


def imported(code: str, module: str, known: set[str]) -> set[str]:
    """Return the modules of gendiag that this code imports."""
    names = {name for node in statements(ast.parse(code)) for name in absolute(node, module)}
    below = {name.removeprefix("gendiag").removeprefix(".") for name in names if name.split(".")[0] == "gendiag"}
    return {resolved(name, known) for name in below - CONSTANTS}


def allowed(module: str, other: str) -> bool:
    """Whether ``module`` may import ``other``; never what has no floor."""
    folder, _, name = module.rpartition(".")
    other_folder, _, other_name = other.rpartition(".")
    if folder and folder == other_folder:
        return allowed_inside(folder, name, other_name)
    below = ORDER[: ORDER.index(top)] if (top := module.split(".", maxsplit=1)[0]) in ORDER else ()
    return other.split(".", maxsplit=1)[0] in below


def allowed_inside(folder: str, name: str, other: str) -> bool:
    """Whether a member of a folder may import another one."""
    bases, roofs = BASES.get(folder, ()), ROOFS.get(folder, ())
    if name == "__init__" or other == "__init__":
        return name == "__init__"
    if name in bases or name in roofs:
        row = bases if name in bases else roofs
        return other in row[: row.index(name)] or (name in roofs and other not in roofs)
    return other in bases


def offences(module: str, code: str, known: set[str]) -> list[str]:
    """Return imports that go up or sideways, as sentences."""
    others = sorted(imported(code, module, known))
    return [f"{module} imports {other}" for other in others if not allowed(module, other)]


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_its_floor(module):
    assert module.split(".")[0] in ORDER, f"write {module} into FLOORS, above all that it imports"


@pytest.mark.parametrize("module", MODULES)
def test_imports_only_go_down(module):
    assert offences(module, MODULES[module].read_text(encoding="utf-8"), set(MODULES)) == []


@pytest.mark.parametrize("module", [module for module in MODULES if module in GROUND])
def test_the_ground_floor_stands_on_the_standard_library_alone(module):
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    tops = {name.split(".")[0] for node in statements(tree) for name in absolute(node, module)}
    assert tops <= sys.stdlib_module_names | {"gendiag"}


MADE_UP = {
    *("__init__", "errors", "floorless", "records", "store", "profiled", "profiler", "report", "demo", "__main__"),
    *("rules.__init__", "rules.base", "rules.exhausted", "rules.silent_cast"),
    *("views.__init__", "views.markup", "views.selection", "views.timeline", "views.stepper", "views.dashboard"),
}


@pytest.mark.parametrize(
    ("module", "code", "other"),
    [
        ("store", "from gendiag.profiler import read", "profiler"),
        ("store", "import gendiag.profiler", "profiler"),
        ("store", "from gendiag import profiler", "profiler"),
        ("store", "from . import profiler", "profiler"),
        ("store", "def late():\n    from gendiag.profiler import read", "profiler"),
        ("store", "if TYPE_CHECKING:\n    pass\nelse:\n    import gendiag.profiler", "profiler"),
        ("records", "from gendiag.store import Store", "store"),
        ("store", "import gendiag", "__init__"),
        ("store", "from gendiag import diagnose", "__init__"),
        ("profiler", "from gendiag.rules.base import Rule", "rules.base"),
        ("rules.exhausted", "from gendiag.rules.silent_cast import SilentCast", "rules.silent_cast"),
        ("rules.exhausted", "from gendiag.rules import silent_cast", "rules.silent_cast"),
        ("rules.exhausted", "from .silent_cast import SilentCast", "rules.silent_cast"),
        ("rules.exhausted", "from gendiag.rules import RULES", "rules.__init__"),
        ("rules.base", "from gendiag.rules.exhausted import Exhausted", "rules.exhausted"),
        ("rules.exhausted", "from gendiag.report import Report", "report"),
        ("views.timeline", "from gendiag.views.stepper import draw", "views.stepper"),
        ("views.timeline", "from gendiag.views.dashboard import Dashboard", "views.dashboard"),
        ("views.markup", "from gendiag.views.selection import Selection", "views.selection"),
        ("store", "from gendiag.floorless import read", "floorless"),
    ],
)
def test_an_import_up_or_sideways_is_reported(module, code, other):
    assert offences(module, code, MADE_UP) == [f"{module} imports {other}"]


@pytest.mark.parametrize(
    ("module", "code"),
    [
        ("profiler", "import numpy\nfrom gendiag.store import Store\nfrom gendiag import errors"),
        ("store", "if TYPE_CHECKING:\n    from gendiag.profiler import Profiler"),
        ("store", "from gendiag import __version__"),
        ("rules.exhausted", "from gendiag.rules.base import Rule\nfrom gendiag.profiled import Profile"),
        ("rules.__init__", "from gendiag.rules import base, exhausted, silent_cast"),
        ("views.stepper", "from gendiag.views.selection import Selection"),
        ("views.selection", "from gendiag.views.markup import table"),
        ("views.dashboard", "from gendiag.views import markup, stepper, timeline"),
        ("report", "from gendiag.rules import RULES\nfrom gendiag.views import dashboard"),
        ("__main__", "import gendiag"),
    ],
)
def test_an_import_that_goes_down_is_not_reported(module, code):
    assert offences(module, code, MADE_UP) == []


def test_a_module_without_a_floor_is_reported():
    with pytest.raises(AssertionError, match="write made_up into FLOORS"):
        test_every_module_has_its_floor("made_up")
