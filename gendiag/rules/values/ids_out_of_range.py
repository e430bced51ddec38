from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from gendiag.batches.values import Array
from gendiag.model.facts import IdLayer
from gendiag.records import Finding, Leaf, Severity, listed
from gendiag.rules.edits import numbers
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import held
from gendiag.rules.evidence.to_type import cast
from gendiag.rules.rule import BAD, Edits, Rule, sound

KNOWN = 20  # ids of the model of ``broken``
SAID = re.compile(r"= (-?\d+) is not in \[0, ?(\d+)\)")  # of Gather, tensorflow 2.21


class Case(NamedTuple):
    """A leaf of ids, and the layer that takes them."""

    leaf: Leaf
    layer: IdLayer
    size: int


class IdsOutOfRange(Rule):
    """An input holds ids that the embedding does not know.

    What fit does
        On a CPU an id of at least the number of rows raises at that step. A negative one is counted from the end, and
        trains the last rows. A fraction is cut off. A CategoryEncoding makes a row of zeros of what it does not know.

    Why it hurts
        The error comes at the first batch with such an id, maybe epochs later, and says neither which input nor how
        many rows would do. What does not raise trains the embedding of another id.

    How to mend it
        Give the embedding one row more than the largest id, ``Embedding(max_id + 1, ...)``; map what is unknown to
        one id, and -1 for "nothing" to 0 with ``mask_zero=True``.

    Known limits
        Needs to know which layer takes the input: Keras's own, in a Functional or Sequential model. Of other models it
        is told from the error, where one input alone holds the id that is named.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0; on a GPU TensorFlow gives zeros in the place of an error.
    """

    name, title = "ids-out-of-range", "Ids that the embedding does not know"
    batchwise = True
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        for path, found in _beyond(seen).items():
            above = {index: case for index, case in found.items() if (case.leaf.high or 0) >= case.size}
            below = {index: case for index, case in found.items() if (case.leaf.low or 0) < 0}
            if seen.model_raised_at(found) and _is_said(seen):
                yield self._finding(seen, path, "error", found)
            elif trained := {index: case for index, case in (below or above).items() if seen.trained_on(index)}:
                yield self._finding(seen, path, "warning", trained)
        for path, cut in _fractions(seen).items():
            yield self._cut_off(seen, path, cut)

    def _finding(self, seen: Evidence, path: str, severity: Severity, found: dict[int, Case]) -> Finding:
        index, case = next(iter(found.items()))
        low, high = (
            min(each.leaf.low or 0 for each in found.values()),
            max(each.leaf.high or 0 for each in found.values()),
        )
        is_first = (case.leaf.low, case.leaf.high) == (low, high)
        first = "" if is_first else f" (in {seen.place(index)} from {case.leaf.low:g} to {case.leaf.high:g})"
        where = listed(found) if len(found) > 1 else seen.place(index)
        message = (
            f"{path} holds ids from {low:.15g} to {high:.15g} in {where}{first}; the layer {case.layer.name!r} "
            f"({case.layer.kind}) knows {case.size}, the ids 0 to {case.size - 1}.{_end(severity, case, low)}"
        )
        return self.finding(
            severity,
            message,
            fix=_fix(seen, path, case, low),
            batches=found,
            leaf=path,
            low=low,
            high=high,
            size=case.size,
        )

    def _cut_off(self, seen: Evidence, path: str, cut: dict[int, tuple[IdLayer, str]]) -> Finding:
        layer, example = next(iter(cut.values()))
        message = (
            f"{path} of {listed(cut)} holds fractions, and the layer {layer.name!r} ({layer.kind}) takes ids: what is "
            f"behind the point is cut off without a word, for example {example}."
        )
        fix = (
            f"Give whole ids, {cast(seen.source, path, 'int64')}; numbers that are no ids go to a Dense layer instead."
        )
        return self.finding("warning", message, fix=fix, batches=cut, leaf=path)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        if "size" in finding.evidence:
            yield numbers.clip(at(seen, finding), finding.leaf or "", 0, finding.evidence["size"] - 1)

    def broken(self) -> Iterator[Any]:
        return ((_ids(x, KNOWN if step == BAD else KNOWN - 1), y) for step, (x, y) in enumerate(sound()))

    def mended(self) -> Iterator[Any]:
        return ((_ids(x, KNOWN - 1), y) for x, y in sound())

    def model(self) -> Any:
        import keras

        layers = [keras.layers.Embedding(KNOWN, 2), keras.layers.Flatten(), keras.layers.Dense(1)]
        model = keras.Sequential([keras.Input((3,)), *layers])
        model.compile("sgd", "mse")
        return model


