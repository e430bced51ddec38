"""From all samples of a batch to those that make it fail: hypotheses first, then delta debugging."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from gendiag.records import Outcome

PROBES = 8  # samples tried alone, all of them failing, before the batch as a whole is to blame


class EnoughError(Exception):
    """No more trials: by their number, by the time, or because the user stopped."""


class Step(NamedTuple):
    """What came of a step on some samples; ``fails``: as the whole batch does."""

    fails: bool
    outcome: Outcome


class SampleSearch:
    """What is known of the samples of a failing batch.

    Parameters
    ----------
    rows
        How many samples there are.
    tried
        Runs a step on these samples, and says whether it fails as the whole does, and what it does. It may raise
        ``EnoughError``.

    Attributes
    ----------
    culprits
        Samples that fail alone.
    joint
        Samples that fail together, or among the others, and not alone.
    suspected
        Samples without which the others come through, not yet tried one by one.
    rest
        What the others do without all of these; None where that was not tried.
    every
        Whether all that were tried alone fail.
    done
        Whether nothing remains to be tried.
    """

    def __init__(self, rows: int, tried: Callable[[Sequence[int]], Step]) -> None:
        self.rows, self._tried = rows, tried
        self.culprits: list[int] = []
        self.joint: list[int] = []
        self.suspected: list[int] = []
        self.tried_alone: dict[int, bool] = {}
        self.rest: Outcome | None = None
        self.every = self.done = False
        self._known: dict[tuple[int, ...], Step] = {tuple(range(rows)): Step(fails=True, outcome="not tried")}

    @property
    def samples(self) -> tuple[int, ...]:
        """All that are to blame as far as is known, ascending."""
        return tuple(sorted({*self.culprits, *self.joint, *self.suspected}))

    @property
    def alone(self) -> bool:
        """Whether each of them is known to fail alone."""
        return bool(self.culprits) and not self.joint and not self.suspected

    @property
    def smallest(self) -> tuple[int, ...]:
        """The smallest set that is known to fail, where it is not all of them; for a search that could not go on."""
        failing = min((rows for rows, step in self._known.items() if step.fails), key=len)
        return failing if len(failing) < self.rows else ()

    @property
    def others(self) -> list[int]:
        """All but those to blame."""
        blamed = set(self.samples)
        return [row for row in range(self.rows) if row not in blamed]

    def search(self, hypotheses: Sequence[Sequence[int]]) -> None:
        """Find the samples to blame; each hypothesis is tried before anything else is."""
        if self.rows == 1:
            self.culprits, self.every, self.done = [0], not any(hypotheses), True
            return
        for suspects in hypotheses:
            if 0 < len(suspects) < self.rows and self._holds(suspects):
                self.done = True
                return
        if self._all_alike():
            self.every = self.done = True
            return
        while not self._comes_through():
            self._find(self.others)
        if self.joint and not self.others:
            self.joint.clear()
            msg = "some of its samples do it and others do not, whichever they are"
            raise EnoughError(msg)
        self.done = True

    # ------------------------------------------------------------------ a hypothesis
    def _holds(self, suspects: Sequence[int]) -> bool:
        """Whether the others come through without the suspects; then those of them that matter are blamed."""
        without = self._step([row for row in range(self.rows) if row not in set(suspects)])
        if without.fails:
            self.culprits += [row for row in suspects[:PROBES] if self._alone(row)]
            return False
        self.rest, self.suspected = without.outcome, list(suspects)
        for row in suspects:
            if self._alone(row):
                self.culprits.append(row)
                self.suspected.remove(row)
        sound = self.others
        for row in list(self.suspected):
            # Not alone: maybe among the others, as a row of another length is.
            if self._fails(sorted([*sound, row])):
                self.joint.append(row)
            self.suspected.remove(row)
        return bool(self.culprits or self.joint) and self._comes_through()

    def _alone(self, row: int) -> bool:
        if row not in self.tried_alone:
            self.tried_alone[row] = self._fails([row])
        return self.tried_alone[row]

    # ------------------------------------------------------------------ the batch as a whole
    def _all_alike(self) -> bool:
        """Whether a few samples from all over the batch fail alone, each of them."""
        if self.tried_alone and not all(self.tried_alone.values()):
            return False
        for row in _spread(self.rows):
            if not self._alone(row):
                self.culprits = sorted({*self.culprits, *(row for row, bad in self.tried_alone.items() if bad)})
                return False
        return True

    # ------------------------------------------------------------------ delta debugging
    def _comes_through(self) -> bool:
        """Whether the others do not fail any more."""
        others = self.others
        if not others:
            return True
        step = self._step(others)
        self.rest = step.outcome if self.samples else None
        return not step.fails

    def _find(self, rows: Sequence[int]) -> None:
        """Blame one sample of these, which fail; or the fewest that fail only together."""
        found = self._fewest(rows)
        if len(found) > 1:
            self.joint += found
        elif self._alone(found[0]):
            self.culprits += found

    def _fewest(self, rows: Sequence[int]) -> list[int]:
        """Reduce failing samples to some of which none can be left out, in log2 trials for each.

        The shortest beginning of them that fails ends with one that is needed; with that one kept, and so on. It finds
        what ddmin finds where more samples never make a failure go away, in about half of the trials for one culprit,
        and in a tenth for two that fail only together.
        """
        needed: list[int] = []
        before = list(rows)
        while not needed or not self._fails(sorted(needed)):
            low, high = 1, len(before)
            while low < high:
                middle = (low + high) // 2
                if self._fails(sorted([*before[:middle], *needed])):
                    high = middle
                else:
                    low = middle + 1
            needed.append(before[low - 1])
            before = before[: low - 1]
        return needed

    def _fails(self, rows: Sequence[int]) -> bool:
        return self._step(rows).fails

    def _step(self, rows: Sequence[int]) -> Step:
        key = tuple(rows)
        if key not in self._known:
            self._known[key] = self._tried(key)
        return self._known[key]


def _spread(rows: int) -> list[int]:
    """Up to eight rows from all over the batch, the ends first."""
    if rows <= PROBES:
        return list(range(rows))
    last = rows - 1
    return list(dict.fromkeys([0, last, *(last * place // (PROBES - 1) for place in range(1, PROBES - 1))]))
