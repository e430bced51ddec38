"""``python -m tests.scaffold rule FAMILY NAME`` (or ``source NAME``, ``view NAME``): begin one where it belongs."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from string import Template

from gendiag.rules.registry import FAMILIES

PACKAGE = Path(__file__).parents[1] / "gendiag"
KEBAB = r"[a-z]+(-[a-z]+)*"
TEMPLATES = Path(__file__).with_name("templates")
NEXT = {
    "rule": "listed last in RULES. Move it before what it explains; `pytest tests/rules -k {}` says what is missing.",
    "source": "listed in KINDS before what takes anything. Say in its class what it can do (see sources/source.py).",
    "view": "a drawing alone. List it where it is to appear: views/page.py, views/terminal.py, views/dashboard.py.",
}


def main(arguments: Sequence[str] | None = None, package: Path = PACKAGE) -> None:
    """Write the file, and its line in the list of its kind."""
    parser = argparse.ArgumentParser(prog="python -m tests.scaffold", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    for kind in NEXT:
        kinds.add_parser(kind)
    kinds.choices["rule"].add_argument("family", help=f"one of {', '.join(FAMILIES)}")
    for each in kinds.choices.values():
        each.add_argument("name", help="in kebab case: nan-inf")
    told = parser.parse_args(arguments)
    file = f"{told.name.replace('-', '_')}.py"
    if not re.fullmatch(KEBAB, told.name):
        parser.error(f"{told.name!r} is not in kebab case: type small letters and hyphens, such as nan-inf")
    if told.kind == "rule" and told.family not in FAMILIES:
        parser.error(f"there is no family {told.family!r}: type one of {', '.join(FAMILIES)}")
    if taken := next(package.rglob(file), None):
        parser.error(f"{taken.relative_to(package.parent)} exists: type another name, or edit that file")
    room = package / f"{told.kind}s" / (told.family if told.kind == "rule" else "")
    _write(room / file, told.kind, told.name)
    sys.stdout.write(f"{(room / file).relative_to(package.parent)}: {NEXT[told.kind].format(told.name)}\n")


def _write(path: Path, kind: str, name: str) -> None:
    cls, words = name.title().replace("-", ""), name.replace("-", " ")
    template = Template((TEMPLATES / f"{kind}.txt").read_text("utf-8"))
    path.write_text(template.substitute(name=name, cls=cls, words=words, title=words.capitalize()), "utf-8")
    if kind == "rule":
        line = f"from gendiag.rules.{path.parent.name}.{path.stem} import {cls}\n"
        _list(path.parents[1] / "registry.py", line, f"    {cls}(),\n", before=")\nBY_NAME")
    if kind == "source":
        line = f"from gendiag.sources.{path.stem} import {cls}Source\n"
        _list(path.parent / "__init__.py", line, f"    {cls}Source,\n", before="    ForeignSource,\n")


def _list(path: Path, line: str, entry: str, *, before: str) -> None:
    """Add the import among the others, and the entry to the list."""
    lines = path.read_text("utf-8").replace(before, entry + before).splitlines(keepends=True)
    ours = [place for place, other in enumerate(lines) if other.startswith("from gendiag.")]
    lines.insert(next((place for place in ours if lines[place] > line), ours[-1] + 1), line)
    path.write_text("".join(lines), "utf-8")


if __name__ == "__main__":
    main()
