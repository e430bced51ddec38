"""A profile -> code: the ``output_signature`` of ``tf.data.Dataset.from_generator``, and a PyDataset, both tried."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gendiag.batches.tree import flatten, transform
from gendiag.batches.values import MASKED, as_array, digest
from gendiag.errors import BadSourceError
from gendiag.export.python_source import Code, nested
from gendiag.records import Leaf
from gendiag.rehearsal.profile import Profile
from gendiag.runtime.tracebacks import cut

UNTRIED = "Not tried."
WRITTEN = ("array", MASKED, "tensor", "list", "scalar", "frame")

FROM_GENERATOR = """\
import tensorflow as tf

output_signature = {signature}
dataset = tf.data.Dataset.from_generator(make_batches, output_signature=output_signature)
# {tried}
# model.fit(dataset)
"""
FROM_INDEX = """\


import math

import keras


class Batches(keras.utils.PyDataset):
    \"\"\"Batches of {rows} samples: {leaves}.\"\"\"

    def __init__(self, data, batch_size={rows}, **kwargs):
        super().__init__(**kwargs)
        self.data, self.batch_size = data, batch_size  # data: all samples, nested like a batch

    def __len__(self):
        return math.ceil(len(keras.tree.flatten(self.data)[0]) / self.batch_size)

    def __getitem__(self, index):
        rows = slice(index * self.batch_size, (index + 1) * self.batch_size)
        return keras.tree.map_structure(lambda leaf: leaf[rows], self.data)


