"""What an object holds that moves while it works: random states, counters; looked at, and put back."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from typing import Any

import numpy as np

PLAIN = (bool, int, float, str, np.generic)
MOST_BYTES, MOST_ELEMENTS = 2**24, 100_000  # of an attribute that is compared


class Moment:
    """The random states and the counters of an object at one moment."""

    def __init__(self, owner: Any) -> None:
        self.owner = owner
        self.plain = {name: value for name, value in _attributes(owner) if isinstance(value, PLAIN)}
        self._draws = {name: _kept(generator) for name, generator in _generators(owner).items()}

    def moved(self) -> tuple[str, ...]:
        """Names of the counters that have another value now."""
        return tuple(changed_attributes(self.owner, self.plain))

    def put_back_draws(self) -> None:
        """Let every generator of random numbers draw again what it drew from here on."""
        for name, generator in _generators(self.owner).items():
            if name in self._draws:
                _set(generator, self._draws[name])

    def put_back(self) -> None:
        """The counters too."""
        self.put_back_draws()
        self.owner.__dict__.update({name: self.plain[name] for name in self.moved()})


def plain_attributes(owner: Any) -> dict[str, Any]:
    """Numbers, texts and truth values that an object holds."""
    return {name: value for name, value in _attributes(owner) if isinstance(value, (bool, int, float, str))}


def changed_attributes(owner: Any, before: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Which of them are others now: name to ``(before, after)``."""
    after = {name: value for name, value in _attributes(owner) if isinstance(value, PLAIN)}
    return {name: (value, after.get(name)) for name, value in before.items() if after.get(name) != value}


def contents(owner: Any) -> dict[str, Any]:
    """Plain attributes, and digests of arrays and lists that are not too large: to see what somebody changed."""
    return {name: told for name, value in _attributes(owner) if (told := _content(value)) is not None}


def random_states(owner: Any) -> dict[str, str]:
    """Each random state by name as text: ``np.random``, ``random``, ``self.rng``."""
    return {name: _text(_kept(generator)) for name, generator in _generators(owner).items()}


def _content(value: Any) -> Any:
    if isinstance(value, PLAIN) or value is None:
        return value
    if isinstance(value, np.ndarray) and value.dtype != object and value.nbytes <= MOST_BYTES:
        return hashlib.blake2b(value.tobytes(), digest_size=8).hexdigest() + str(value.shape)
    if type(value) in {list, tuple} and len(value) <= MOST_ELEMENTS:
        return hash(tuple(map(id, value)))
    return None


def _attributes(owner: Any) -> list[tuple[str, Any]]:
    return list(getattr(owner, "__dict__", {}).items())


def _generators(owner: Any) -> dict[str, Any]:
    kinds = (np.random.Generator, np.random.RandomState, random.Random)
    held = {f"self.{name}": value for name, value in _attributes(owner) if isinstance(value, kinds)}
    return {"np.random": np.random, "random": random, **held}


def _kept(generator: Any) -> Any:
    if isinstance(generator, np.random.Generator):
        return generator.bit_generator.state
    if hasattr(generator, "get_state"):  # NumPy's legacy one, which is also the module's
        return generator.get_state(legacy=False)
    return generator.getstate()


def _set(generator: Any, state: Any) -> None:
    if isinstance(generator, np.random.Generator):
        generator.bit_generator.state = state
    elif hasattr(generator, "set_state"):
        generator.set_state(state)
    else:
        generator.setstate(state)


def _text(state: Any) -> str:
    if isinstance(state, dict):
        return "".join(map(_text, state.values()))
    return state.tobytes().hex() if isinstance(state, np.ndarray) else f"{state};"
