from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import numpy as np

from gendiag.model.facts import Output
from gendiag.records import Finding, listed
from gendiag.rules.edits import streams
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.class_labels import Labels, labels_of
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.order_of_samples import buffer_of, class_names, how_to_shuffle, why_sorted
from gendiag.rules.evidence.passes import first_pass, is_image
from gendiag.rules.rule import Edits, Rule, dense

SHOWN = 3  # stretches of one class
TWO = 2
SPARSE = ("sparse_categorical_crossentropy",)
SEVERAL = (*SPARSE, "categorical_crossentropy", "categorical_focal_crossentropy")
OF_CLASSES = ("crossentropy", "hinge")  # how the names of these losses end
LEAST_ALIKE = 64  # labels; fewer may be of one class by chance


class ConstantLabels(Rule):
    """Batches hold one class each, because the data come class after class; or there is one class only.

    What fit does
        Trains on the batches as they come. ``shuffle=True`` does nothing to a generator or a ``tf.data.Dataset``, and
        for a PyDataset changes the order of the batches only, not what is in them.

    Why it hurts
        Each step pulls all answers towards the class of its batch: the accuracy of a step looks fine, that of the
        epoch stays near chance, and BatchNormalization sees one class at a time.

    How to mend it
        Shuffle the samples, x and y with one permutation, before they are cut into batches, anew in each epoch.

    Known limits
        Said only where shuffled samples would come like this less than once in 10**9 times, so small data and very
        unequal classes are left out. Targets that are no classes are not looked at, nor is a model with several, with
        a training step of its own, or with a layer that carries its state from batch to batch. One class in all is
        told of losses for several classes only.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "constant-labels", "Labels of one class, in a batch or in all of them"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        labels = labels_of(seen, first_pass(seen))
        if labels is not None and len(labels.counts) == 1:
            yield from self._one_class(seen, labels)
        elif (
            labels is not None
            and _is_to_shuffle(seen, labels)
            and (labels.is_single or labels.is_sorted or (labels.is_in_stretches and buffer_of(seen.source)))
        ):
            yield self._finding(seen, labels)

    def _one_class(self, seen: Evidence, labels: Labels) -> Iterator[Finding]:
        output, leaf = _output(seen), seen.leaves[labels.path][0][1]
        if output is None or output.loss is None or output.loss.key not in SEVERAL or (output.channels or 0) < TWO:
            return
        named = class_names(seen.source)
        if (len(labels.row) < LEAST_ALIKE and named is None) or not (labels.one_hot or output.loss.key in SPARSE):
            return
        if named is None and labels.row[0] == 0 and _are_candidates(seen, output):
            return
        message = (
            f"All {len(labels.row)} labels in {labels.path} of {listed(labels.by_batch)} are of one single class, "
            f"class {labels.row[0]} in {leaf}, while the model has {output.channels} output units: likely only one "
            f"class was found where the data are read{named or ''}."
        )
        fix = (
            "Check where the classes come from: flow_from_directory and image_dataset_from_directory take one "
            "sub-folder per class, so pass the folder just above these."
            if named
            else f"Check where {labels.path} is made: `np.unique({labels.path})` shows a single class."
        )
        yield self.finding("warning", message, fix=fix, batches=labels.by_batch, leaf=labels.path)

    def _finding(self, seen: Evidence, labels: Labels) -> Finding:
        total, single = len(labels.by_batch), labels.single
        order = f"{_order(labels)}, {why_sorted(seen.source)}"
        have = "has" if len(single) == 1 else "have"
        message = (
            f"{len(single)} of {total} batches in the first pass {have} one class only: "
            f"{_stretches(single)}. In {labels.path} {order}."
            if single
            else f"Few classes meet in each of the {total} batches in the first pass: in {labels.path} {order}."
        )
        fix = how_to_shuffle(seen.source, len(labels.row))
        return self.finding(
            "warning", message, fix=fix, batches=single or labels.by_batch, leaf=labels.path,
            single=len(single), of=total, classes=dict(labels.counts),
        )  # fmt: skip

    def model(self) -> Any:
        return dense(2, activation="softmax", loss="sparse_categorical_crossentropy")

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        rows = max((batch.rows or 0 for batch in seen.batches), default=0)
        whole = len(seen.batches) if seen.profile.ended == "end" else None
        yield streams.shuffled(at(seen, finding), seen.rehearsal.steps_per_epoch or whole, rows)

    def broken(self) -> Iterator[Any]:
        return _in_order(np.arange(48))

    def mended(self) -> Iterator[Any]:
        return _in_order(np.random.default_rng(0).permutation(48))


def _output(seen: Evidence) -> Output | None:
    """Return the model's only output, where it is known."""
    known = seen.model_facts.outputs
    return known[0] if len(known) == 1 else None


def _are_candidates(seen: Evidence, output: Output) -> bool:
    """Whether the outputs may be scores of candidates, of which the right one is given first, and no classes."""
    inputs = [leaf for leaf in seen.batches[0].leaves if leaf.role == "x"]
    shapes = [leaf.shape or () for leaf in inputs if not is_image(leaf)]
    return len(inputs) > 1 or any(len(shape) > TWO and shape[1] == output.channels for shape in shapes)


def _is_to_shuffle(seen: Evidence, labels: Labels) -> bool:
    """Whether the order of the samples means nothing to the model; one that carries its state on needs it as it is."""
    return _are_classes(seen, labels) and not seen.model_facts.stateful


def _are_classes(seen: Evidence, labels: Labels) -> bool:
    """Whether the target stands for classes: by the model's loss, else by its looks."""
    output = _output(seen)
    if output is None or output.loss is None:
        return seen.model is None and (labels.one_hot or len(labels.counts) == TWO)
    if not output.loss.key:
        return labels.one_hot or len(labels.counts) == TWO
    return labels.one_hot or output.loss.key.endswith(OF_CLASSES)


def _in_order(order: Any) -> Iterator[Any]:
    y = np.repeat(np.arange(2.0), 24).astype("float32")
    x = np.random.default_rng(0).normal(size=(48, 3)).astype("float32") + y[:, None]
    for part in np.split(order, 6):
        yield x[part], y[part]


def _order(labels: Labels) -> str:
    if labels.runs == len(labels.counts):
        return f"the {len(labels.row)} samples of {len(labels.counts)} classes are sorted class after class"
    if not labels.is_single:
        label, start, size = labels.longest
        return f"the samples {start} to {start + size - 1} are all of class {label}"
    return "samples of one class come together"


def _stretches(single: dict[int, int]) -> str:
    """``batches 0-4 class 0, batches 5-9 class 1``."""
    groups = [
        (label, [index for index, _ in items]) for label, items in groupby(single.items(), key=lambda item: item[1])
    ]
    shown = ", ".join(f"{listed(indices)} class {label}" for label, indices in groups[:SHOWN])
    return shown + (" and so on" if len(groups) > SHOWN else "")
