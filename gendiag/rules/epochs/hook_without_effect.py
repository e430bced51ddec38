from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from gendiag.records import Finding, counted
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.source_code import all_names, methods
from gendiag.rules.rule import Rule, sound
from gendiag.sources.hook_effect import HookEffect

HOOKS = ("on_epoch_end", "on_epoch_begin")
ORDERS = ("shuffl", "permut", "sorted", "frac")  # in the names of what makes another order
SEEDS = ("seed", "default_rng", "randomstate")
LEAST_SAMPLES = 8  # a shuffle may leave fewer where they are
TWO = 2


class HookWithoutEffect(Rule):
    """An epoch hook of the dataset shuffles, and every epoch has the same batches all the same.

    What fit does
        Calls the hook and asks for the items as before. What a hook returns is not looked at.

    Why it hurts
        The samples that meet in a batch are the same in every epoch, and so is their order where ``shuffle=False``,
        though the source is written to mix them.

    How to mend it
        Keep what the shuffle makes: ``self.order = rng.permutation(len(self.x))``, or shuffle in place,
        ``rng.shuffle(self.order)``; and take the samples of each item by that order.

    Known limits
        Told where the hook drew random numbers in this fit, or made one order of a seed again and again, names a
        shuffle in its code, and no item ever changed. A hook that draws without a random state of Python, NumPy or the
        dataset's own is not seen otherwise, nor is one whose ``shuffle`` is switched off.

    Source
        keras 3.15.1, py_dataset_adapter.py; measured on keras 3.15.1.
    """

    name, title = "hook-without-effect", "The epoch hook shuffles, and every epoch has the same batches"
    fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"epochs": 3})

    def check(self, seen: Evidence) -> Iterator[Finding]:
        effects, own = seen.profile.hooks, methods(seen.source.value) if seen.profile.hooks else {}
        for hook in (hook for hook in HOOKS if hook in effects and hook in own):
            names = all_names(own[hook], own)
            moves = effects[hook].drawn or (effects[hook].settles and _has(names, SEEDS))
            if moves and _has(names, ORDERS) and not _is_off(names, seen.source.value) and _are_the_same(seen):
                yield self._finding(seen, hook, effects[hook])
                return

    def _finding(self, seen: Evidence, hook: str, effect: HookEffect) -> Finding:
        epochs = seen.by_epoch
        kept = len({tuple(step.digests for step in epoch) for epoch in epochs}) == 1
        order = "in the same order" if kept else "sample for sample, only the batches in another order"
        why, fix = _why(hook, effect)
        drawn = f" (it draws from {' and '.join(sorted(effect.drawn))})" if effect.drawn else ""
        every = "both" if len(epochs) == TWO else f"all {len(epochs)}"
        message = (
            f"`{hook}` of the source shuffles{drawn}, and this has no effect: {every} epochs"
            f"{'' if seen.rehearsal.live else ' rehearsed'} have the same "
            f"{counted(len(epochs[0]), 'batch', 'batches')} {order}; {why}."
        )
        batches = [delivery.batch for delivery in epochs[1] if delivery.batch is not None]
        return self.finding("warning", message, fix=fix, batches=batches, hook=hook, drawn=sorted(effect.drawn))

    def broken(self) -> Any:
        return _items(keep=False)

    def mended(self) -> Any:
        return _items(keep=True)


def _has(names: set[str], words: tuple[str, ...]) -> bool:
    return any(word in name.lower() for name in names for word in words)


def _is_off(names: set[str], owner: Any) -> bool:
    """Whether a switch of the object that the hook names is off: ``if self.shuffle:``."""
    return any(getattr(owner, name, None) is False for name in names if _has({name}, ORDERS))


def _why(hook: str, effect: HookEffect) -> tuple[str, str]:
    """Why the items stay as they are, and what to type."""
    if effect.settles:
        settled = [f"self.{name}" for name in sorted(effect.settles)]
        draw = (
            f"`self.rng.shuffle({settled[0]})`"
            if len(settled) == 1
            else "one `self.rng.permutation(...)`, by which all of them are ordered"
        )
        why = f"each call makes the same of {' and '.join(settled)}, likely because it seeds its random numbers anew"
        return why, (
            f"Seed once, in `__init__`: `self.rng = np.random.default_rng(seed)`, and draw from it in `{hook}`: {draw}."
        )
    changed = [f"self.{name}" for name in sorted(frozenset().union(*effect.changed) - effect.numbers)]
    if changed:
        return (
            f"it changes {' and '.join(changed)}, and no item is another one after that",
            (
                f"Let `__getitem__` take its samples by the order that `{hook}` makes: "
                "`rows = self.order[index * size:(index + 1) * size]`."
            ),
        )
    return (
        "likely it shuffles a copy, or does not keep what the shuffle returns",
        (
            f"Keep the result in `{hook}`, `self.order = rng.permutation(len(self.x))`, or shuffle in place, "
            "`rng.shuffle(self.order)`, and take the samples by that order in `__getitem__`; `permutation` and "
            "`sorted` return a copy."
        ),
    )


def _are_the_same(seen: Evidence) -> bool:
    """Whether each item was the same in all passes, at least two, and they hold several samples that differ."""
    length = seen.source.length
    if not length or len(seen.by_epoch) < TWO or len(seen.batches) < TWO * length:
        return False
    items: dict[int, set[tuple[str, ...]]] = {}
    for batch in seen.batches:
        items.setdefault(batch.index % length, set()).add(batch.digests)
    if any(len(found) > 1 or not all(map(all, found)) for found in items.values()):
        return False
    first = [batch for batch in seen.batches if batch.index < length]
    differ = len(set.union(*items.values())) > 1 or any(leaf.low != leaf.high for leaf in first[0].leaves)
    return differ and sum(batch.rows or 0 for batch in first) >= LEAST_SAMPLES


def _items(*, keep: bool) -> Any:
    import keras

    class Items(keras.utils.PyDataset):
        def __init__(self) -> None:
            super().__init__()
            self.x, self.y = (np.concatenate(part) for part in zip(*sound(), strict=True))
            self.order, self.random = np.arange(len(self.x)), np.random.default_rng(0)

        def __len__(self) -> int:
            return 6

        def __getitem__(self, index: int) -> Any:
            rows = self.order[index * 4 : index * 4 + 4]
            return self.x[rows], self.y[rows]

        def on_epoch_end(self) -> None:
            order = self.random.permutation(self.order)
            if keep:
                self.order = order

    return Items()
