"""A function or class that makes a source: the recommended form, because it can be called again."""

from __future__ import annotations

import functools
import inspect
from typing import Any

from gendiag.errors import BadSourceError


def is_maker(value: object) -> bool:
    """Whether ``value`` is a function, method, partial or class, and not itself a source."""
    return inspect.isroutine(value) or inspect.isclass(value) or isinstance(value, functools.partial)


def made_by(value: Any) -> Any:
    """Call a maker and return what it made; return anything else as it is.

    Raises
    ------
    BadSourceError
        If the maker wants arguments.
    """
    if not is_maker(value):
        return value
    name = getattr(value, "__name__", "make_batches")
    missing = missing_arguments(value)
    if missing:
        msg = (
            f"{name} cannot be called without arguments: it wants {', '.join(missing)}. "
            f"Pass a function without arguments, for example diagnose(lambda: {name}({', '.join(missing)}))."
        )
        raise BadSourceError(msg)
    return value()


def missing_arguments(maker: Any) -> list[str]:
    """Names of the arguments without which a function or class cannot be called."""
    try:
        parameters = inspect.signature(maker).parameters.values()
    except (TypeError, ValueError):  # built-ins may not tell
        return []
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in parameters if p.default is inspect.Parameter.empty and p.kind not in optional]
