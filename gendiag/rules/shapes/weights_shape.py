from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.model.facts import ModelFacts, Output, Shape, aligned
from gendiag.records import Batch, Finding, Leaf, Severity, format_shape
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.to_type import code
from gendiag.rules.rule import Rule, by_leaf, sound

Odd = dict[int, tuple[Leaf, Shape]]
ONE = 1


class WeightsShape(Rule):
    """sample_weight is lined up with another axis than the samples.

    What fit does
        Multiplies the losses, one per sample and position, with the weights as NumPy broadcasts, from the last axis.
        ``(n,)`` against images' losses ``(n, height, width)`` meets the width: it raises, or, where n is the width,
        weighs columns of pixels. Keras adds or drops one last axis of size 1 before, no more.

    Why it hurts
        Where the sizes happen to agree nothing is raised, and each sample is weighted by the weights of all.

    How to mend it
        Give the weights one axis per axis of the loss: ``w[:, None, None]`` for images, ``w[:, None]`` for sequences.

    Known limits
        Only Keras's own losses, which average over the last axis of the output. Weights that are all equal do no harm,
        and are not reported where fit takes them.

    Source
        keras 3.15.1, losses/loss.py, reduce_weighted_values; measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "weights-shape", "Sample weights lined up with another axis"
    batchwise = True

    def check(self, seen: Evidence) -> Iterator[Finding]:
        yield from self._missing(seen)
        weighed = ((batch, *pair) for batch in seen.batches for pair in _weighed(seen.model_facts, batch))
        for found in by_leaf(each for each in weighed if not _meets(*each[1:])):
            if seen.model_raised_at(found) and not seen.raised_in_layer():
                yield self._finding(seen, "error", found)
            elif trained := {
                i: pair for i, pair in found.items() if seen.trained_on(i) and pair[0].low != pair[0].high
            }:
                yield self._finding(seen, "warning", trained)

    def _missing(self, seen: Evidence) -> Iterator[Finding]:
        """A dict of weights without a key for one of the outputs, for which Keras then asks."""
        failure = seen.model_run.failure if seen.model_run is not None else None
        index = seen.model_run.failed_batch if seen.model_run is not None else None
        batch = None if index is None else seen.profile.find(index)
        if failure is None or batch is None or failure.type != "KeyError" or failure.frame is not None:
            return
        weights, targets = _keys(batch, "sample_weight"), _keys(batch, "y")
        missing = sorted(key for key in targets - weights if weights and repr(key) in failure.line)
        if missing:
            names, key = " and ".join(map(repr, missing)), missing[0]
            message = (
                f"sample_weight of {seen.place(batch.index)} is a dict without {names}, which y has: fit asks for the "
                "weights of every output, and raises a KeyError."
            )
            ones = code(seen.source, f"np.ones(len(y[{key!r}]))", f"tf.ones(tf.shape(y[{key!r}])[0])")
            fix = f"Give weights for {names} too, {ones} where all samples are to count alike."
            yield self.finding("error", message, fix=fix, batches=[batch.index], leaf="sample_weight")

    def _finding(self, seen: Evidence, severity: Severity, found: Odd) -> Finding:
        index, (leaf, losses) = next(iter(found.items()))
        shape = leaf.shape or ()
        end = "fit raises there" if severity == "error" else "without a word they weigh another axis than the samples"
        message = (
            f"{leaf.path} of {seen.place(index)} has shape {format_shape(shape)}, the losses it multiplies "
            f"{format_shape(losses)}; they are lined up from the last axis, and {end}."
        )
        more = len(losses) - len(shape)
        axes = ", ".join(["-1", *["1"] * (len(losses) - 1)])
        fix = (
            f"Give the weights the missing axes: {_reshape(seen, leaf.path, axes)}."
            if more > 0 and len(shape) == ONE
            else f"Give weights of shape {format_shape(losses)}, one per loss; an axis of size 1 weighs all alike."
        )
        return self.finding(
            severity, message, fix=fix, batches=found, leaf=leaf.path,
            shape=format_shape(shape), losses=format_shape(losses),
        )  # fmt: skip

    def broken(self) -> Iterator[Any]:
        for x, _ in sound():
            yield (image := np.resize(x, (4, 4, 4, 1))), image, np.arange(1.0, 5.0)

    def mended(self) -> Iterator[Any]:
        return ((x, y, w[:, None, None]) for x, y, w in self.broken())

    def model(self) -> Any:
        import keras

        model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(1, 1)])
        model.compile("sgd", "mse")
        return model


def _keys(batch: Batch, role: str) -> set[str]:
    found = (re.fullmatch(r"\w+\['(.*)'\]", leaf.path) for leaf in batch.leaves if leaf.role == role)
    return {key.group(1) for key in found if key}


def _reshape(seen: Evidence, path: str, axes: str) -> str:
    return code(seen.source, f"{path}.reshape({axes})", f"tf.reshape({path}, [{axes}])")


def _weighed(facts: ModelFacts, batch: Batch) -> Iterator[tuple[Leaf, Shape]]:
    """Every leaf of weights with the shape of the losses that it multiplies."""
    for leaf in batch.leaves:
        nesting = leaf.path.removeprefix("sample_weight")
        if leaf.role != "sample_weight" or not leaf.shape or leaf.shape[0] != batch.rows:
            continue
        for y, output in facts.scored(batch):
            losses = _losses(batch, output)
            if losses is not None and nesting in ("", y.path.removeprefix("y")):
                yield leaf, losses


def _losses(batch: Batch, output: Output) -> Shape | None:
    if output.shape is None or output.loss is None or not output.loss.key or len(output.shape) == 1:
        return None
    return (batch.rows, *output.shape[1:-1])


def _meets(leaf: Leaf, losses: Shape) -> bool:
    """Whether the weights meet sample for sample, after what Keras does to a last axis of size 1."""
    losses, weights = aligned(losses, leaf.shape or ())
    return len(losses) == len(weights) and all(
        weight in (1, size) or size is None for size, weight in zip(losses, weights, strict=True)
    )
