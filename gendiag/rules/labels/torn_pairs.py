from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, TypeAlias

import numpy as np

from gendiag.batches.values import Array, digest
from gendiag.records import Delivery, Finding, counted, listed
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import are_two_views, held
from gendiag.rules.rule import Rule
from gendiag.sources.dataset_zip import are_shuffled_apart, pair_of

Key: TypeAlias = tuple[str, ...]  # digests of the parts of one sample
Pairs: TypeAlias = dict[Key, Key]  # inputs of a sample -> its targets

LEAST_ROWS = 16
LEAST_KNOWN = 0.5  # of a later epoch's samples that were in epoch 1
LEAST_TORN = 0.2  # of these with another sample's target; fewer may be noise on the labels
LEAST_ALIKE = 8  # samples that have the class of another one of their batch
LEAST_OWN = 0.5  # targets that differ, of those of epoch 1, for a target to tell whose it is


class TornPairs(Rule):
    """In a later epoch the same inputs come with other targets than in epoch 1.

    What fit does
        Trains on the pairs as they come; it does not know what belongs together.

    Why it hurts
        From that epoch on the model learns labels that are not those of its inputs, and unlearns what was right; the
        log only shows a loss that rises.

    How to mend it
        Shuffle x and y by one permutation: ``order = rng.permutation(len(x)); x, y = x[order], y[order]``. Shuffling
        each on its own, or only one of them in ``on_epoch_end``, tears the pairs. Datasets are zipped first and
        shuffled afterwards.

    Known limits
        Compares inputs exactly, so inputs that are changed at random are not looked at, nor are whole numbers, which
        may come with several labels. Of classes it is said only where an epoch has just the labels of epoch 1, each as
        often: labels that are drawn or changed at random are not. Whether the pairs of epoch 1 are right cannot be
        told, but of a zip of datasets that are shuffled apart, where the model compares y with its output.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "torn-pairs", "The same inputs come with other targets than in epoch 1"
    fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"epochs": 3, "steps_per_epoch": 4})

    def check(self, seen: Evidence) -> Iterator[Finding]:
        if _is_zipped_apart(seen):
            yield self._zipped(seen)
            return
        known = _unique(_pairs(seen, seen.by_epoch[0])) if seen.by_epoch[1:] and not are_two_views(seen) else {}
        if not known:
            return
        torn: dict[int, int] = {}
        for epoch in seen.by_epoch[1:]:
            torn |= _torn(seen, epoch, known)
        if torn:
            yield self._finding(seen, dict(sorted(torn.items())))

    def _zipped(self, seen: Evidence) -> Finding:
        batches = [delivery.batch for delivery in seen.rehearsal.deliveries if delivery.batch is not None]
        message = (
            "The dataset zips x and y that are shuffled apart, each in an order of its own: from "
            f"{seen.place(batches[0])} on, x comes with the y of other samples."
        )
        fix = "Zip first and shuffle the pairs: `tf.data.Dataset.zip((x, y)).shuffle(n).batch(32)`."
        return self.finding("warning", message, fix=fix, batches=dict.fromkeys(batches), leaf="y", torn=None)

    def _finding(self, seen: Evidence, torn: dict[int, int]) -> Finding:
        first = next(iter(torn))
        message = (
            f"From {seen.place(first)} on, {counted(sum(torn.values()), 'sample')} of {listed(torn)} come with "
            "another y than the same x had in epoch 1, and these y are those of other "
            "samples: the pairs no longer match, x and y are likely shuffled apart."
        )
        fix = "Shuffle both by one permutation: `order = rng.permutation(len(x)); x, y = x[order], y[order]`."
        return self.finding("warning", message, fix=fix, batches=torn, leaf="y", torn=sum(torn.values()))

    def broken(self) -> Iterator[Any]:
        yield from _epochs(together=False)

    def mended(self) -> Iterator[Any]:
        yield from _epochs(together=True)


def _is_zipped_apart(seen: Evidence) -> bool:
    """Whether x and y are zipped after different shuffles, and y is compared with what the model makes of x."""
    pair = pair_of(seen.source.value) if seen.source.is_graph else None
    if pair is None or not seen.rehearsal.deliveries or not seen.batches or not are_shuffled_apart(*pair):
        return False
    scored = [leaf for batch in seen.batches for leaf, _ in seen.model_facts.scored(batch)]
    return any(leaf.low != leaf.high for leaf in scored) or len({leaf.low for leaf in scored}) > 1


def _epochs(*, together: bool) -> Iterator[Any]:
    random = np.random.default_rng(0)
    x = random.normal(size=(32, 3)).astype("float32")
    y = x[:, :1] * 2
    for _ in range(3):
        yield from zip(np.split(x, 4), np.split(y, 4), strict=True)
        order = random.permutation(32)
        x, y = x[order], y[order] if together else y


def _pairs(seen: Evidence, epoch: Iterable[Delivery]) -> list[tuple[int, Key, Key]]:
    """Batch, input and target of every sample of the batches that are held; nothing of inputs in whole numbers."""
    found = []
    for batch, count in {d.batch: len(d.leaves) for d in epoch if d.batch is not None}.items():
        arrays = held(seen, batch)
        inputs, targets = ([a for path, a in arrays.items() if path.startswith(side)] for side in ("x", "y"))
        whole = len(arrays) == count and inputs and targets and len({len(a) for a in arrays.values()}) == 1
        if whole and any(map(_is_telling, inputs)):
            found += [(batch, _key(inputs, row), _key(targets, row)) for row in range(len(inputs[0]))]
    return found


def _key(arrays: list[Array], row: int) -> Key:
    return tuple(digest(array[row : row + 1]) for array in arrays)


def _is_telling(array: Array) -> bool:
    return array.dtype.kind == "f" and array.size > 0 and bool((array[0] != np.floor(array[0])).any())


def _unique(pairs: list[tuple[int, Key, Key]]) -> Pairs:
    """What belongs to which input; empty where inputs repeat within the epoch."""
    known = {x: y for _, x, y in pairs}
    return known if len(known) == len(pairs) >= LEAST_ROWS else {}


def _torn(seen: Evidence, epoch: Iterable[Delivery], known: Pairs) -> dict[int, int]:
    """Return how many samples of each batch have the target of another sample, if that is no noise."""
    pairs = _pairs(seen, epoch)
    again = [(batch, y, known[x]) for batch, x, y in pairs if x in known]
    if len(again) < max(LEAST_ROWS, LEAST_KNOWN * len(pairs)) or _are_renamed(again):
        return {}
    targets = set(known.values())
    torn = Counter(batch for batch, y, before in again if y != before and y in targets)
    is_much = sum(torn.values()) >= LEAST_TORN * len(again)
    return dict(torn) if is_much and (_tell_apart(known) or _are_same(again)) else {}


def _tell_apart(known: Pairs) -> bool:
    """Whether a target tells whose it is: classes do not, and noise may make one of another."""
    return len(set(known.values())) >= LEAST_OWN * len(known)


def _are_renamed(again: list[tuple[int, Key, Key]]) -> bool:
    """Whether each batch gives its classes other numbers, alike for all samples of a class, as few-shot tasks do."""
    names = {(batch, before, y) for batch, y, before in again}
    classes = {(batch, before) for batch, _, before in again}
    return len(names) == len(classes) <= len(again) - LEAST_ALIKE


def _are_same(again: list[tuple[int, Key, Key]]) -> bool:
    """Whether the targets are those of epoch 1 in another order, as a shuffle leaves them and noise does not."""
    return Counter(y for _, y, _ in again) == Counter(before for _, _, before in again)
