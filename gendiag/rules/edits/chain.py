"""Two edits as one."""

from __future__ import annotations

import re

from gendiag.rules.edits.edit import Edit

NAMES = re.compile(r"\b(mended|Mended|is_good)\b(?!\.)")


def chained(first: Edit, second: Edit) -> Edit | None:
    """Apply ``first`` and then ``second``; None where they are applied to different arguments of fit."""
    if first.defines and second.defines and first.target != second.target:
        return None
    code = _joined(first, second) if first.defines and second.defines else first.code or second.code
    return Edit(
        title=f"{first.title}; {second.title[:1].lower()}{second.title[1:]}",
        code=code,
        changes_meaning="; ".join(dict.fromkeys(filter(None, (first.changes_meaning, second.changes_meaning)))),
        size=first.size + second.size,
        fit_args={**first.fit_args, **second.fit_args},
        target=first.target if first.defines else second.target,
        calls_source=first.calls_source or second.calls_source,
    )


def _joined(first: Edit, second: Edit) -> str:
    inner = "first_mended(source)"
    if second.calls_source:
        inner = "lambda: first_mended(source)" if first.calls_source else "lambda: first_mended(source())"
    whole = f"def mended(source):\n    return second_mended({inner})"
    return "\n\n\n".join([_renamed(first.code, "first"), _renamed(second.code, "second"), whole])


def _renamed(code: str, prefix: str) -> str:
    return NAMES.sub(lambda met: f"{prefix.capitalize()}Mended" if met[0] == "Mended" else f"{prefix}_{met[0]}", code)
