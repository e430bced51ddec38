"""What callbacks hold, told without running anything of theirs."""

from __future__ import annotations

import dis
import types
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from gendiag.rules.evidence.evidence import Evidence

MOST_HELD = 2000  # objects looked at
DEPTH = 2
WRITES = {"STORE_ATTR", "STORE_SUBSCR", "DELETE_SUBSCR"}
PLAIN = (int, float, str, bytes, bool, type(None), types.ModuleType, type)


def callbacks_of(seen: Evidence) -> list[Any]:
    """Return the user's own callbacks, as they were given to fit."""
    return given_callbacks(seen.fit_args)


def given_callbacks(fit_args: Mapping[str, Any]) -> list[Any]:
    """Return them out of whatever fit takes them in."""
    given = fit_args.get("callbacks")
    if given is None:
        return []
    return (
        list(given) if isinstance(given, (list, tuple)) else [*getattr(given, "__dict__", {}).get("callbacks", [given])]
    )


def held_by(callback: Any) -> dict[int, Any]:
    """Objects that a callback reaches: its attributes, and what its functions close over or name; by identity."""
    found: dict[int, Any] = {}
    todo = [(value, DEPTH) for value in _attributes(callback)]
    todo += [(value, DEPTH) for function in functions_of(callback) for value in reached(function)]
    while todo and len(found) < MOST_HELD:
        value, depth = todo.pop()
        if isinstance(value, PLAIN) or id(value) in found:
            continue
        found[id(value)] = value
        if depth:
            todo += [(inner, depth - 1) for inner in _inside(value)]
    return found


def functions_of(callback: Any) -> list[types.FunctionType]:
    """Functions of a callback: the methods of its classes but Keras's own, and what it holds as attributes."""
    classes = [cls for cls in type(callback).__mro__ if not cls.__module__.startswith(("keras.", "builtins"))]
    values = [value for cls in classes for value in vars(cls).values()] + _attributes(callback)
    return [value for value in values if isinstance(value, types.FunctionType)]


def reached(function: types.FunctionType) -> Iterator[Any]:
    """What a function closes over, and the globals that it names."""
    for cell in function.__closure__ or ():
        with suppress(ValueError):  # empty as yet
            yield cell.cell_contents
    for name in function.__code__.co_names:
        if name in function.__globals__:
            yield function.__globals__[name]


def writes(callback: Any) -> bool:
    """Whether a function of the callback writes into something other than the callback itself."""
    for function in functions_of(callback):
        before = ""
        for step in dis.get_instructions(function):
            if step.opname in WRITES and before != "self":
                return True
            before = str(step.argval)
    return False


def _attributes(value: Any) -> list[Any]:
    try:
        return list(object.__getattribute__(value, "__dict__").values())
    except AttributeError:
        return []


def _inside(value: Any) -> list[Any]:
    if type(value) is dict:
        return list(value.values())[:MOST_HELD]
    if type(value) in {list, tuple, set}:
        return list(value)[:MOST_HELD]
    if isinstance(value, types.FunctionType):
        return list(reached(value))
    if isinstance(value, types.MethodType):
        return [value.__self__]
    return []
