from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.batches.values import Array
from gendiag.records import Finding, Leaf, Severity, counted, listed
from gendiag.rules.edits import numbers
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.pace import ABSOLUTE, SQUARED, Pace, pace
from gendiag.rules.evidence.passes import Column, columns, held
from gendiag.rules.evidence.value_range import Spread, spread
from gendiag.rules.rule import Edits, Rule, dense, sound

LARGE, HUGE = 1e3, 1e4  # of what a layer without scaling meets
STANDS, WAY = 0.8, 0.2  # of the loss of a model that answers 0
FAR_WORSE = 10.0  # times that loss
SHOWN, TABLE = 4, 2


class ValuesTooLarge(Rule):
    """Values are so large that the loss stays where it is, or far above that of a model that knows nothing.

    What fit does
        Trains. Weights begin near 0.1 and an optimizer such as Adam moves each by about its learning rate a step:
        targets of 100,000 are hundreds of thousands of steps away. Inputs of 1e9, such as timestamps, make outputs of
        1e8, and saturate a sigmoid, a tanh or an LSTM for good.

    Why it hurts
        The loss is a huge number that hardly falls, the answers are a flat line, and nothing is raised.

    How to mend it
        Scale both to about -1..1: ``keras.layers.Normalization`` with ``adapt`` as the first layer, for targets
        ``(y - mean) / std`` or ``log1p``, and scale the answers back.

    Known limits
        Only of models of Keras's own layers without a layer that scales, and of losses of Keras's own. A warning needs
        the measured loss of the run; large values whose loss falls are none.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "values-too-large", "Values are too large to learn from as they are"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        run = seen.model_run
        if run is None or not run.steps or run.turned_non_finite or seen.model_facts.scales != "no":
            return
        pairs = seen.model_facts.scored(seen.batches[0]) if seen.batches else []
        moved = pace(seen, pairs[0][1]) if len(pairs) == 1 else None
        if moved is not None and (found := self._targets(seen, pairs[0][0], moved)) is not None:
            yield found
        else:
            yield from self._inputs(seen, moved)

    def _targets(self, seen: Evidence, leaf: Leaf, moved: Pace) -> Finding | None:
        output = seen.model_facts.outputs[0]
        batches, whole = _large(seen, columns(seen, "y").get(leaf.path, []))
        key = output.loss.key if output.loss is not None else ""
        if whole is None or key not in (SQUARED, *ABSOLUTE) or _root(moved, key) < LARGE:
            return None
        if not STANDS * moved.idle <= moved.last <= FAR_WORSE * moved.idle:
            return None
        severity: Severity = "warning" if moved.way < WAY else "note"
        size = _power(whole.largest)
        message = (
            f"{leaf.path} runs up to {whole.largest:.3g} in size ({whole}) in "
            f"{listed(batches)}, and no layer of the model scales: after "
            f"{counted(moved.steps, 'step')} the loss is {moved.last:.3g}, and an answer of 0 everywhere gives "
            f"{moved.idle:.3g}. At this pace it hardly moves in the {counted(moved.planned, 'step')} of fit."
        )
        too = ", ".join(_plain_inputs(seen))
        fix = (
            f"Scale {leaf.path} in the source, `{leaf.path} / {size:.0e}` or `({leaf.path} - mean) / std` (`np.log1p` "
            f"where all are positive), and the answers back{f'; scale {too} too' if too else ''}."
        )
        return self.finding(severity, message, fix=fix, batches=batches, leaf=leaf.path, size=size, loss=moved.last)

    def _inputs(self, seen: Evidence, moved: Pace | None) -> Iterator[Finding]:
        for path, (batches, whole) in _plain_inputs(seen).items():
            is_harm = moved is not None and moved.last >= FAR_WORSE * moved.idle and moved.last >= LARGE / FAR_WORSE
            if whole.largest < HUGE and not is_harm:
                continue
            harm = ""
            if moved is not None and is_harm:
                harm = (
                    f" After {counted(moved.steps, 'step')} the loss is {moved.last:.3g}, and a model that knows "
                    f"nothing has {moved.idle:.3g}."
                )
                is_harm = moved.ends_above(FAR_WORSE * moved.idle)
            message = (
                f"{path} runs up to {whole.largest:.3g} in size ({whole}){_where(seen, path)}, in "
                f"{listed(batches)}, and no layer of the model scales it.{harm}"
            )
            fix = (
                f"Scale {path}: `keras.layers.Normalization()` with `adapt({path})` as the first layer, or "
                f"`({path} - mean) / std` by column in the source; an id belongs into an Embedding, or is left out."
            )
            yield self.finding("warning" if is_harm else "note", message, fix=fix, batches=batches, leaf=path)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        if "size" in finding.evidence:
            size = finding.evidence["size"]
            costs = f"the model answers {finding.leaf} / {size:.0e}"
            yield numbers.scale(at(seen, finding), finding.leaf or "", f"/ {size:.0e}", costs=costs)

    def broken(self) -> Iterator[Any]:
        return ((x, (y * 1e6).astype("float32")) for x, y in sound())

    def mended(self) -> Iterator[Any]:
        return sound()

    def model(self) -> Any:
        model = dense()
        model.compile("adam", "mse")
        return model


def _large(seen: Evidence, column: Column) -> tuple[list[int], Spread | None]:
    """Batches with large values, and all values; None where most batches have none or were not trained on."""
    large = [i for i, leaf in column if seen.trained_on(i) and max(abs(leaf.low or 0), abs(leaf.high or 0)) >= LARGE]
    return large, spread(leaf for _, leaf in column) if 2 * len(large) > len(column) else None


def _root(moved: Pace, key: str) -> float:
    """Return the size of the targets, by the loss of an answer of 0."""
    return math.sqrt(moved.idle) if key == SQUARED else moved.idle


def _power(largest: float) -> float:
    return float(10 ** math.ceil(math.log10(largest) - 0.01))


def _plain_inputs(seen: Evidence) -> dict[str, tuple[list[int], Spread]]:
    """Large inputs of numbers that no embedding reads."""
    taken = {leaf.path for leaf, port in seen.model_facts.fed(seen.batches[0]) if port.ids is None}
    given = {path: _large(seen, column) for path, column in columns(seen, "x").items() if path in taken}
    return {path: (batches, whole) for path, (batches, whole) in given.items() if whole is not None}


def _where(seen: Evidence, path: str) -> str:
    """`` in column 3, where the others stay below 12``; empty where columns are alike."""
    arrays = [array for batch in seen.batches[:SHOWN] if (array := held(seen, batch.index).get(path)) is not None]
    if not arrays or arrays[0].ndim != TABLE or len({array.shape[1] for array in arrays}) > 1:
        return ""
    sizes: Array = np.abs(np.concatenate(arrays).astype("float64")).max(axis=0)
    large = sizes >= sizes.max() / LARGE
    if large.all():
        return ""
    named = ", ".join(str(column) for column in np.flatnonzero(large)[:SHOWN])
    return f" in column {named}, where the others stay below {sizes[~large].max() * 1.01:.2g}"
