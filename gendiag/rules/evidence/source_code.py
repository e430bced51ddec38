"""What the code of a source's class reads, calls and changes, told by its bytecode; nothing of it is run."""

from __future__ import annotations

import dis
import inspect
from collections.abc import Iterator, Mapping
from types import CodeType, FunctionType
from typing import Any

LIBRARIES = ("keras", "abc", "builtins", "tensorflow", "typing")
RANDOM = (
    *("random", "shuffle", "permut", "default_rng", "seed", "normal", "uniform", "choice", "augment", "flow"),
    *("rng", "sample"),
)
CHANGES = {"STORE_ATTR", "STORE_SUBSCR", "DELETE_ATTR"}
CHANGING = {"shuffle", "sort", "append", "clear", "reverse", "setattr", "update", "extend", "pop"}


def methods(value: Any) -> dict[str, FunctionType]:
    """Methods by name that the classes of the user's give an object, the most derived first."""
    found: dict[str, FunctionType] = {}
    for cls in type(value).__mro__:
        if cls.__module__.split(".")[0] not in LIBRARIES:
            for name, held in vars(cls).items():
                function = inspect.unwrap(held) if callable(held) else held
                if isinstance(function, FunctionType):
                    found.setdefault(name, function)
    return found


def codes(function: FunctionType) -> Iterator[CodeType]:
    """Its code, and that of what is defined inside of it."""
    waiting = [function.__code__]
    while waiting:
        code = waiting.pop()
        yield code
        waiting += [each for each in code.co_consts if isinstance(each, CodeType)]


def names_in(function: FunctionType) -> set[str]:
    """Every attribute, global and method that it names."""
    return {name for code in codes(function) for name in code.co_names}


def reads(function: FunctionType, attribute: str) -> bool:
    """Whether it loads an attribute of that name."""
    loads = {"LOAD_ATTR", "LOAD_METHOD"}
    steps = (step for code in codes(function) for step in dis.get_instructions(code))
    return any(step.opname in loads and step.argval == attribute for step in steps)


def stores(function: FunctionType, attribute: str) -> bool:
    """Whether it sets an attribute of that name."""
    steps = (step for code in codes(function) for step in dis.get_instructions(code))
    return any(step.opname == "STORE_ATTR" and step.argval == attribute for step in steps)


def changes_something(function: FunctionType, own: Mapping[str, FunctionType]) -> bool:
    """Whether it, or a method among its ``own`` that it calls, stores anything, or calls what does (``shuffle``)."""
    return any(map(changes_itself, _called(function, own)))


def is_random(function: FunctionType, own: Mapping[str, FunctionType]) -> bool:
    """Whether it, or a method among its ``own`` that it calls, names anything random."""
    return any(word in name.lower() for each in _called(function, own) for name in names_in(each) for word in RANDOM)


def all_names(function: FunctionType, own: Mapping[str, FunctionType]) -> set[str]:
    """What it names, and what the methods among its ``own`` and the functions of its module name that it calls."""
    called, waiting = {function}, [function]
    while waiting:
        each = waiting.pop()
        held = [own.get(name, each.__globals__.get(name)) for name in names_in(each)]
        more = {one for one in held if isinstance(one, FunctionType) and _is_of(one, function)} - called
        called |= more
        waiting += more
    return {name for each in called for name in (*names_in(each), *_keywords(each), each.__name__)}


def _is_of(one: FunctionType, other: FunctionType) -> bool:
    """Whether both are of one package, so that one's code is about the other's data."""
    return one.__module__.split(".")[0] == other.__module__.split(".")[0]


def _keywords(function: FunctionType) -> set[str]:
    """Names of the arguments that it passes by name."""
    given = [const for code in codes(function) for const in code.co_consts if isinstance(const, tuple)]
    return {name for names in given for name in names if isinstance(name, str)}


def _called(function: FunctionType, own: Mapping[str, FunctionType]) -> set[FunctionType]:
    called, waiting = {function}, [function]
    while waiting:
        more = {own[name] for name in names_in(waiting.pop()) if name in own} - called
        called |= more
        waiting += more
    return called


def changes_itself(function: FunctionType) -> bool:
    """Whether its own code stores anything, or calls what does."""
    steps = [step for code in codes(function) for step in dis.get_instructions(code)]
    return any(step.opname in CHANGES for step in steps) or bool(names_in(function) & CHANGING)


def goes_round(value: Any) -> bool:
    """Whether its class takes a remainder behind ``__init__``, as a position does that begins again."""
    functions = [function for name, function in methods(value).items() if name not in {"__init__", "__len__"}]
    steps = (step for each in functions for code in codes(each) for step in dis.get_instructions(code))
    return any(step.opname == "BINARY_MODULO" or (step.opname == "BINARY_OP" and "%" in step.argrepr) for step in steps)


def draws(value: Any) -> bool:
    """Whether its class names anything random behind ``__init__``, functions of its own module included."""
    functions = [function for name, function in methods(value).items() if name != "__init__"]
    called = [each.__globals__.get(name) for each in functions for name in names_in(each)]
    functions += [each for each in called if isinstance(each, FunctionType)]
    return any(word in name.lower() for each in functions for name in names_in(each) for word in RANDOM)
