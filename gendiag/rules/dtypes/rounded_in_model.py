from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.batches.values import Array, dtype_of
from gendiag.model.facts import SPARSE, Loss
from gendiag.records import Batch, Finding, Leaf, counted, listed
from gendiag.rules.edits import numbers
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import held
from gendiag.rules.rule import Edits, Rule, sound

COARSE = 0.01  # of the spread: steps above it wash out what is to be learned
OFFSET = 1_700_000_000_000
PER_SAMPLE = 2  # axes of a target with one row per sample; more have one per position
RESIZED = (
    "If masks are resized, do it without making values between the classes: `tf.image.resize(mask, size, "
    "method='nearest')`, `load_img(..., interpolation='nearest')`."
)


class RoundedInModel(Rule):
    """The loss or an input casts values to a type that cannot tell them apart.

    What fit does
        Every Keras loss casts y to float32 (7 digits), or to whole numbers where it takes class numbers. Every input of
        the model casts to its own dtype, also whole numbers and ids. float32 holds whole numbers exactly up to 2**24 =
        16,777,216.

    Why it hurts
        Different numbers become one without a word: times in milliseconds fall together by minutes, ids by groups, and
        fractions under an integer input, or a loss for class numbers, become 0.

    How to mend it
        Subtract an offset and scale targets and features before the first yield; declare inputs for ids as integers,
        ``keras.Input(shape, dtype='int64')``, and inputs for numbers as floats.

    Known limits
        Only batches still held are compared. Rounding that is small against the spread of the values is no finding.

    Source
        keras 3.15.1, losses/loss.py; measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "rounded-in-model", "Values lose digits inside the model"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        lost: dict[str, dict[int, tuple[int, int, str]]] = {}
        dtypes: dict[str, tuple[str, str]] = {}
        for batch in seen.batches:
            targets = _casts(seen, batch) if seen.trained_on(batch.index) else []
            arrays = held(seen, batch.index) if targets else {}
            for leaf, dtype, is_id in targets:
                array = arrays.get(leaf.path)
                if array is not None and (change := _lost(array, dtype, is_id=is_id)):
                    lost.setdefault(leaf.path, {})[batch.index] = change
                    dtypes[leaf.path] = (leaf.dtype, dtype)
        for path, found in lost.items():
            of_positions = any(len(leaf.shape or ()) > PER_SAMPLE for _, leaf in seen.leaves[path])
            yield self._finding(path, found, *dtypes[path], of_positions=of_positions)

    def _finding(
        self, path: str, found: dict[int, tuple[int, int, str]], old: str, new: str, *, of_positions: bool
    ) -> Finding:
        changed, total, example = next(iter(found.values()))
        who = "the loss" if path.startswith("y") else "the model's input"
        message = (
            f"{who[0].upper()}{who[1:]} casts {path} from {old} to {new}, which cannot hold its digits: in batch "
            f"{next(iter(found))}, {changed} of {counted(total, 'value')} {'loses' if changed == 1 else 'lose'} "
            f"precision, for example {example}{f' ({listed(found)})' if len(found) > 1 else ''}."
        )
        fix = (
            f"Subtract an offset and scale {path} before fit gets it: `({path} - lowest) / (highest - lowest)`."
            if path.startswith("y") or "int" not in old
            else f"Declare that input with the ids' type, `keras.Input(..., dtype='{old}')`."
        )
        if "int" in new and path.startswith("y"):
            fix = (
                f"Yield whole class numbers in {path}, or compile with a loss for quantities or shares, such as 'mse'."
            )
            if of_positions:
                fix = f"{RESIZED} Else y{fix.removeprefix('Y')}"
        elif "int" in new:
            fix = f"Declare that input as float, `keras.Input(..., dtype='float32')`, or round {path} on purpose."
        return self.finding(
            "warning", message, fix=fix, batches=found, leaf=path, yielded=old, cast=new, changed=changed
        )

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        leaves = [leaf for _, leaf in seen.leaves[finding.leaf or ""] if leaf.low is not None]
        low, high = min(leaf.low or 0.0 for leaf in leaves), max(leaf.high or 0.0 for leaf in leaves)
        yield numbers.to_range(at(seen, finding), finding.leaf or "", low, high)

    def broken(self) -> Iterator[Any]:
        return ((x, (x[:, :1] * 1000).astype("int64") + OFFSET) for x, _ in sound())

    def mended(self) -> Iterator[Any]:
        return ((x, (x[:, :1] * 1000).astype("int64") / 1000) for x, _ in sound())


def _casts(seen: Evidence, batch: Batch) -> list[tuple[Leaf, str, bool]]:
    """Leaves whose largest number the type they are cast to may not hold."""
    facts = seen.model_facts
    scored = [(leaf, _loss_dtype(out.loss), False) for leaf, out in facts.scored(batch) if out.loss is not None]
    fed = [(leaf, port.dtype, port.ids is not None) for leaf, port in facts.fed(batch)]
    return [(leaf, dtype, is_id) for leaf, dtype, is_id in scored + fed if _may_lose(leaf, dtype)]


def _loss_dtype(loss: Loss) -> str:
    """Return what the loss makes of y; one that takes class numbers cuts off fractions."""
    return "int64" if loss.key == SPARSE else loss.dtype


def _may_lose(leaf: Leaf, dtype: str) -> bool:
    if leaf.low is None or leaf.high is None or dtype in {leaf.dtype, "string"}:
        return False
    if "float" in dtype:
        return max(abs(leaf.low), abs(leaf.high)) > 2.0 ** (_digits(dtype) - 10)
    return "float" in leaf.dtype and "int" in dtype


def _digits(dtype: str) -> int:
    return 8 if dtype == "bfloat16" else int(np.finfo(dtype).nmant) + 1


def _lost(array: Array, dtype: str, *, is_id: bool) -> tuple[int, int, str] | None:
    """How many values of how many are changed, with an example; None where it hardly matters."""
    exact = array.astype("float64") if "float" in array.dtype.name else array
    with np.errstate(all="ignore"):
        after = exact.astype(dtype_of(dtype)).astype("float64")
        finite = np.isfinite(exact) & np.isfinite(after)
        error = np.where(finite, np.abs(exact.astype("float64") - after), 0.0)
    changed = error > 0
    spread = float(np.std(exact[finite].astype("float64"))) if finite.any() else 0.0
    if not changed.any() or (not is_id and float(error.max()) <= COARSE * spread) or (spread == 0 and not is_id):
        return None
    place = np.unravel_index(int(error.argmax()), error.shape)
    return int(changed.sum()), int(array.size), f"{exact[place]:.14g} -> {after[place]:.14g}"
