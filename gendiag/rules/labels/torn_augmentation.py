from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, TypeAlias

import numpy as np

from gendiag.batches.values import Array, digest
from gendiag.records import Finding, counted, listed
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import are_two_views, held
from gendiag.rules.rule import Rule

Turn: TypeAlias = tuple[bool, tuple[bool, ...]]  # axes exchanged, and which are then mirrored
MOST_SAMPLES = 400  # looked at
LEAST, LEAST_SHARE = 4, 0.2  # samples that are turned apart, of those that come again
SERIES = 3  # axes: samples, steps, features
SIDE = 2  # shortest axis that can be mirrored


class Pose(NamedTuple):
    """What an array is but for its turn, and how it is turned."""

    content: str
    turn: Turn


class TornAugmentation(Rule):
    """x and y are mirrored or turned by separate draws, so that they no longer lie on each other.

    What fit does
        Trains on the pairs as they come.

    Why it hurts
        A mask, a heat map or a series of targets says of each place in x what is there. Mirrored apart from x, it is
        the right one for no place, and the model learns a blur of both; the loss settles high.

    How to mend it
        Draw once per sample and do the same to both: ``flip = rng.random() < 0.5; x, y = (x[:, ::-1], y[:, ::-1]) if
        flip else (x, y)``; of two Keras generators give both the same ``seed=``; put a random layer on both at once.

    Known limits
        Mirroring and quarter turns are proven, since every value comes again elsewhere; shifts, zooms and other angles
        are not seen, nor are samples that look the same when mirrored. A sample must come twice.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "torn-augmentation", "x and y are mirrored or turned apart from each other"
    fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"epochs": 3, "steps_per_epoch": 4})

    def check(self, seen: Evidence) -> Iterator[Finding]:
        if are_two_views(seen):
            return
        known: dict[str, tuple[str, Turn, Turn]] = {}
        torn: dict[int, int] = {}
        again = 0
        for batch, x, y in _poses(seen):
            first = known.setdefault(x.content, (y.content, x.turn, y.turn))
            if first[0] != y.content:  # another sample's y: see torn-pairs
                continue
            again += first[1:] != (x.turn, y.turn)
            if (first[1] == x.turn) != (first[2] == y.turn):
                torn[batch] = torn.get(batch, 0) + 1
        count = sum(torn.values())
        if count >= max(LEAST, LEAST_SHARE * again):
            yield self._finding(seen, dict(sorted(torn.items())), count)

    def _finding(self, seen: Evidence, torn: dict[int, int], count: int) -> Finding:
        first = next(iter(torn))
        message = (
            f"From {seen.place(first)} on, {counted(count, 'sample')} of {listed(torn)} come with the same x and the y "
            "that belongs to it, but only one of the two is mirrored or turned against the first time: x and y are "
            "augmented by separate draws."
        )
        fix = (
            "Augment both with one draw: `flip = rng.random() < 0.5`, then the same `[:, ::-1]` for x and y; two Keras "
            "generators take the same `seed=`."
        )
        return self.finding("warning", message, fix=fix, batches=torn, leaf="y", torn=count)

    def broken(self) -> Iterator[Any]:
        yield from _flipped(together=False)

    def mended(self) -> Iterator[Any]:
        yield from _flipped(together=True)

    def model(self) -> Any:
        import keras

        model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(1, 1, activation="sigmoid")])
        model.compile("sgd", "mse")
        return model


def _flipped(*, together: bool) -> Iterator[Any]:
    random = np.random.default_rng(0)
    y = random.random((16, 4, 4, 1)).astype("float32")
    for _ in range(3):
        for part in np.split(y, 4):
            one, other = random.integers(2, size=4) == 1, random.integers(2, size=4) == 1
            yield _mirrored(part * 0.5, one), _mirrored(part, one if together else other)


def _mirrored(images: Array, which: Array) -> Array:
    images = images.copy()
    images[which] = images[which, :, ::-1]
    return images


def _poses(seen: Evidence) -> Iterator[tuple[int, Pose, Pose]]:
    """Batch and poses of x and y, sample by sample as trained on, where both have the same sides and no symmetry."""
    looked_at = 0
    for batch in (delivery.batch for delivery in seen.rehearsal.deliveries):
        if batch is None or looked_at >= MOST_SAMPLES:
            continue
        arrays = held(seen, batch)
        pair = [next((a for path, a in arrays.items() if path.startswith(side)), None) for side in ("x", "y")]
        if pair[0] is None or pair[1] is None or len(pair[0]) != len(pair[1]):
            continue
        sides = _sides(pair[0], pair[1])
        for row in range(len(pair[0]) if sides else 0):
            looked_at += 1
            x, y = _pose(pair[0][row], sides), _pose(pair[1][row], sides)
            if x is not None and y is not None:
                yield batch, x, y


def _sides(x: Array, y: Array) -> int:
    """How many axes behind the first one x and y share: two for images and masks, one for series; 0 for labels."""
    if y.ndim not in (x.ndim, x.ndim - 1) or y.ndim < SERIES:
        return 0
    shared = 0
    for axis in (1, 2):
        alike = x.ndim > axis and y.ndim > axis and x.shape[axis] == y.shape[axis] >= SIDE
        shared += alike and shared == axis - 1
    return 0 if x.ndim > SERIES and shared < 2 else shared  # noqa: PLR2004  (height and width)


def _pose(sample: Array, sides: int) -> Pose | None:
    """Return the sample but for its turn; None where it looks the same in two ways."""
    turned: dict[str, Turn] = {}
    square = sides > 1 and sample.shape[0] == sample.shape[1]
    for swapped in (False, True) if square else (False,):
        other = np.swapaxes(sample, 0, 1) if swapped else sample
        for mirrored in product((False, True), repeat=sides):
            steps = tuple(slice(None, None, -1) if each else slice(None) for each in mirrored)
            key = digest(other[steps])
            if key in turned:
                return None
            turned[key] = swapped, mirrored
    content = min(turned)
    return Pose(content, turned[content])
