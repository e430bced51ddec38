from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from gendiag.records import Batch, Finding, counted
from gendiag.rules.edits import arguments
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.declared import declared
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import held
from gendiag.rules.evidence.to_type import code, give
from gendiag.rules.rule import ROWS, Edits, Rule, sound
from gendiag.sources.source import describe_type

SHOWN = 6  # classes in the message
TABLE = 2
LEAVE_OUT = "Leave class_weight out and"


class ClassWeightMismatch(Rule):
    """``class_weight`` does not go with the labels, or with the model.

    What fit does
        Makes a weight per sample of it: ``class_weight[label]``, for one output and one label per sample. With several
        outputs it raises; a dict of dicts, one per output, raises "can only concatenate str (not "int") to str" with a
        dataset and "tuple index out of range" with a PyDataset. A label above the largest key raises with a dataset
        ("indices[2] = 2 is not in [0, 2)") and weighs 1 with arrays and a PyDataset. Keys that are no whole numbers,
        such as ``"0"``, match no label there: all weights are 1.

    Why it hurts
        No message names the class or the argument, and where none is raised, the classes are not weighted at all.

    How to mend it
        ``{0: 1.0, 1: 5.0}``, with every class as a whole number; for several outputs sample weights in the batch.

    Known limits
        A class that has no key weighs 1 without harm where fit takes it, and is not reported; nor is a key that meets
        no label, as long as another one does.

    Source
        keras 3.15.1, tf_dataset_adapter.make_class_weight_map_fn and data_adapter_utils.class_weight_to_sample_weights;
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "class-weight-mismatch", "class_weight does not go with the labels"
    fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"class_weight": MappingProxyType({7: 1.0, 8: 2.0})})
    mended_fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {"class_weight": MappingProxyType({0: 1.0, 1: 2.0})}
    )

    def check(self, seen: Evidence) -> Iterator[Finding]:
        given = seen.fit_args.get("class_weight")
        if given is None or seen.source.kind == "generator" or seen.source.is_foreign:
            return
        if seen.failure is not None and seen.failure.frame is None:
            yield from self._refused(seen, given)
        elif seen.failure is None and seen.rehearsal.deliveries and isinstance(given, Mapping):
            yield from self._without_effect(seen, given)

    # ------------------------------------------------------------------ fit raises
    def _refused(self, seen: Evidence, given: Any) -> Iterator[Finding]:
        raised = f"fit raises {seen.failure}"
        found = _of_the_start(seen, given) if not seen.rehearsal.deliveries else None
        if found is not None:
            yield self.finding("error", f"{found[0]}: {raised.rstrip('.')}.", fix=found[1], argument="class_weight")
            return
        beyond = _beyond(seen, given)
        if beyond is None:
            return
        index, labels, keys = beyond
        message = (
            f"y of {seen.place(index)} holds {_shown(labels)}, for which class_weight has no weight (its keys are "
            f"{_shown(keys)}): with a tf.data.Dataset fit looks each label up in a table of 0 to "
            f"{max(keys)}, and raises."
        )
        fix = f"Give every class a weight, also those of 1: `class_weight={{..., {labels[0]}: 1.0}}`."
        if labels[0] < 0:
            weights = "tf.where(y < 0, 0.0, tf.gather(weights, tf.maximum(y, 0)))"
            fix = (
                f"{LEAVE_OUT} give a weight per sample instead, 0 where the label is below 0: "
                f"{give(seen.source, ['x', 'y', weights])}."
            )
        yield self.finding("error", message, fix=fix, batches=[index], leaf="y", argument="class_weight")

    # ------------------------------------------------------------------ fit takes it
    def _without_effect(self, seen: Evidence, given: Mapping[Any, Any]) -> Iterator[Finding]:
        labels = _labels(seen, seen.batches)
        if not given or labels is None or any(_as_class(key) in labels for key in given):
            return
        keys, are_text = list(given), any(isinstance(key, str) for key in given)
        message = (
            f"class_weight has no effect: its keys are {_shown(keys)}, and no label in "
            f"{counted(len(seen.batches), 'batch', 'batches')} is one of them (y holds {_shown(sorted(labels))}), so "
            "that every sample weighs 1."
        )
        fix = (
            "Use whole numbers as keys, `{0: 1.0, 1: 5.0}`: the number of the class, not its name."
            if are_text
            else f"Use the labels that y holds as keys: `class_weight={{{_example(labels)}}}`."
        )
        yield self.finding("warning", message, fix=fix, leaf="y", argument="class_weight")

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        yield arguments.without(at(seen, finding), "class_weight", costs="every class weighs 1")

    def broken(self) -> Any:
        return _dataset()

    def mended(self) -> Any:
        return _dataset()


def _example(labels: set[int]) -> str:
    shown = ", ".join(f"{label}: 1.0" for label in sorted(labels)[:2])
    return f"{shown}, ..." if len(labels) > TABLE else shown


def _of_the_start(seen: Evidence, given: Any) -> tuple[str, str] | None:
    """Why fit cannot begin, and what to do; None where the argument itself is sound."""
    if isinstance(given, str):
        balanced = "sklearn.utils.class_weight.compute_class_weight('balanced', classes=np.unique(y), y=y)"
        return (
            f"class_weight is the text {given!r}, where fit takes a dict of class number to weight",
            f"Compute the weights, `weights = {balanced}`, and pass `class_weight=dict(zip(np.unique(y), weights))`.",
        )
    if not isinstance(given, Mapping):
        return (
            f"class_weight is {describe_type(given)}, where fit takes a dict of class number to weight",
            "Pass a dict: `class_weight=dict(enumerate(weights))`.",
        )
    return _of_outputs(seen, given) or _of_entries(given) or _of_other_weights(seen)


def _of_outputs(seen: Evidence, given: Mapping[Any, Any]) -> tuple[str, str] | None:
    parts = [leaf.path for leaf in _targets(seen)]
    only = "for a model with a single output, and one flat dict of class number to weight"
    if any(isinstance(value, (Mapping, list, tuple)) for value in given.values()):
        return f"class_weight is nested ({_shown(list(given))}), a dict per output, where it is {only}", _in_the_batch(
            seen
        )
    if len(parts) > 1 or (parts and parts != ["y"]):
        nested = f"{len(parts)} parts" if len(parts) > 1 else "a name of its own"
        return f"class_weight is {only}; y has {nested} ({', '.join(parts[:SHOWN])})", _in_the_batch(seen)
    return None


def _of_entries(given: Mapping[Any, Any]) -> tuple[str, str] | None:
    odd = [key for key in given if not isinstance(key, (int, np.integer))]
    values = [value for value in given.values() if not isinstance(value, (int, float, np.number))]
    if not given:
        return "class_weight is empty", "Leave it out, or give every class a weight: `{0: 1.0, 1: 5.0}`."
    if odd:
        what = f"class_weight has the key {odd[0]!r}, where fit takes whole numbers"
        return what, "Use the number of the class as key: `{0: 1.0, 1: 5.0}`."
    if values:
        return f"class_weight holds {values[0]!r}, which is no number", "Give every class a number as weight."
    return None


def _of_other_weights(seen: Evidence) -> tuple[str, str] | None:
    if seen.failure is not None and "sample_weight" in seen.failure.line:
        weights = code(seen.source, "weights[y]", "tf.gather(weights, y)").strip("`")
        summed = give(seen.source, ["x", "y", f"sample_weight * {weights}"], takes="x, y, sample_weight")
        return (
            "The batches have sample weights, and class_weight is given too",
            f"{LEAVE_OUT} multiply it into the sample weights: {summed}.",
        )
    if max((len(leaf.shape) for leaf in _targets(seen) if leaf.shape is not None), default=0) > TABLE:
        return (
            "class_weight is for one label per sample, and y has one per position",
            f"{LEAVE_OUT} give a weight per position instead: {_weighed(seen)}.",
        )
    return None


def _in_the_batch(seen: Evidence) -> str:
    return (
        f"{LEAVE_OUT} give a weight per sample instead, for each output its own, as the third part of a batch "
        f"(`weights` is a dict by output): {give(seen.source, ['x', 'y', 'weights'])}."
    )


def _weighed(seen: Evidence) -> str:
    weights = code(seen.source, "weights[y]", "tf.gather(weights, y)").strip("`")
    return give(seen.source, ["x", "y", weights])


def _targets(seen: Evidence) -> list[Any]:
    first = next(iter((*seen.batches, *seen.profile.peeks)), None)
    if first is not None:
        return [leaf for leaf in first.leaves if leaf.role == "y"]
    return [leaf for leaf in declared(seen.source) if leaf.role == "y"]


def _beyond(seen: Evidence, given: Any) -> tuple[int, list[int], list[int]] | None:
    """The first batch with labels that a table of the keys has no place for."""
    if not seen.source.is_graph or not isinstance(given, Mapping):
        return None
    keys = sorted(int(key) for key in given if isinstance(key, (int, np.integer)))
    highest = keys[-1] if keys else -1
    for index in (seen.fails_at, *range(len(seen.batches))):
        labels = _labels(seen, [batch for batch in seen.batches if batch.index == index])
        odd = sorted(label for label in labels or () if not 0 <= label <= highest)
        if odd and index is not None:
            return index, odd, keys
    return _read_anew(seen, highest, keys)


def _read_anew(seen: Evidence, highest: int, keys: list[int]) -> tuple[int, list[int], list[int]] | None:
    """What the failure itself says: ``indices[2] = 4 is not in [0, 2)``."""
    said = re.search(
        r"indices\[[\d,\s]*\] = (-?\d+) is not in \[0, (\d+)\)", seen.failure.details if seen.failure else ""
    )
    if said is None or int(said[2]) != highest + 1 or seen.fails_at is None:
        return None
    return seen.fails_at, [int(said[1])], keys


def _labels(seen: Evidence, batches: Any) -> set[int] | None:
    """Every label of the only target, as class_weight takes them; None where they are no classes."""
    found: set[int] = set()
    for batch in batches:
        arrays = _held_targets(seen, batch)
        if len(arrays) != 1:
            return None
        array = arrays[0]
        if array.dtype.kind not in "biuf" or not np.isfinite(array).all():
            return None
        if array.ndim > 1:
            array = array.argmax(axis=-1) if array.shape[-1] > 1 else array[..., 0]
        found |= {int(label) for label in np.unique(np.round(array))}
    return found or None


def _held_targets(seen: Evidence, batch: Batch) -> list[Any]:
    paths = {leaf.path for leaf in batch.leaves if leaf.role == "y"}
    return [array for path, array in held(seen, batch.index).items() if path in paths]


def _as_class(key: object) -> int | None:
    return int(key) if isinstance(key, (int, float, np.integer, np.floating)) and key == int(key) else None


def _shown(values: list[Any]) -> str:
    return ", ".join(map(repr, values[:SHOWN])) + (", ..." if len(values) > SHOWN else "")


def _dataset() -> Any:
    import tensorflow as tf

    x, y = (np.concatenate(part) for part in zip(*sound(), strict=True))
    labels = (np.arange(len(y)) % 2).astype("float32")[:, None]
    return tf.data.Dataset.from_tensor_slices((x, labels)).batch(ROWS)
