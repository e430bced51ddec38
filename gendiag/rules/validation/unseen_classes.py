from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from gendiag.model.facts import ONE_HOT, SPARSE
from gendiag.records import Finding, Severity, counted
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import ROWS, Rule, dense, sound

BY_CHANCE = 1e-6
SHOWN = 5  # classes in the message
KEYS = (*ONE_HOT, SPARSE, "binary_crossentropy")
COUNT = 24


class UnseenClasses(Rule):
    """``validation_split`` takes the last rows of arrays that are sorted by class.

    What fit does
        Splits the last rows off before it shuffles anything: of labels 0, 0, 0, 1, 1, 1, 2, 2, 2 with
        ``validation_split=0.33`` class 2 is validated on alone, and never trained on.

    Why it hurts
        The model never sees these classes, so that val_accuracy stays near 0 however long it trains, while the training
        goes well.

    How to mend it
        Shuffle the rows once before fit, x and y by the same order, or split by class (stratified).

    Known limits
        Only where classes are missing that chance would hardly leave out. Of ``validation_data`` nothing is said: other
        classes there may be meant.

    Source
        keras 3.15.1, array_slicing.train_validation_split; measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "unseen-classes", "validation_split leaves classes on one side only"

    @property
    def fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]  # arrays cannot be told from their validation
        return {"epochs": 1, "validation_split": 0.4}

    def check(self, seen: Evidence) -> Iterator[Finding]:
        share = seen.fit_args.get("validation_split") or 0
        labels = _labels(seen) if 0 < share < 1 and seen.source.is_sliced and seen.rehearsal.validation else None
        if labels is None:
            return
        start = math.floor(len(labels) * (1.0 - share))
        mine, theirs, whole = Counter(labels[:start]), Counter(labels[start:]), Counter(labels)
        missing = sorted(label for label in theirs if not mine[label])
        absent = sorted(label for label in mine if not theirs[label])
        is_sorted = sum(a != b for a, b in pairwise(labels)) < len(whole)
        if _chance(whole, missing, len(labels) - start, len(labels)) < BY_CHANCE:
            rows = sum(theirs[label] for label in missing)
            message = (
                f"validation_split={share} takes the last {counted(len(labels) - start, 'row')} of arrays that are "
                f"{_order(is_sorted)}: {_classes(missing)} "
                f"({counted(rows, 'sample')}) {'occurs' if len(missing) == 1 else 'occur'} there alone, so that no "
                "training batch has such samples."
            )
        elif _chance(whole, absent, start, len(labels)) < BY_CHANCE:
            message = (
                f"validation_split={share} takes the last {counted(len(labels) - start, 'row')} of arrays that are "
                f"{_order(is_sorted)}: {_classes(absent)} of the training batches "
                f"{'is' if len(absent) == 1 else 'are'} never validated on."
            )
        else:
            return
        fix = "Shuffle once before fit: `order = np.random.permutation(len(x)); fit(x[order], y[order], ...)`."
        severity: Severity = "warning" if missing or is_sorted else "note"
        yield self.finding(severity, message, fix=fix, leaf="y", missing=missing, absent=absent)

    def broken(self) -> Any:
        return _sorted(np.arange(COUNT * ROWS))

    def mended(self) -> Any:
        return _sorted(np.random.default_rng(0).permutation(COUNT * ROWS))

    def model(self) -> Any:
        return dense(3, loss="sparse_categorical_crossentropy", activation="softmax")


def _labels(seen: Evidence) -> list[int] | None:
    """Class of each row of the arrays; None where the only target has no classes by its loss."""
    value, outputs = seen.source.value, seen.model_facts.outputs
    loss = outputs[0].loss if len(outputs) == 1 else None
    if loss is None or loss.key not in KEYS or not isinstance(value, tuple) or len(value) < 2:  # noqa: PLR2004
        return None
    y = np.asarray(value[1]) if hasattr(value[1], "shape") else np.zeros(())
    if y.ndim not in {1, 2} or y.dtype.kind not in "biuf":
        return None
    if y.ndim > 1 and y.shape[1] > 1:
        return None if loss.key == "binary_crossentropy" else [int(label) for label in y.argmax(axis=1)]
    flat = y.reshape(-1)
    return [int(label) for label in flat] if np.isfinite(flat).all() and (flat == np.round(flat)).all() else None


def _chance(whole: Counter[int], classes: list[int], part: int, rows: int) -> float:
    """Bound on the probability that shuffled rows have all of these classes in a part of so many rows."""
    if not classes:
        return 1.0
    inside = sum(whole[label] for label in classes)
    return math.exp(inside * math.log(part / rows) + len(whole) * math.log(2))


def _order(is_sorted: bool) -> str:  # noqa: FBT001  (the order of the arrays)
    return "sorted by class" if is_sorted else "not shuffled"


def _classes(labels: list[int]) -> str:
    shown = ", ".join(map(str, labels[:SHOWN])) + (", ..." if len(labels) > SHOWN else "")
    return f"{'class' if len(labels) == 1 else 'classes'} {shown}"


def _sorted(order: Any) -> Any:
    x = np.concatenate([x for x, _ in sound(COUNT)])
    return x[order], (np.arange(len(x)) * 3 // len(x))[order]
