from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gendiag.records import Finding
from gendiag.rules.edits import generators
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Edits, Rule, sound

OF_PREDICT = "Yield a tuple of one element, `yield (x,)`; of several inputs `yield ((a, b),)`."


class NotATuple(Rule):
    """A generator yields a list, a dict or a bare array where fit wants a tuple.

    What fit does
        Raises a ValueError before the first step: a generator's first batch must be a tuple. A PyDataset may return a
        list (it is taken for a tuple), a generator may not.

    Why it hurts
        Keras prints the whole batch with the message, so that the one word that matters is off the screen.

    How to mend it
        Yield ``(x, y)`` or ``(x, y, sample_weight)``. An autoencoder yields ``(x, x)``.

    Known limits
        Only batch 0 is looked at; another nesting later on is ``structure-drift``.

    Source
        keras 3.15.1, generator_data_adapter.py; measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "not-a-tuple", "A batch is no tuple"
    batchwise = True
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        first = seen.profile.find(0)
        if first is None or seen.source.kind != "generator" or not seen.refused(0):
            return
        if first.structure.startswith("(") or first.structure == "None":
            return
        predicts = seen.rehearsal.method == "predict"
        wanted = "predict takes a tuple: (x,) or (x, y)" if predicts else "fit takes a tuple: (x, y)"
        message = f"Batch 0 is {_what(first.structure)}; from a generator {wanted}."
        fix = OF_PREDICT if predicts else _fix(first.structure)
        yield self.finding("error", message, fix=fix, batches=[0], structure=first.structure)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        place = at(seen, finding)
        if finding.evidence["structure"].startswith("["):
            yield generators.tuples(place)
        else:
            yield generators.pairs(place, "x, x", "(x, x), as for an autoencoder", costs="the input is its own target")

    def broken(self) -> Iterator[Any]:
        return ([x, y] for x, y in sound())

    def mended(self) -> Iterator[Any]:
        return sound()


def _what(structure: str) -> str:
    if structure.startswith("["):
        return f"a list, {structure}"
    if structure.startswith("{"):
        return f"a dict, {structure}"
    return "one bare array" if structure == "array" else f"one {structure}"


def _fix(structure: str) -> str:
    if structure.startswith("["):
        return "Write `yield x, y` (a tuple) instead of `yield [x, y]`."
    return "Yield the target too: `yield x, y`. Where the input is the target (an autoencoder): `yield batch, batch`."
