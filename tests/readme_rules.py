"""``python -m tests.readme_rules``: write README's table of the rules anew, from the rules."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from gendiag.rules.chapters import Chapter, lessons
from gendiag.rules.registry import FAMILIES, RULES

README = Path(__file__).parents[1] / "README.md"
BETWEEN = re.compile(r"(?<=<!-- rules -->\n).*?(?=<!-- end of rules -->)", re.DOTALL)
HEAD = "| family | what it is about | rules |\n| --- | --- | --- |\n"


def table() -> str:
    """One line per family: its name, the first sentence of its docstring, its rules."""
    return HEAD + "".join(
        f"| {chapter.family} | {chapter.about.replace('``', '`')} | {_names(chapter)} |\n"
        for chapter in lessons().chapters
    )


def _names(chapter: Chapter) -> str:
    return ", ".join(f"`{pitfall.name}`" for pitfall in chapter.pitfalls)


def main() -> None:
    """Put the table where README has its two comments."""
    text = README.read_text("utf-8")
    README.write_text(BETWEEN.sub(lambda _: table(), text), "utf-8")
    sys.stdout.write(f"README.md: {len(RULES)} rules in {len(FAMILIES)} families\n")


if __name__ == "__main__":
    main()
