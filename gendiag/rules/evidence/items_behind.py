"""A PyDataset that fit does not see: a generator of the user's own reads its items and hands them on."""

from __future__ import annotations

import gc
import inspect
import types
from collections.abc import Iterator
from typing import Any

from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.source_code import changes_something, methods, names_in
from gendiag.sources.dataset_chain import generator_state
from gendiag.sources.source import class_names

HOOKS = ("on_epoch_begin", "on_epoch_end")
DEPTH = 3  # functions within functions


def items_behind(seen: Evidence) -> tuple[Any, str] | None:
    """Return a PyDataset that a generator reads, and its hook that changes it and that nobody there calls."""
    roots = _roots(seen)
    for owner in dict.fromkeys(_Known(each) for root in roots for each in _held(root, DEPTH)):
        own = methods(owner.value)
        for hook in HOOKS:
            function = own.get(hook)
            if function is not None and changes_something(function, own) and not _is_off(function, owner.value):
                is_called = any(hook in _names(root, DEPTH) for root in roots)
                return None if is_called else (owner.value, hook)
    return None


class _Known:
    """An object by its identity."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)


def _roots(seen: Evidence) -> list[Any]:
    """What makes the elements: the generator, and the function that made it."""
    source = seen.source
    if source.is_graph:
        state = generator_state(source.value)
        return [] if state is None else [getattr(state, "_generator", None)]
    return [source.value, source.maker] if source.kind == "generator" else []


def _held(value: Any, depth: int) -> Iterator[Any]:
    """Give every PyDataset that a function, a generator or an iterator over one holds."""
    if {"PyDataset", "Sequence"} & class_names(value) and hasattr(value, "__getitem__"):
        yield value
    elif depth:
        for part in _parts(value):
            yield from _held(part, depth - 1)


def _parts(value: Any) -> list[Any]:
    if isinstance(value, types.MethodType):
        return [value.__self__, value.__func__]
    if isinstance(value, types.GeneratorType):
        return [] if value.gi_frame is None else list(value.gi_frame.f_locals.values())
    if isinstance(value, types.FunctionType):
        named = [value.__globals__.get(name) for name in value.__code__.co_names]
        return [*inspect.getclosurevars(value).nonlocals.values(), *named, *(value.__defaults__ or ())]
    if type(value).__name__ in {"iterator", "enumerate", "map", "zip", "range_iterator", "partial"}:
        return gc.get_referents(value)
    return []


def _names(value: Any, depth: int) -> set[str]:
    """Names in the code of what makes the elements, and of the functions that it holds."""
    code = getattr(value, "__code__", None) or getattr(value, "gi_code", None)
    found = {*code.co_names} if code is not None else set()
    parts = [part for part in _parts(value) if isinstance(part, (types.FunctionType, types.GeneratorType))]
    return found.union(*(_names(part, depth - 1) for part in parts)) if depth else found


def _is_off(function: types.FunctionType, owner: Any) -> bool:
    """Whether a hook asks for a switch of the object that is off: ``if self.shuffle:``."""
    return any(getattr(owner, name, None) is False for name in names_in(function))
