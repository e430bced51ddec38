"""Edits of fit's arguments alone."""

from __future__ import annotations

from typing import Any

from gendiag.rules.edits.edit import Edit
from gendiag.rules.edits.place import Place


def without(place: Place, argument: str, *, costs: str = "", size: int = 1) -> Edit | None:
    """Leave an argument out."""
    return with_argument(place, argument, None, costs=costs, size=size)


def with_argument(place: Place, argument: str, value: Any, *, costs: str = "", size: int = 1) -> Edit | None:
    """Pass an argument with another value; None leaves it out."""
    if value is place.fit_args.get(argument):
        return None
    fit_args = {argument: value}
    title = f"Leave {argument} out" if value is None else f"Pass {argument}={value!r}"
    return Edit(title, changes_meaning=costs, size=size, fit_args=fit_args, target=place.target)
