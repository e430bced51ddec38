"""Batches as trees: which parts are leaves, what they are called, and how they nest.

A list of Python scalars is one leaf; a list that holds arrays is structure, as it is for Keras. Leaves come in the
order in which Keras flattens them: dict keys sorted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from gendiag.records import Role

ROLES: tuple[Role, ...] = ("x", "y", "sample_weight")
SCALARS = (bool, int, float, complex, str, bytes)


class Part(NamedTuple):
    """One leaf of a raw batch."""

    path: str
    role: Role
    value: Any


def flatten(raw: object) -> list[Part]:
    """Return the leaves of one raw batch, in Keras's order.

    The elements of the outermost tuple or list are called ``x``, ``y`` and ``sample_weight``, as ``train_step`` does;
    a fourth one is ``batch[3]``. Anything that is no tuple or list is ``x``.
    """
    if isinstance(raw, (tuple, list)) and not is_leaf(raw):
        return [part for place, value in enumerate(raw) for part in walk(_name(place), _role(place), value)]
    return list(walk("x", "x", raw))


def structure(raw: object) -> str:
    """``(array, array)``, ``[array, array]``, ``({'a': array}, array)``: the nesting without the values."""
    if is_leaf(raw):
        return "None" if raw is None else "array" if hasattr(raw, "shape") else type(raw).__name__
    if isinstance(raw, Mapping):
        return "{" + ", ".join(f"{key!r}: {structure(raw[key])}" for key in _keys(raw)) + "}"
    return _bracket(raw, [structure(value) for value in raw])  # type: ignore[attr-defined]


def transform(change: Callable[[Any], Any], raw: Any) -> Any:
    """Return ``raw`` with ``change`` applied to every leaf, in Keras's order, and the nesting as it was."""
    if is_leaf(raw):
        return change(raw)
    if isinstance(raw, Mapping):
        changed = {key: transform(change, raw[key]) for key in _keys(raw)}
        return {key: changed[key] for key in raw}
    values = [transform(change, value) for value in raw]
    if hasattr(raw, "_fields"):
        return type(raw)(*values)
    return tuple(values) if isinstance(raw, tuple) else values


def is_leaf(value: object) -> bool:
    """Whether ``value`` has no parts that are batches' leaves themselves."""
    if isinstance(value, Mapping):
        return False
    if isinstance(value, tuple):
        return bool(value) and not hasattr(value, "_fields") and all(_is_scalar(item) for item in value)
    return not isinstance(value, list) or all(_is_numbers(item) for item in value)


def _is_scalar(value: object) -> bool:
    return isinstance(value, SCALARS) or (hasattr(value, "dtype") and getattr(value, "shape", None) == ())


def _is_numbers(value: object) -> bool:
    if isinstance(value, (list, tuple)):
        return all(_is_numbers(item) for item in value)
    return _is_scalar(value)


def walk(path: str, role: Role, value: object) -> Iterator[Part]:
    """Give the leaves below ``value``, which is called ``path``, in Keras's order."""
    if is_leaf(value):
        yield Part(path, role, value)
    elif isinstance(value, Mapping):
        for key in _keys(value):
            yield from walk(f"{path}[{key!r}]", role, value[key])
    else:
        for place, item in enumerate(value):  # type: ignore[arg-type, var-annotated]
            yield from walk(f"{path}[{place}]", role, item)


def _keys(mapping: Mapping[Any, Any]) -> list[Any]:
    try:
        return sorted(mapping)
    except TypeError:  # keys of several types; Keras keeps their order then
        return list(mapping)


def _name(place: int) -> str:
    return ROLES[place] if place < len(ROLES) else f"batch[{place}]"


def _role(place: int) -> Role:
    return ROLES[place] if place < len(ROLES) else "batch"


def _bracket(raw: object, parts: list[str]) -> str:
    inside = ", ".join(parts)
    if hasattr(raw, "_fields"):
        return f"{type(raw).__name__}({inside})"
    if isinstance(raw, tuple):
        return f"({inside}{',' if len(parts) == 1 else ''})"
    return f"[{inside}]"
