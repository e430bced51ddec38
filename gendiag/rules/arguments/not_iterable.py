from __future__ import annotations

import inspect
from collections.abc import Generator, Iterator
from typing import Any

from gendiag.records import Finding
from gendiag.rules.edits import arguments, generators, streams
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Edits, Rule, sound
from gendiag.sources.source import Source, describe_type

SHOWN = 4  # names of parts in the message
NO_BATCHES = (str, bytes, dict, set, frozenset)  # though they can be iterated over


class NotIterable(Rule):
    """What was passed is nothing that fit reads batches from, though it may well be iterable in Python.

    What fit does
        Looks at the class: arrays, ``tf.data.Dataset``, ``PyDataset``, torch ``DataLoader``, and native generators
        (``types.GeneratorType``). Everything else raises "Unrecognized data type": ``zip``, ``map``, a class with
        ``__iter__`` and ``__next__``, a function, a list of batches. Validation data are looked at after epoch 1 only.

    Why it hurts
        Keras 2 took any iterator, and much code on the web still relies on it.

    How to mend it
        Wrap it: ``(batch for batch in source)`` is a native generator. For several epochs write a PyDataset.

    Known limits
        None known.

    Source
        keras 3.15.1, data_adapters/__init__.py; measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "not-iterable", "fit reads no batches from such an object"
    consequence_of = ("list-for-array", "validation-form")
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        if seen.failure is None:
            return
        if seen.source.is_foreign:
            yield self._finding("x", seen.source)
        validation = seen.validation_source
        if validation is not None and validation.is_foreign and not seen.rehearsal.validation:
            yield self._finding("validation_data", validation, source="validation")

    def _finding(self, argument: str, origin: Source, **evidence: Any) -> Finding:
        message = f"{argument} is {describe_type(origin.value)}{_parts(origin.value)}; {_why(origin.value)}."
        fix = _fix(origin.value, "fit(dataset)" if argument == "x" else f"{argument}=dataset")
        return self.finding("error", message, fix=fix, type=type(origin.value).__name__, **evidence)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        place = at(seen, finding)
        value = seen.validation_source.value if finding.in_validation and seen.validation_source else seen.source.value
        parts = list(value) if isinstance(value, (list, tuple)) else []
        iterators = [number for number, part in enumerate(parts) if hasattr(part, "__next__")]
        if iterators:
            yield generators.zipped(place, iterators, len(parts))
        elif parts:
            yield streams.kept(place, size=1)
        elif hasattr(value, "__iter__") or hasattr(value, "__next__"):
            yield generators.native(place)
        elif finding.in_validation:
            yield arguments.without(place, "validation_data", costs="nothing is validated", size=5)

    def broken(self) -> Iterator[Any]:
        return zip(*(iter(part) for part in zip(*sound(), strict=True)), strict=True)

    def mended(self) -> Iterator[Any]:
        return sound()


def _parts(value: object) -> str:
    if not isinstance(value, (tuple, list)) or not value:
        return ""
    names = [type(item).__name__ for item in value]
    return f" of {len(names)} ({', '.join(names[:SHOWN])}{', ...' if len(names) > SHOWN else ''})"


def _why(value: object) -> str:
    if isinstance(value, Generator):
        return (
            "it follows the generator protocol, but fit looks at the type: "
            "only a native generator (made by yield) counts"
        )
    if hasattr(value, "__next__"):
        return "fit takes no iterator of such a class, only a native generator (types.GeneratorType)"
    if isinstance(value, (tuple, list)) and any(
        hasattr(item, "__next__") or hasattr(item, "__iter__") for item in value
    ):
        return "fit wants one generator of tuples, not a tuple or list of iterators or batches"
    return "fit takes a generator, a PyDataset, a tf.data.Dataset, a torch DataLoader or arrays"


def _fix(value: object, whole: str) -> str:
    """What to pass; ``whole`` is how a dataset is passed as this argument."""
    if isinstance(value, (tuple, list)) and value:
        return _fix_of_parts(value, whole)
    told = {
        f"Pass the dataset itself, `{whole}`, not its iterator: fit makes one for each epoch.": (
            type(value).__name__ in {"OwnedIterator", "NumpyIterator"}
        ),
        "An ImageDataGenerator is no iterator yet: pass `datagen.flow(x, y)`.": hasattr(value, "flow"),
        f"Call it: pass `{getattr(value, '__name__', '')}(...)`, the generator that it makes, and not the function.": (
            inspect.isgeneratorfunction(value)
        ),
        "Wrap it in a native generator, `(batch for batch in source)`, or write a keras.utils.PyDataset.": (
            not isinstance(value, NO_BATCHES) and (hasattr(value, "__iter__") or hasattr(value, "__next__"))
        ),
    }
    general = "Pass the batches themselves: a generator, a PyDataset, a tf.data.Dataset or arrays."
    return next((text for text, holds in told.items() if holds), general)


def _fix_of_parts(value: tuple[Any, ...] | list[Any], whole: str) -> str:
    if all(hasattr(part, "element_spec") for part in value):
        if len(value) == 1:
            return f"Pass the dataset itself, `{whole}`, without the list around it."
        return "Make one dataset of pairs: `dataset = tf.data.Dataset.zip((x, y))`."
    if all(isinstance(part, (tuple, list)) for part in value):
        return "Make a generator of the batches, `(batch for batch in batches)`, or write a keras.utils.PyDataset."
    return "Combine them in one generator: `def both(): ...; yield x, y` takes a batch from each."
