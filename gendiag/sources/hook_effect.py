"""What an epoch hook of an indexed source does: whether it draws random numbers, and which attributes it changes."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from gendiag.sources.held_state import contents, plain_attributes, random_states

MOST_CALLS = 2  # looked at: what is held by a large object takes a while to compare


@dataclass(frozen=True, slots=True)
class HookEffect:
    """The first calls of a hook.

    Attributes
    ----------
    drawn
        Random states that they moved.
    changed
        Attributes that each of them changed.
    numbers
        Attributes that are mere numbers, texts or truth values.
    """

    drawn: frozenset[str] = frozenset()
    changed: tuple[frozenset[str], ...] = ()
    numbers: frozenset[str] = frozenset()

    @property
    def settles(self) -> frozenset[str]:
        """Arrays and lists that the first call changed and no other did: it makes the same of them each time."""
        return self.changed[0].difference(self.numbers, *self.changed[1:]) if len(self.changed) > 1 else frozenset()


@contextmanager
def watching(dataset: Any, hook: str, effects: MutableMapping[str, HookEffect]) -> Iterator[None]:
    """Write down what a hook does that is called inside."""
    known = effects.get(hook, HookEffect())
    if len(known.changed) >= MOST_CALLS:
        yield
        return
    states, before = random_states(dataset), contents(dataset)
    yield
    drawn = {name for name, state in random_states(dataset).items() if states.get(name) != state}
    after = contents(dataset)
    changed = frozenset(name for name, value in before.items() if after.get(name) != value)
    numbers = frozenset(plain_attributes(dataset))
    effects[hook] = HookEffect(known.drawn | drawn, (*known.changed, changed), numbers)
