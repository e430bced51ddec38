from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from gendiag.batches.values import Array
from gendiag.model.facts import Output
from gendiag.records import Finding, Trial, counted, listed
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import held
from gendiag.rules.rule import BAD, Rule

TABLE, CUBE = 2, 3
FRAMES, SYMBOLS = 4, 5  # of the model of ``broken``


class Long(NamedTuple):
    """The first sample of a batch whose symbols do not fit, and how many there are."""

    row: int
    symbols: int
    needs: int
    samples: int


class TranscriptTooLong(Rule):
    """A sample has more symbols than the model gives frames for CTC to lay them on.

    What fit does
        Trains. No path through the frames spells the label, so the loss has no minimum there: Keras gives a large
        finite number in the place of infinity.

    Why it hurts
        The loss of such a sample is a hundred times that of the others and can never fall, and its gradient drives the
        whole batch.

    How to mend it
        Leave such samples out, or shorten the sequence less: smaller strides or pools before the output. CTC needs one
        frame per symbol, and one more between two equal ones.

    Known limits
        Only ``keras.losses.CTC``, with labels that are padded with 0. Every sample is taken to have all the frames of
        the output.

    Source
        keras 3.15.1, losses/losses.py and backend/tensorflow/nn.py; measured on keras 3.15.1 / tensorflow 2.21.0: about
        700 where others have 7.
    """

    name, title = "transcript-too-long", "A label is longer than CTC's frames"
    reads_trials = True

    def check(self, seen: Evidence) -> Iterator[Finding]:
        found: dict[int, Long] = {}
        frames, path = 0, ""
        for batch, leaf, output in seen.scored():
            given = _frames(output)
            labels = held(seen, batch.index).get(leaf.path) if given and seen.trained_on(batch.index) else None
            if labels is not None and labels.ndim == TABLE and (long := _long(labels, given)):
                found[batch.index] = long
                frames, path = given, leaf.path
        if found:
            yield self._finding(seen, path, found, frames)

    def _finding(self, seen: Evidence, path: str, found: dict[int, Long], frames: int) -> Finding:
        index, long = next(iter(found.items()))
        between = f", {long.needs - long.symbols} of them twice in a row," if long.needs > long.symbols else ""
        samples = sum(each.samples for each in found.values())
        more = f" ({counted(samples, 'such sample')} in {listed(found)})" if samples > 1 else ""
        message = (
            f"Sample {long.row} of {seen.place(index)} has {counted(long.symbols, 'symbol')} in {path}{between} "
            f"and needs {long.needs} frames; the model's output has {frames}{more}. CTC finds no alignment for a label "
            f"that is longer than its frames.{_loss(seen.trials.get(index), long.row)}"
        )
        fix = (
            f"Leave out samples with more than {frames} symbols, or let the model keep more frames: a smaller stride "
            "or pool before the output."
        )
        return self.finding("warning", message, fix=fix, batches=found, leaf=path, frames=frames, needs=long.needs)

    def broken(self) -> Iterator[Any]:
        return _speech(FRAMES + 1)

    def mended(self) -> Iterator[Any]:
        return _speech(FRAMES)

    def model(self) -> Any:
        import keras

        model = keras.Sequential([keras.Input((FRAMES, 2)), keras.layers.Dense(SYMBOLS + 1)])
        model.compile(keras.optimizers.SGD(1e-3), keras.losses.CTC())
        return model


def _speech(longest: int) -> Iterator[Any]:
    random = np.random.default_rng(0)
    for step in range(6):
        labels = np.zeros((4, SYMBOLS), "int64")
        labels[:, :2] = 1, 2
        if step == BAD:
            labels[1, :longest] = np.arange(1, longest + 1)
        yield random.normal(size=(4, FRAMES, 2)).astype("float32"), labels


def _frames(output: Output) -> int:
    """How many frames the output has; 0 where that is free, or where the loss is another one."""
    shape = output.shape
    is_ctc = output.loss is not None and output.loss.key == "ctc" and shape is not None and len(shape) == CUBE
    return (shape[1] or 0) if is_ctc and shape is not None else 0


def _long(labels: Array, frames: int) -> Long | None:
    """The samples whose symbols, and a blank between equal neighbours, do not fit."""
    filled = labels != 0
    symbols = filled.sum(axis=1)
    repeats = (filled[:, 1:] & (labels[:, 1:] == labels[:, :-1])).sum(axis=1)
    rows = np.flatnonzero(symbols + repeats > frames)
    if not len(rows):
        return None
    row = int(rows[0])
    return Long(row, int(symbols[row]), int(symbols[row] + repeats[row]), len(rows))


def _loss(trial: Trial | None, row: int) -> str:
    """What the trial shows of the sample's loss beside the others'."""
    losses = trial.inside.sample_losses if trial is not None and trial.inside is not None else ()
    if len(losses) <= row or not all(map(math.isfinite, losses)):
        return ""
    usual = float(np.median(losses))
    return f" Its loss is {losses[row]:.4g}, that of the others about {usual:.4g}." if losses[row] > usual else ""
