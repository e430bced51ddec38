"""Which two types met where TensorFlow refused to combine them."""

from __future__ import annotations

import re

from gendiag.records import Failure

# TensorFlow's messages where an operation meets two types, in a graph and eagerly (tensorflow 2.21).
CLASHES = (
    re.compile(r"has type (\w+) that does not match type (\w+)"),
    re.compile(r"expected to be a (\w+) tensor but is a (\w+) tensor"),
    re.compile(r"conversion requested dtype (\w+) for Tensor with dtype (\w+)"),
    re.compile(r"input types? \(?(\w+), (\w+)\)"),
)
FULL = {"float": "float32", "double": "float64", "half": "float16"}


def clash_of(failure: Failure) -> tuple[str, str] | None:
    """Return the two types that met."""
    for pattern in CLASHES:
        found = pattern.search(failure.line) or pattern.search(failure.details)
        if found is not None:
            one, other = (FULL.get(name, name) for name in found.groups())
            return one, other
    return None
