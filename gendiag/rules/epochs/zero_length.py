from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gendiag.records import Finding
from gendiag.rules.edits import datasets
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Edits, Rule, sound
from gendiag.sources.source import Source

LOOK = "Look at the folder that was passed: its sub-folders, one per class, must hold the images."


class ZeroLength(Rule):
    """The source yields no batch at all.

    What fit does
        Raises before the first step ("must yield at least one batch", "has length 0").

    Why it hurts
        It is mostly a folder that was not found, or a batch size larger than the number of samples.

    How to mend it
        Look at the list behind the loop; divide with ``math.ceil``.

    Known limits
        None known.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0; IndexError "list index out of range" on 3.8.0 and 3.3.3.
    """

    name, title = "zero-length", "The source yields no batch"
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        other = seen.validation_source
        failure = seen.rehearsal.failure
        if other is not None and other.is_indexed and other.length == 0 and failure and "length 0" in failure.line:
            message = f"validation_data, a {other.kind}, has length 0: there is no batch to validate on."
            yield self.finding("error", message, fix=_fix_of_subset(other.value), source="validation")
        yield from self._validation(seen)
        yielded_none = not seen.batches and seen.profile.failure is None
        says_zero = seen.source.length == 0
        if seen.failure is None or seen.rehearsal.failed_in != "start" or not (yielded_none or says_zero):
            return
        if says_zero:
            found_none = _is_of_files(seen.source.value)
            what = "It found no files" if found_none else "Is the batch size larger than the number of samples?"
            message = f"The {seen.source.kind} has length 0: no batch at all. {what}{'.' * found_none}"
            fix = LOOK if found_none else "Round up: `math.ceil(len(x) / batch_size)`, or use a smaller batch size."
        elif seen.profile.ended == "end":
            message, fix = _yields_none(seen.source, f"The {seen.source.kind}", seen.rehearsal.method)
        else:
            return
        yield self.finding("error", message, fix=fix)

    def _validation(self, seen: Evidence) -> Iterator[Finding]:
        """A generator that has nothing for the first evaluation."""
        other, read = seen.validation_source, seen.validation
        if other is None or not other.one_shot or seen.rehearsal.failed_in != "validation" or seen.failure is None:
            return
        if not read.batches and not read.peeks and read.failure is None and "at least one batch" in seen.failure.line:
            message, fix = _yields_none(other, "The generator in validation_data", "fit")
            yield self.finding("error", message, fix=fix, source="validation")

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        if not finding.in_validation:
            yield datasets.length(at(seen, finding), 1)

    def broken(self) -> Iterator[Any]:
        return sound(0)

    def mended(self) -> Iterator[Any]:
        return sound()


def _yields_none(source: Source, what: str, method: str) -> tuple[str, str]:
    name = source.read_before
    if not name:
        message = f"{what} yields no batch: it is empty from the start."
        return message, (
            "Look at the loop: the list of files or samples may be empty, "
            "or the batch size larger than the number of samples."
        )
    is_itself = name == getattr(source.value, "__name__", "")
    which = "it" if is_itself else f"the generator {name}, which it holds,"
    message = (
        f"{what} yields no batch: {which} had been read to its end (or closed) before this {method}, "
        "and a generator can be read once only."
    )
    return message, (
        "Make a new generator for each call by calling its function again, or pass what can be read again: a "
        "PyDataset, a tf.data.Dataset, arrays."
    )


def _is_of_files(value: Any) -> bool:
    """Whether it is an iterator over a folder or a table of files, whose length is that of what it found."""
    return hasattr(value, "class_indices")


def _fix_of_subset(value: Any) -> str:
    if _is_of_files(value) and max(getattr(value, "split", None) or (0, 0)) > 0:
        return LOOK
    if _is_of_files(value) or hasattr(value, "image_data_generator"):
        return (
            "Tell the ImageDataGenerator which share to set aside, `ImageDataGenerator(validation_split=0.2)`: without "
            "it `subset='validation'` is empty and `subset='training'` is everything."
        )
    return "Round up: `math.ceil(len(x) / batch_size)`, or use a smaller batch size for the validation."
