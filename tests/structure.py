"""``python -m tests.structure``: the house in figures; ``--root`` names another checkout, to set two side by side."""

from __future__ import annotations

import argparse
import ast
import graphlib
import statistics
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
# From the ground up: a door, or a module at the top, imports only what stands before it.
DOORS = (
    *("errors", "_version", "records", "batches", "runtime", "sources", "model", "rehearsal", "rules", "diagnosis"),
    *("views", "export", "report", "lessons", "flight", "commands", "__init__", "__main__"),
)
Graph = Mapping[str, set[str]]


def modules(root: Path = ROOT) -> dict[str, str]:
    """Code of all of gendiag by dotted name below it: ``errors``, ``rules.registry``, ``rules.__init__``."""
    package = root / "gendiag"
    paths = sorted(package.rglob("*.py"))
    return {".".join(path.relative_to(package).with_suffix("").parts): path.read_text("utf-8") for path in paths}


def imports(code: str, module: str, known: Mapping[str, str] | set[str]) -> set[str]:
    """Return the modules of gendiag that this code imports, inside functions and for the type checker too."""
    nodes = (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Import | ast.ImportFrom))
    names = {name for node in nodes for name in _absolute(node, module)}
    below = {name.removeprefix("gendiag").removeprefix(".") for name in names if name.split(".")[0] == "gendiag"}
    return {_resolved(name, known) for name in below} - {module}


def _absolute(node: ast.Import | ast.ImportFrom, module: str) -> Iterator[str]:
    """Names imported, dotted from the top; for ``from a import b`` it is ``a.b``."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    here = ["gendiag", *module.split(".")]
    start = ".".join([*here[: len(here) - node.level], node.module or ""]) if node.level else node.module or ""
    yield from (f"{start.rstrip('.')}.{alias.name}" for alias in node.names)


def _resolved(name: str, known: Mapping[str, str] | set[str]) -> str:
    """Which module of gendiag a name below ``gendiag.`` comes from."""
    parts = name.split(".")
    while parts:
        for candidate in (".".join(parts), ".".join([*parts, "__init__"])):
            if candidate in known:
                return candidate
        parts.pop()
    return "__init__"


def door(module: str) -> str:
    """The folder at the top that a module lives in, or the module itself."""
    return module.split(".", maxsplit=1)[0]


def upward(graph: Graph) -> list[tuple[str, str]]:
    """Imports of what does not stand before the importing module's door; never what has no place in ``DOORS``."""
    place = {name: index for index, name in enumerate(DOORS)}
    pairs = [(module, other) for module in graph for other in sorted(graph[module]) if door(module) != door(other)]
    return [pair for pair in pairs if place.get(door(pair[1]), len(DOORS)) >= place.get(door(pair[0]), -1)]


def circle(graph: Graph) -> list[str]:
    """Return the modules of one circle, in the order of their imports; empty where there is none."""
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def figures(code: Mapping[str, str]) -> dict[str, object]:
    """Count everything that the table shows."""
    graph = {module: imports(text, module, code) for module, text in code.items()}
    lines = {module: text.count("\n") for module, text in code.items()}
    lengths = dict(_functions(code))
    files = Counter(name for module in code if (name := module.rpartition(".")[2]) != "__init__")
    longest, function = max(lines, key=lines.__getitem__), max(lengths, key=lengths.__getitem__)
    return {
        "modules at the top level": sum("." not in module for module in code),
        "doors (folders at the top)": len({door(module) for module in code if "." in module}),
        "arrows between doors": len({(door(a), door(b)) for a in graph for b in graph[a] if door(a) != door(b)}),
        "arrows upward": len(upward(graph)) if set(map(door, code)) <= set(DOORS) else "not laid out in doors",
        "circles": int(bool(circle(graph))),
        "modules": len(code),
        "lines": sum(lines.values()),
        "lines of code": sum(map(_code_lines, code.values())),
        "module: median / longest": f"{statistics.median(lines.values()):.0f} / {lines[longest]} ({longest})",
        "functions": len(lengths),
        "function: median / longest": f"{statistics.median(lengths.values()):.0f} / {lengths[function]} ({function})",
        "file names used twice": sum(number > 1 for number in files.values()),
    }


def _functions(code: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """Every function with its lines, the docstring left out: what a public one must say is not held against it."""
    for module, text in code.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                told = node.body[0] if ast.get_docstring(node, clean=False) is not None else None
                docstring = 0 if told is None else (told.end_lineno or 0) - told.lineno + 1
                yield f"{module}:{node.lineno} {node.name}", (node.end_lineno or 0) - node.lineno + 1 - docstring


def _code_lines(text: str) -> int:
    """Lines that are neither blank nor docstring nor import."""
    left_out: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        is_text = (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        )
        if is_text or isinstance(node, ast.Import | ast.ImportFrom):
            left_out.update(range(node.lineno, (node.end_lineno or 0) + 1))
    return sum(bool(line.strip()) and number not in left_out for number, line in enumerate(text.splitlines(), 1))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.structure", description=__doc__)
    parser.add_argument("--root", type=Path, nargs="*", default=[ROOT], help="checkouts (default: this one)")
    columns = [figures(modules(root)) for root in parser.parse_args().root]
    for name in columns[0]:
        sys.stdout.write(f"{name:28}" + "".join(f"{column[name]!s:60}" for column in columns).rstrip() + "\n")


if __name__ == "__main__":
    main()