def _ids(x: Any, highest: int) -> Any:
    ids = np.clip(np.abs(x * 3), 0, KNOWN - 2).astype("int64")
    ids[0, 0] = highest
    return ids


def _beyond(seen: Evidence) -> dict[str, dict[int, Case]]:
    """Leaves with ids beyond the layer that takes them, by batch."""
    found: dict[str, dict[int, Case]] = {}
    for batch, leaf, port in seen.fed():
        if port.ids is not None and port.ids.size and _is_beyond(leaf, port.ids.size):
            found.setdefault(leaf.path, {})[batch.index] = Case(leaf, port.ids, port.ids.size)
    return found or _told(seen)


def _is_beyond(leaf: Leaf, size: int) -> bool:
    return leaf.low is not None and leaf.high is not None and (leaf.low < 0 or leaf.high >= size)


def _said(seen: Evidence) -> re.Match[str] | None:
    failure = seen.model_run.failure if seen.model_run is not None else None
    return None if failure is None else SAID.search(failure.line) or SAID.search(failure.details)


def _is_said(seen: Evidence) -> bool:
    return _said(seen) is not None


def _told(seen: Evidence) -> dict[str, dict[int, Case]]:
    """What the error tells, where one input alone holds the id that it names."""
    said, run = _said(seen), seen.model_run
    if said is None or run is None or run.failed_batch is None or run.failure is None:
        return {}
    value, size = int(said[1]), int(said[2])
    layers = [each for each in seen.model_facts.embeddings if each.size == size]
    arrays = held(seen, run.failed_batch)
    batch = seen.profile.find(run.failed_batch)
    holding = [
        leaf for leaf in (batch.leaves if batch else ()) if leaf.role == "x" and _holds(arrays.get(leaf.path), value)
    ]
    if len(holding) != 1 or not layers:
        return {}
    path = holding[0].path
    column = [(index, leaf) for index, leaf in seen.leaves[path] if _is_beyond(leaf, size)]
    return {path: {index: Case(leaf, layers[0], size) for index, leaf in column}}


def _holds(array: Array | None, value: int) -> bool:
    return array is not None and array.dtype.kind in "iuf" and bool((array == value).any()) and _is_whole(array)


def _is_whole(array: Array) -> bool:
    return array.dtype.kind in "biu" or bool((array == np.floor(array)).all())


def _fractions(seen: Evidence) -> dict[str, dict[int, tuple[IdLayer, str]]]:
    found: dict[str, dict[int, tuple[IdLayer, str]]] = {}
    for batch, leaf, port in seen.fed():
        if port.ids is None or port.ids.kind != "Embedding" or "float" not in leaf.dtype or "int" in port.dtype:
            continue  # (an input of integers is told of by rounded-in-model)
        array = held(seen, batch.index).get(leaf.path) if seen.trained_on(batch.index) else None
        if array is not None and np.isfinite(array).all() and not _is_whole(array):
            value = float(array[array != np.floor(array)][0])
            found.setdefault(leaf.path, {})[batch.index] = (port.ids, f"{value:.6g} -> {int(value)}")
    return found


def _end(severity: Severity, case: Case, low: float) -> str:
    if severity == "error":
        return " fit raises there."
    if case.layer.kind != "Embedding":
        return " What it does not know becomes a row of zeros, without a word."
    row = case.size + int(low)
    return f" A negative id is counted from the end, without a word: {int(low)} trains the row of id {row}."


def _fix(seen: Evidence, path: str, case: Case, low: float) -> str:
    high = max((leaf.high or 0) for _, leaf in seen.leaves.get(path, ()))
    if low < 0:
        return (
            f"Map the negative ids of {path} to an id of their own, such as 0, and count the others from 1 "
            f"(`mask_zero=True` leaves 0 out): {path} + {-int(low)} needs a size of {int(high - low) + 1}."
        )
    if seen.evaluates:  # the model is trained as it is
        return f"Map ids from {case.size} on to one for the unknown, as the training data have it."
    argument = "" if case.layer.kind == "Embedding" else "num_tokens="
    return (
        f"Give the layer room for the largest id, `{case.layer.kind}({argument}{int(high) + 1}, ...)`: the largest "
        f"that was read, {high:.15g}, + 1; or map ids from {case.size} on to one for the unknown."
    )
