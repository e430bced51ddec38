from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

import numpy as np

from gendiag.batches.tree import ROLES
from gendiag.batches.values import kind_of
from gendiag.records import Finding, counted
from gendiag.rules.edits.edit import Edit
from gendiag.rules.edits.place import at
from gendiag.rules.edits.templates import edit, function, put
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Edits, Rule, sound

LOOKED_AT = 64  # items of a list, whose kind says what it holds
ARRAYS = ("array", "tensor")


class Listed(NamedTuple):
    """A Python list in the place of an array: ``what`` it is, and the code that makes an array of it."""

    what: str
    code: str


class ListForArray(Rule):
    """x, y or sample_weight, given to fit as a whole, is a Python list where an array is meant.

    What fit does
        Takes a list for nesting: each number in it would be an array of its own. It raises "Unrecognized data type" and
        quotes x with its type, also where y or the weights are the list. A list of arrays, one per sample, is taken for
        as many inputs, and "Data cardinality is ambiguous". Validation data are looked at after epoch 1 only.

    Why it hurts
        Keras 2 made arrays of lists, and the message blames x, which may be a sound array.

    How to mend it
        Make arrays of them: ``np.array(x)`` for numbers, ``np.stack(x)`` for an array per sample. Lists of different
        lengths are padded first. ``[a, b]`` with two arrays of all samples is right: these are two inputs.

    Known limits
        A list of arrays is taken for samples where it has as many items as another part has rows, or as the model has
        no inputs.

    Source
        keras 3.15.1, array_slicing.can_slice_array; measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "list-for-array", "A Python list stands where fit wants an array"
    fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"y": [float(x[0] * 2) for x in next(sound())[0]]})
    mended_fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"y": next(sound())[1]})
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        if seen.failure is None or not (seen.source.is_sliced or seen.source.is_foreign):
            yield from self._of_validation(seen)
            return
        found = _lists(seen, _given(seen))
        if found:
            yield self._finding(seen, found)
        else:
            yield from self._of_validation(seen)

    def _of_validation(self, seen: Evidence) -> Iterator[Finding]:
        given = seen.fit_args.get("validation_data")
        failed = seen.failure is not None and not seen.rehearsal.validation
        if failed and isinstance(given, (tuple, list)) and not _are_batches(given):
            found = _lists(seen, dict(zip(ROLES, given, strict=False)))
            if found:
                yield self._finding(seen, found, source="validation")

    def _finding(self, seen: Evidence, found: dict[str, Listed], **evidence: Any) -> Finding:
        where = "In validation_data " if evidence else ""
        told = " and ".join(f"{name} is {one.what}" for name, one in found.items())
        message = f"{where}{told}; fit makes no batch of a list: it takes arrays, tensors and data frames."
        failure = seen.failure.line if seen.failure is not None else ""
        if failure.startswith("Unrecognized") and not any(name.startswith("x") for name in found):
            message += " Keras's message names x, which is an array as it should be."
        codes = ", ".join(f"`{one.code}`" for one in found.values())
        fix = f"Make {'an array' if len(found) == 1 else 'arrays'} of {' and '.join(found)} before fit: {codes}."
        batches = [0] if seen.rehearsal.deliveries and not evidence else []
        return self.finding("error", message, fix=fix, batches=batches, parts=dict(found), **evidence)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        parts: dict[str, Listed] = finding.evidence["parts"]
        if any("pad" in one.code for one in parts.values()):
            return
        if finding.in_validation or isinstance(seen.source.value, tuple):
            place = at(seen, finding)
            lines = [f"{', '.join(place.names)} = arrays"]
            lines += [put(name, one.code) for name, one in parts.items()]
            lines.append(f"return {', '.join(place.names)}")
            yield edit(place, "Make arrays of the lists", function("arrays", lines))
        elif set(parts) <= {"y", "sample_weight"}:
            made = {name: np.array(seen.fit_args[name]) for name in parts}
            yield Edit(f"Pass an array as {' and '.join(parts)}", fit_args=made)

    def broken(self) -> Any:
        return next(sound())[0]

    def mended(self) -> Any:
        return next(sound())[0]


def _given(seen: Evidence) -> dict[str, Any]:
    """What stands for x, y and the weights, wherever it was given."""
    value = seen.source.value
    is_whole = isinstance(value, tuple) and len(value) <= len(ROLES) and seen.fit_args.get("y") is None
    own = dict(zip(ROLES, value, strict=False)) if is_whole else {"x": value}
    return own | {role: seen.fit_args[role] for role in ROLES if seen.fit_args.get(role) is not None}


def _are_batches(given: Any) -> bool:
    """Whether each element is a tuple of arrays, which validation-form tells."""
    return all(isinstance(each, tuple) and all(hasattr(part, "shape") for part in each) for each in given)


def _lists(seen: Evidence, given: Mapping[str, Any]) -> dict[str, Listed]:
    """Which of these are lists in the place of arrays, by name."""
    sizes = {role: _size(part) for role, part in given.items()}
    facts = seen.model_facts
    ports = {"x": len(facts.inputs), "y": len(facts.outputs), "sample_weight": len(facts.outputs)}
    found: dict[str, Listed | None] = {}
    for role, whole in given.items():
        others = {size for other, size in sizes.items() if other != role}
        for name, part in _parts(role, whole, ports[role]):
            found[name] = _of_numbers(name, part) or _of_samples(name, part, others, ports[role])
    return {name: one for name, one in found.items() if one is not None}


def _parts(role: str, whole: Any, ports: int) -> list[tuple[str, Any]]:
    """Give the parts that are an array each: those of a dict, and of a list with one per input."""
    if isinstance(whole, Mapping):
        return [(f"{role}[{key!r}]", part) for key, part in whole.items()]
    if isinstance(whole, (list, tuple)) and len(whole) == ports > 1:
        return [(f"{role}[{place}]", part) for place, part in enumerate(whole)]
    return [(role, whole)]


def _size(part: Any) -> int | None:
    """How many samples a part seems to have."""
    shape = getattr(part, "shape", None)
    if shape:
        return int(shape[0])
    return len(part) if isinstance(part, (list, tuple, range)) else None


def _of_numbers(name: str, part: Any) -> Listed | None:
    depth = _depth(part)
    if not depth:
        return None
    kind = "tuple" if isinstance(part, tuple) else "range" if isinstance(part, range) else "list"
    if depth > 1 and len({len(item) for item in part[:LOOKED_AT]}) > 1:
        what = f"a Python {kind} of {counted(len(part), 'list')} of different lengths"
        return Listed(what, f'keras.utils.pad_sequences({name}, dtype="float32", padding="post")')
    what = f"a Python {kind} of {counted(len(part), 'number' if depth == 1 else 'list')}"
    return Listed(what, f"np.array({name})")


def _depth(part: Any) -> int:
    """How deep lists of Python numbers or texts are nested; 0 for anything else."""
    if not isinstance(part, (list, tuple, range)) or not part:
        return 0
    if all(isinstance(item, (bool, int, float, complex, str, np.generic)) for item in part[:LOOKED_AT]):
        return 1
    depths = {_depth(item) for item in part[:LOOKED_AT]}
    return 1 + depths.pop() if len(depths) == 1 and depths != {0} else 0


def _of_samples(name: str, part: Any, others: set[int | None], ports: int) -> Listed | None:
    """A list with an array per sample, and not one per input or output."""
    if not isinstance(part, (list, tuple)) or len(part) < 2 or len(part) == ports:  # noqa: PLR2004  (one is an input)
        return None
    if any(kind_of(item) not in ARRAYS for item in part[:LOOKED_AT]) or not (ports or len(part) in others):
        return None
    shapes = {tuple(item.shape) for item in part[:LOOKED_AT]}
    what = f"a Python list of {len(part)} arrays, one per sample, which fit takes for {len(part)} {_ports(name)}"
    padded = f'keras.utils.pad_sequences({name}, dtype="float32", padding="post")'
    return Listed(what, f"np.stack({name})" if len(shapes) == 1 else padded)


def _ports(name: str) -> str:
    return {"x": "inputs", "y": "outputs"}.get(name, "arrays of weights")
