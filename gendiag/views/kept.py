"""What views read from a whole diagnosis, which never changes: read once, and kept with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

if TYPE_CHECKING:
    from gendiag.diagnosis.diagnosis import Diagnosis

Given = ParamSpec("Given")
Read = TypeVar("Read")
PLACE = "_read_by_views"  # among the diagnosis's own attributes, as a cached property's; no field, so none compares it


def kept(read: Callable[Concatenate[Diagnosis, Given], Read]) -> Callable[Concatenate[Diagnosis, Given], Read]:
    """Let a function of a diagnosis walk it once for each set of further arguments, given by place."""

    @wraps(read)
    def once(diagnosis: Diagnosis, /, *given: Given.args, **named: Given.kwargs) -> Read:
        known = diagnosis.__dict__.setdefault(PLACE, {})
        key = (read, given, *named.items())
        if key not in known:
            known[key] = read(diagnosis, *given, **named)
        found: Read = known[key]
        return found

    return once
