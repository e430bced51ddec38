from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from statistics import median
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from gendiag.batches.measure import measure_leaf
from gendiag.batches.tree import Part, flatten
from gendiag.batches.values import as_array
from gendiag.records import Finding, Leaf, counted, every, listed
from gendiag.rules.edits import numbers
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import Column, columns, first_pass, is_image
from gendiag.rules.evidence.to_type import code
from gendiag.rules.evidence.value_range import Spread, spread
from gendiag.rules.rule import Edits, Rule

TIMES = 30  # another unit, and not another sample of the same data
LEAST_VALUES = 24
LEAST_OF_MOMENTS, FULL, ALIKE = 200, 0.9, 0.1  # values; of the ends; between means and spreads
MOST_ROWS, PIECES = 1000, 8  # of validation arrays
THROUGHOUT = 5  # times the usual size of a batch, at most, for that of all
HALF_BYTE = 128
LEAST_MEAN = 16.0  # of a batch on the scale 0..255; a single outlier in a batch stays below


class Unscaled(Rule):
    """The same input is on another scale in the validation data, or in a part of the batches.

    What fit does
        Hands both to the model as they are: what the training source does to its samples is not done to
        ``validation_data``, and no batch is compared with another.

    Why it hurts
        The model meets numbers of another size than it learns from: val_loss says nothing about the training, or
        single batches throw the weights about.

    How to mend it
        Do the scaling in one place that every sample passes: one function for both sources, or a Rescaling layer as
        the first layer of the model.

    Known limits
        Told from ranges and spreads, so it says "likely". Of validation arrays the first 1,000 rows are looked at.
        Images of 0..255 alone are a note, and only where the model is known to scale nothing.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "unscaled", "Inputs on two scales"
    fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {"validation_data": (np.linspace(0, 255, 96).reshape(32, 3), np.ones((32, 1)))}
    )

    def check(self, seen: Evidence) -> Iterator[Finding]:
        yield from self._validation(seen)
        for path, column in columns(seen, "x").items():
            if mixed := _mixed(column):
                yield self._batches(seen, path, column, mixed)
        if seen.model_facts.scales == "no":
            yield from self._images(seen)

    def _validation(self, seen: Evidence) -> Iterator[Finding]:
        training = {batch.index for batch in first_pass(seen)}
        checked = _validation_leaves(seen)
        for path, column in columns(seen, "x").items():
            mine, theirs = [leaf for index, leaf in column if index in training], checked.get(path, [])
            here, there = spread(mine), spread(theirs)
            if here is None or there is None:
                continue
            is_other = _other_scale(here, there) and _is_throughout(mine if here.std > there.std else theirs)
            if is_other or _is_centred(here, there):
                yield self._between(path, here, there)

    def _between(self, path: str, here: Spread, there: Spread) -> Finding:
        message = (
            f"{path} spans {here} (mean {here.mean:.3g}) in the training batches and {there} (mean {there.mean:.3g}) "
            f"in validation_data: another scale, likely because the preprocessing of one is not done to the other."
        )
        if _is_centred(here, there):
            fix = f"Scale both alike, for example `{path} / 127.5 - 1` for -1..1 or `{path} / 255` for 0..1."
        elif here.is_unit and there.is_byte:
            fix = f"Scale validation_data as the training batches are, for example `{path} / 255` there."
        else:
            fix = "Let the training batches and validation_data pass through one preprocessing function."
        return self.finding("warning", message, fix=fix, leaf=path, training=str(here), validation=str(there))

    def _batches(self, seen: Evidence, path: str, column: Column, odd: list[int]) -> Finding:
        these = spread(leaf for index, leaf in column if index in odd)
        others = spread(leaf for index, leaf in column if index not in odd)
        one = len(odd) == 1
        where = f"In {seen.place(odd[0])}" if one else f"From {seen.place(odd[0])} on, in {listed(odd)},"
        message = (
            f"{where} {path} spans {these} where it spans {others} in the other "
            f"{counted(len(column) - len(odd), 'batch', 'batches')}: {'it is' if one else 'these are'} likely not "
            "scaled as the others are."
        )
        scaled = code(seen.source, f"{path}.astype('float32') / 255", f"tf.cast({path}, 'float32') / 255")
        fix = f"Scale {path} in every branch of the source, for example {scaled}."
        return self.finding("warning", message, fix=fix, batches=odd, leaf=path, odd=str(these), others=str(others))

    def _images(self, seen: Evidence) -> Iterator[Finding]:
        """Images of 0..255 for a model that scales nothing: beside others of 0..1, or alone."""
        images = {path: column for path, column in columns(seen, "x").items() if is_image(column[0][1])}
        spreads = {path: spread(leaf for _, leaf in column) for path, column in images.items()}
        unit = [path for path, s in spreads.items() if s is not None and s.is_unit]
        for path, whole in spreads.items():
            if whole is None or not whole.is_byte or whole.high < HALF_BYTE:
                continue
            beside = f" while {unit[0]} spans {spreads[unit[0]]}" if unit else ""
            message = (
                f"{path} spans {whole} in {every(len(images[path]))}{beside}, and no layer of the model scales "
                "it: the images are likely unscaled, 0..255 where most models want 0..1."
            )
            fix = f"Divide by 255 in the source, `{path} / 255`, or put `keras.layers.Rescaling(1 / 255)` first."
            batches = [index for index, _ in images[path]]
            yield self.finding("warning" if unit else "note", message, fix=fix, batches=batches, leaf=path)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        path = finding.leaf or ""
        if "training" in finding.evidence:
            yield numbers.scale(at(seen, finding, validation=True), path, "/ 255")
            yield numbers.scale(at(seen, finding), path, "/ 255")
        elif "odd" in finding.evidence:
            yield numbers.scale_large(at(seen, finding), path)
        else:
            yield numbers.scale(at(seen, finding), path, "/ 255")

    def broken(self) -> Iterator[Any]:
        random = np.random.default_rng(0)
        return ((x := random.random((8, 3)), x[:, :1]) for _ in range(6))

    def mended(self) -> Iterator[Any]:
        return ((x * 255, y) for x, y in self.broken())


def _validation_leaves(seen: Evidence) -> dict[str, list[Leaf]]:
    """Measured inputs of validation_data by path: from its profile, or of its arrays."""
    leaves: dict[str, list[Leaf]] = {}
    for batch in seen.validation.batches:
        for leaf in batch.leaves:
            leaves.setdefault(leaf.path, []).append(leaf)
    given = seen.fit_args.get("validation_data")
    if seen.validation_source is None and isinstance(given, (tuple, list)):
        for part in flatten(tuple(given)):
            array = as_array(part.value)
            if array is not None and array.ndim:
                pieces = np.array_split(array[:MOST_ROWS], PIECES)
                leaves[part.path] = [measure_leaf(Part(part.path, part.role, each)) for each in pieces if len(each)]
    return leaves


def _other_scale(here: Spread, there: Spread) -> bool:
    small, large = sorted((here, there), key=lambda spread: spread.std)
    if small.std <= 0 or min(here.values, there.values) < LEAST_VALUES:
        return False
    return large.std >= TIMES * small.std and large.largest >= TIMES * small.largest


def _is_throughout(leaves: list[Leaf]) -> bool:
    """Whether the batches are as large as the whole, which a few huge values in some of them do not make them."""
    whole = spread(leaves)
    sizes = [math.hypot(leaf.mean or 0.0, leaf.std or 0.0) for leaf in leaves if leaf.mean is not None]
    return whole is not None and THROUGHOUT * median(sizes) >= math.hypot(whole.mean, whole.std)


def _is_centred(here: Spread, there: Spread) -> bool:
    """Whether one is 0..1 and the other the same as -1..1, by their ends, their means and their spreads."""
    unit, centred = (here, there) if here.low >= 0 else (there, here)
    if min(here.values, there.values) < LEAST_OF_MOMENTS or not (unit.low >= 0 > centred.low):
        return False
    ends = FULL <= unit.high <= 1 and -1 <= centred.low <= -FULL and FULL <= centred.high <= 1
    moved = abs(centred.mean - (2 * unit.mean - 1)) < ALIKE and abs(centred.std - 2 * unit.std) < ALIKE
    return ends and moved and abs(centred.mean - unit.mean) > ALIKE


def _mixed(column: Column) -> list[int]:
    """Return the fewer of the batches on 0..255 and on 0..1, where every batch is on one of the two."""
    spreads = {index: spread([leaf]) for index, leaf in column}
    unit = [i for i, s in spreads.items() if s is not None and s.is_unit and s.values >= LEAST_VALUES]
    byte = [i for i, s in spreads.items() if s is not None and s.is_byte and s.mean >= LEAST_MEAN]
    if not unit or not byte or len(unit) + len(byte) < len(column):
        return []
    return min(byte, unit, key=len)
