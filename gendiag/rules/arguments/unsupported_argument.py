from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from gendiag.records import Failure, Finding
from gendiag.rules.edits import arguments
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.to_type import give
from gendiag.rules.rule import Edits, Rule, sound
from gendiag.sources.source import Source

IN_THE_BATCH = {
    "y": "Put the targets into the batch, as its second element.",
    "sample_weight": "Put the weights into the batch, as its third element.",
    "class_weight": (
        "Yield a weight per sample as the third element of the batch, for example "
        "`yield x, y, class_weights[y]` (weights as an array), or write a PyDataset."
    ),
    "validation_split": "Split before: make two sources and pass the second as `validation_data=`.",
}
WORKERS = ("workers", "use_multiprocessing", "max_queue_size", "max_q_size", "pickle_safe", "nb_worker")
GONE = {
    **dict.fromkeys(
        WORKERS,
        "Workers belong to a PyDataset now: write a keras.utils.PyDataset and pass them to its constructor, "
        "`super().__init__(workers=4)`. A generator cannot be shared by workers.",
    ),
    "nb_epoch": "It is called `epochs` now.",
    "samples_per_epoch": "Pass `steps_per_epoch`, which counts batches and not samples.",
    "nb_val_samples": "Pass `validation_steps`, which counts batches and not samples.",
}
UNEXPECTED = re.compile(r"unexpected keyword argument '(\w+)'")


class UnsupportedArgument(Rule):
    """fit is given an argument that it does not take, or not together with such a source.

    What fit does
        Raises before anything is read: ``y`` and ``sample_weight`` go with arrays only, ``validation_split`` too, and
        ``class_weight`` not with a generator. ``workers``, ``use_multiprocessing`` and ``max_queue_size`` are no
        arguments of fit any more. ``batch_size`` beside a source of batches is ignored without a word.

    Why it hurts
        Much code on the web was written for ``fit_generator``, where the arguments were others.

    How to mend it
        Put targets and weights into the batch; make validation data of its own; give workers to a PyDataset.

    Known limits
        Of several such arguments, the one that fit names first.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "unsupported-argument", "fit does not take this argument with such a source"
    fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"class_weight": MappingProxyType({0: 1.0, 1: 2.0})})
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        failure, source = seen.rehearsal.failure, seen.source
        if failure is not None and seen.rehearsal.failed_in == "start" and not seen.never_ends:
            argument = _named(failure, seen.fit_args)
            if argument is not None:
                kind = source.kind if source.is_sliced else f"a {source.kind}"
                is_known = argument in IN_THE_BATCH
                what = f"does not take {argument}= with this source, {kind}" if is_known else f"has no {argument}="
                message = f"fit {what}: {failure.line.rstrip('.')}."
                fix = _instead(argument, source)
                yield self.finding("error", message, fix=fix, argument=argument, type=failure.type)
        elif seen.fit_args.get("batch_size") and source.is_batched:
            message = f"batch_size={seen.fit_args['batch_size']} is ignored: a {source.kind} brings its own batches."
            yield self.finding("note", message, fix="Leave batch_size out.", argument="batch_size")

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        argument = finding.evidence["argument"]
        costs = f"{argument} has no effect then" if "weight" in argument else ""
        yield arguments.without(at(seen, finding), argument, costs=costs)

    def broken(self) -> Iterator[Any]:
        return sound()

    def mended(self) -> Any:
        import keras

        class Items(keras.utils.PyDataset):
            def __len__(self) -> int:
                return 6

            def __getitem__(self, index: int) -> Any:
                x, y = list(sound())[index]
                return x, (y > 0).astype("int64")

        return Items(workers=1)


def _named(failure: Failure, fit_args: Mapping[str, Any]) -> str | None:
    """The user's argument that fit's sentence is about."""
    unexpected = UNEXPECTED.search(failure.details)
    if unexpected is not None and failure.type == "TypeError":
        return unexpected[1] if unexpected[1] in fit_args and failure.frame is None else None
    given = [name for name in IN_THE_BATCH if fit_args.get(name) is not None]
    refused = re.compile(r"not be passed|not supported for|only supported for")
    return next(
        (name for name in given if f"`{name}" in failure.line and refused.search(failure.line)),
        None,
    )


def _instead(argument: str, source: Source) -> str:
    if argument in {"y", "sample_weight"}:
        parts = ["x", "y"] if argument == "y" else ["x", "y", "sample_weight"]
        which = "targets" if argument == "y" else "weights"
        if source.is_graph:
            return f"Put the {which} into the dataset: `tf.data.Dataset.zip(({', '.join(parts)}))`."
        place = "second" if argument == "y" else "third"
        return f"Put the {which} into the batch, as its {place} element: {give(source, parts)}."
    if argument in WORKERS and source.is_indexed:
        return "Pass it to the PyDataset's own constructor: `super().__init__(workers=4)`."
    if argument in WORKERS and source.kind != "generator":
        return f"Leave {argument} out: only a PyDataset has workers, `super().__init__(workers=4)`."
    return IN_THE_BATCH.get(argument) or GONE.get(argument) or f"Leave {argument} out: fit has no such argument."
