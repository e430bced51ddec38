"""Labels against the loss: whether a target is of the kind that the loss of its output takes."""

from __future__ import annotations

from gendiag.model.facts import ONE_HOT, SPARSE, Output
from gendiag.records import Leaf

TABLE = 2


def is_one_column(leaf: Leaf, output: Output) -> bool:
    """Whether these are one-hot rows of a single class under a model with several."""
    if output.loss is None or output.loss.key not in ONE_HOT or not leaf.shape or (output.channels or 0) <= 1:
        return False
    return len(leaf.shape) == _rank(output) and leaf.shape[-1] == 1 and leaf.low == leaf.high == 1


def is_class_numbers(leaf: Leaf, output: Output) -> bool:
    """Whether these are class numbers under a loss that wants one-hot rows."""
    if output.loss is None or output.loss.key not in ONE_HOT or not leaf.shape or (output.channels or 0) <= 1:
        return False
    rank = _rank(output)
    rows = len(leaf.shape) == rank - 1 or (len(leaf.shape) == rank and leaf.shape[-1] == 1)
    return rows and _is_whole(leaf)


def is_one_hot_rows(leaf: Leaf, output: Output) -> bool:
    """Whether these are rows of 0 to 1 under a loss that wants class numbers."""
    if output.loss is None or output.loss.key != SPARSE or not leaf.shape or leaf.low is None or leaf.high is None:
        return False
    return len(leaf.shape) == _rank(output) and (leaf.shape[-1] or 0) > 1 and leaf.low >= 0 and leaf.high <= 1


def is_other_form(leaf: Leaf, output: Output) -> bool:
    """Whether the labels are in the form that the other one of the two losses takes."""
    return is_class_numbers(leaf, output) or is_one_hot_rows(leaf, output)


def _rank(output: Output) -> int:
    return len(output.shape) if output.shape is not None else TABLE


def _is_whole(leaf: Leaf) -> bool:
    """Whether the values look like class numbers: whole at both ends, and few."""
    if leaf.low is None or leaf.high is None or leaf.distinct is None:
        return False
    low, high = float(leaf.low), float(leaf.high)
    return low.is_integer() and high.is_integer() and leaf.distinct <= high - low + 1