# {tried}
# model.fit(Batches({data}))
"""


def output_signature(profile: Profile) -> Code:
    """Write the code that fits a profile, after the batches that are held were passed through it.

    Parameters
    ----------
    profile
        What the source yielded: at least one batch, all of one nesting.

    Raises
    ------
    BadSourceError
        If nothing was read, the nesting changes, or a leaf has no place in a signature.
    """
    raws = {index: profile.raw(index) for index in profile.store}
    if not profile.batches or not raws:
        msg = "no batch was read, so there is nothing to make an output_signature from."
        raise BadSourceError(msg)
    columns = _columns(profile)
    specs = {path: _spec(path, leaves) for path, leaves in columns.items()}
    tuples = [_in_tuples(raw) for raw in raws.values()]
    written = nested(tuples[0], lambda part: specs[part.path])
    signature = FROM_GENERATOR.format(signature=written, tried=_tried(written, tuples, len(profile.batches)))
    return Code(signature + _by_index(tuples, columns))


def _columns(profile: Profile) -> dict[str, dict[int, Leaf]]:
    first = profile.batches[0]
    odd = next((batch for batch in profile.batches if batch.structure != first.structure), None)
    if odd is not None:
        msg = (
            f"batch {odd.index} is {odd.structure} and batch {first.index} {first.structure}: no output_signature "
            "fits both. Yield one nesting."
        )
        raise BadSourceError(msg)
    columns: dict[str, dict[int, Leaf]] = {}
    for batch in profile.batches:
        for leaf in batch.leaves:
            columns.setdefault(leaf.path, {})[batch.index] = leaf
    return columns


def _spec(path: str, leaves: Mapping[int, Leaf]) -> str:
    index, first = next(iter(leaves.items()))
    odd = next((leaf for leaf in leaves.values() if leaf.kind not in WRITTEN or leaf.dtype == "object"), None)
    if odd is not None or first.shape is None:
        kind = (odd or first).dtype or (odd or first).kind
        msg = f"{path} of batch {index} is {kind}: a TensorSpec describes arrays. Yield arrays of numbers or text."
        raise BadSourceError(msg)
    ranks = {len(leaf.shape or ()) for leaf in leaves.values()}
    shape = _common([leaf.shape or () for leaf in leaves.values()]) if len(ranks) == 1 else None
    return f"tf.TensorSpec(shape={shape}, dtype=tf.{_dtype({leaf.dtype for leaf in leaves.values()})})"


def _common(shapes: Sequence[tuple[int | None, ...]]) -> tuple[int | None, ...]:
    """Sizes that are equal in all; the batch axis is free whatever it was."""
    sizes = [column[0] if len(set(column)) == 1 else None for column in zip(*shapes, strict=True)]
    return (None, *sizes[1:]) if sizes else ()


def _dtype(names: Iterable[str]) -> str:
    """Return the smallest type that holds all of them."""
    names = list(names)
    if any(name.startswith(("str", "<U", "bytes", "|S")) for name in names):
        return "string"
    held = names[0] if len(names) == 1 else np.result_type(*names).name
    return "string" if held.startswith(("str", "bytes")) else held


def _in_tuples(raw: Any) -> Any:
    """Write the outermost lists as tuples: TensorFlow takes a list for one tensor."""
    if isinstance(raw, list) and len(flatten(raw)) > 1:
        return tuple(raw)
    return raw


def _tried(written: str, raws: Sequence[Any], total: int) -> str:
    """Pass the batches through the signature, and say how many came out with the values that went in."""
    import tensorflow as tf

    specs = eval(written, {"tf": tf})  # noqa: S307  (written here, from dtypes and shapes)
    try:
        dataset = tf.data.Dataset.from_generator(lambda: iter(raws), output_signature=specs)
        same = sum(_alike(raw, out) for raw, out in zip(raws, dataset, strict=True))
    except Exception as error:  # noqa: BLE001  (whatever TensorFlow says against these batches)
        return f"Tried: TensorFlow does not take these batches: {cut(error).line}"
    return f"Tried: {same} of {len(raws)} batches held ({total} were read) came through it with their values unchanged."


def _alike(raw: Any, delivered: Any) -> bool:
    pairs = zip(flatten(raw), flatten(delivered), strict=True)
    return all(_equal(as_array(mine.value), as_array(theirs.value)) for mine, theirs in pairs)


def _equal(mine: Any, theirs: Any) -> bool:
    if mine.dtype.kind in "US":
        mine, theirs = mine.astype("S"), theirs.astype("S")
    return bool(np.array_equal(mine, theirs, equal_nan=mine.dtype.kind in "fc"))


def _by_index(raws: Sequence[Any], columns: Mapping[str, Mapping[int, Leaf]]) -> str:
    """Write the dataset, if the batches can be laid end to end and cut again."""
    rows = {leaf.rows for leaves in columns.values() for leaf in list(leaves.values())[:1]}
    if len(rows) != 1 or None in rows or not _can_be_joined(raws):
        return ""
    size, named = rows.pop(), ", ".join(str(next(iter(leaves.values()))) for leaves in columns.values())
    code = FROM_INDEX.format(rows=size, leaves=named, data=_names(raws[0]), tried=UNTRIED)
    if _tried_by_index(code, raws) < len(raws):
        return ""
    return code.replace(UNTRIED, f"Tried: all {len(raws)} batches held came out of it unchanged.")


def _names(raw: Any) -> str:
    return nested(raw, lambda part: f"all_{part.path}" if part.path.isidentifier() else "...")


def _can_be_joined(raws: Sequence[Any]) -> bool:
    shapes = {tuple(getattr(as_array(part.value), "shape", ())[1:] for part in flatten(raw)) for raw in raws}
    return len(shapes) == 1 and all(isinstance(part.value, np.ndarray) for raw in raws for part in flatten(raw))


def _tried_by_index(code: str, raws: Sequence[Any]) -> int:
    """Join the batches, cut them again by the class as written, and count those that come out as they went in."""
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102  (written here, from a number and names of leaves)
    columns = zip(*(flatten(raw) for raw in raws), strict=True)
    joined = iter([np.concatenate([part.value for part in column]) for column in columns])
    dataset = names["Batches"](transform(lambda _: next(joined), raws[0]))
    return sum(_digests(dataset[place]) == _digests(raw) for place, raw in enumerate(raws[: len(dataset)]))


def _digests(raw: Any) -> list[str]:
    return [digest(part.value) for part in flatten(raw)]
