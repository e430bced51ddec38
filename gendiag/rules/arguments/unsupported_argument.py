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
from gendiag.runtime.short_value import short
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
OF_VALIDATION = {"validation_steps": None, "validation_batch_size": None, "validation_freq": 1}  # and its default
UNEXPECTED = re.compile(r"unexpected keyword argument '(\w+)'")


class UnsupportedArgument(Rule):
    """fit is given an argument that it does not take, or not together with such a source.

    What fit does
        Raises before anything is read: ``y`` and ``sample_weight`` go with arrays only, ``validation_split`` too, and
        ``class_weight`` not with a generator. ``workers``, ``use_multiprocessing`` and ``max_queue_size`` are no
        arguments of fit any more. Without a word it ignores ``batch_size`` beside a source of batches,
        ``validation_steps``, ``validation_freq`` and ``validation_batch_size`` where nothing is validated on, the last
        also where the validation data bring batches of their own, and ``validation_split`` beside ``validation_data``.

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
            argument = _named(failure, seen.fit_args, source)
            if argument is not None:
                kind = source.kind if source.is_sliced else f"a {source.kind}"
                is_known = argument in IN_THE_BATCH
                what = f"does not take {argument}= with this source, {kind}" if is_known else f"has no {argument}="
                message = f"{seen.rehearsal.method} {what}: {failure.line.rstrip('.')}."
                fix = _instead(argument, source, seen.fit_args.get(argument))
                yield self.finding("error", message, fix=fix, argument=argument, type=failure.type)
        elif failure is None:
            for argument, message, fix in _ignored(seen):
                yield self.finding("note", message, fix=fix, argument=argument)

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


def _ignored(seen: Evidence) -> Iterator[tuple[str, str, str]]:
    """Every argument that does nothing here, why, and what to do."""
    given = {name: value for name, value in seen.fit_args.items() if value is not None}
    if given.get("batch_size") and seen.source.is_batched:
        why = f"a {seen.source.kind} brings its own batches"
        yield "batch_size", f"batch_size={given['batch_size']} is ignored: {why}.", "Leave batch_size out."
    is_split = bool(given.get("validation_split"))
    if is_split and "validation_data" in given:
        why = "fit validates on validation_data, and no sample is set aside"
        yield "validation_split", f"validation_split is ignored: {why}.", "Leave one of the two out."
    for name, default in OF_VALIDATION.items():
        if name not in given or given[name] == default:
            continue
        told = f"{name}={short(given[name])} is ignored:"
        if not is_split and "validation_data" not in given:
            fix = f"Pass `validation_data=...` beside it, or leave {name} out."
            yield name, f"{told} fit is given nothing to validate on.", fix
        elif name == "validation_batch_size" and (own := seen.validation_source) is not None and own.is_batched:
            yield name, f"{told} validation_data brings its own batches, as a {own.kind}.", f"Leave {name} out."


def _named(failure: Failure, fit_args: Mapping[str, Any], source: Source) -> str | None:
    """The user's argument that fit's sentence is about."""
    unexpected = UNEXPECTED.search(failure.details)
    if unexpected is not None and failure.type == "TypeError":
        return unexpected[1] if unexpected[1] in fit_args and failure.frame is None else None
    given = [name for name in IN_THE_BATCH if fit_args.get(name) is not None]
    if source.kind != "generator" and "class_weight" in given:
        given.remove("class_weight")  # any other source may have one: the labels or the outputs refuse it
    refused = re.compile(r"not be passed|not supported for|only supported for")
    return next(
        (name for name in given if f"`{name}" in failure.line and refused.search(failure.line)),
        None,
    )


def _instead(argument: str, source: Source, value: Any) -> str:
    if argument in {"y", "sample_weight"}:
        parts = ["x", "y"] if argument == "y" else ["x", "y", "sample_weight"]
        which = "targets" if argument == "y" else "weights"
        if source.is_graph:
            return f"Put the {which} into the dataset: `tf.data.Dataset.zip(({', '.join(parts)}))`."
        place = "second" if argument == "y" else "third"
        return f"Put the {which} into the batch, as its {place} element: {give(source, parts)}."
    if argument in WORKERS and source.is_indexed:
        told = {"max_q_size": "max_queue_size", "nb_worker": "workers", "pickle_safe": "use_multiprocessing"}
        name = told.get(argument, argument)
        return f"Pass it to the PyDataset's own constructor: `super().__init__({name}={short(value)})`."
    if argument in WORKERS and source.kind != "generator":
        return f"Leave {argument} out: only a PyDataset has workers, `super().__init__(workers=4)`."
    return IN_THE_BATCH.get(argument) or GONE.get(argument) or f"Leave {argument} out: there is no such argument."
