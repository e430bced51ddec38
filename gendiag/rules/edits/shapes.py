"""Edits of the shape and the form of a leaf: axes, one-hot rows, stacks, names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gendiag.records import Leaf
from gendiag.rules.edits.edit import Edit
from gendiag.rules.edits.leaves import set_leaf, set_leaves
from gendiag.rules.edits.place import Place
from gendiag.rules.edits.templates import edit


def expand(place: Place, path: str, axis: int = -1) -> Edit | None:
    """Add an axis of size 1."""
    where = "a last axis" if axis == -1 else f"axis {axis}"
    return set_leaf(
        place, path, f"Give {path} {where} of size 1", f"np.expand_dims({path}, {axis})",
        in_graph=f"tf.expand_dims({path}, {axis})",
    )  # fmt: skip


def squeeze(place: Place, path: str, axis: int) -> Edit | None:
    """Remove an axis of size 1."""
    return set_leaf(
        place, path, f"Remove axis {axis} of {path}", f"np.squeeze({path}, axis={axis})",
        in_graph=f"tf.squeeze({path}, axis={axis})",
    )  # fmt: skip


def squeeze_all(place: Place, leaves: Iterable[Leaf], axis: int) -> Edit | None:
    """Remove an axis of size 1 of every leaf that has it."""
    name = "tf" if place.is_graph else "np"
    odd = [leaf.path for leaf in leaves if len(leaf.shape or ()) > axis and (leaf.shape or ())[axis] == 1]
    values = [(path, f"{name}.squeeze({path}, axis={axis})") for path in odd]
    return set_leaves(place, f"Remove axis {axis} of {', '.join(odd[:3])}", values, size=2)


def transpose(place: Place, path: str, order: tuple[int, ...]) -> Edit | None:
    """Bring the axes into another order."""
    return set_leaf(
        place, path, f"Put the axes of {path} in the order {order}", f"np.transpose({path}, {order})",
        in_graph=f"tf.transpose({path}, {order})",
    )  # fmt: skip


def like_rows(place: Place, path: str, shape: tuple[int | None, ...]) -> Edit | None:
    """Reshape to one row per row of x."""
    other = next((each for each in place.leaves if each != path), None)
    if other is None or None in shape[1:]:
        return None
    rest = "".join(f", {size}" for size in shape[1:])
    rows = f"({other}.shape[0]{rest})" if rest else f"({other}.shape[0],)"
    return set_leaf(place, path, f"Reshape {path} to one row per sample", f"np.reshape({path}, {rows})")


def reshape(place: Place, path: str, rest: tuple[int, ...]) -> Edit | None:
    """Reshape what stands behind the batch axis."""
    shape = ", ".join(map(str, (-1, *rest)))
    return set_leaf(
        place, path, f"Reshape {path} to (rows{''.join(f', {size}' for size in rest)})",
        f"np.reshape({path}, ({shape},))", in_graph=f"tf.reshape({path}, ({shape},))", size=2,
    )  # fmt: skip


def batch_axis(place: Place) -> Edit | None:
    """Make a batch of one sample out of each sample."""
    if place.is_graph:
        code = "def mended(dataset):\n    return dataset.batch(32)"
        return edit(place, "Batch the samples, 32 at a time", code)
    values = [(path, f"np.expand_dims({path}, 0)") for path in place.leaves]
    return set_leaves(place, "Give each sample a batch axis (batches of one)", values, size=2)


def pad_axis(place: Place, path: str, axis: int, size: int) -> Edit | None:
    """Fill an axis up with zeros, or cut it, to a fixed size."""
    widths = ", ".join(["(0, 0)"] * axis + [f"(0, max(0, {size} - {path}.shape[{axis}]))"])
    more = len((place.leaves[path].shape if path in place.leaves else None) or ()) - axis - 1
    widths += ", (0, 0)" * more
    cut = ", ".join([":"] * axis + [f":{size}"])
    costs = f"axis {axis} of {path} is filled up with zeros, or cut, to {size}"
    return set_leaf(
        place, path, f"Pad or cut axis {axis} of {path} to {size}", f"np.pad({path}, ({widths}))[{cut}]",
        costs=costs, size=2,
    )  # fmt: skip


def pad_sequences(place: Place, path: str, dtype: str) -> Edit | None:
    """Pad samples of unequal length."""
    value = f'keras.utils.pad_sequences({path}, padding="post", dtype="{dtype}")'
    costs = "shorter samples are filled up with zeros"
    return set_leaf(place, path, f"Pad the samples of {path} to one length", value, costs=costs, size=2)


# ---------------------------------------------------------------------- form
def as_tuple(place: Place, path: str) -> Edit | None:
    """Make a tuple of a list of arrays."""
    return None if place.is_graph else set_leaf(place, path, f"Make {path} a tuple", f"tuple({path})")


def stack_samples(place: Place, name: str, *, count: int) -> Edit | None:
    """Stack an element that is packed sample by sample."""
    value = f"np.stack({name})" if count == 1 else f"tuple(np.stack(part) for part in zip(*{name}))"
    return None if place.is_graph else set_leaf(place, name, f"Stack the samples of {name}", value, size=2)


def one_hot(place: Place, path: str, classes: int) -> Edit | None:
    """Make one-hot rows of class numbers."""
    column = (place.leaves[path].shape or ())[-1:] == (1,) if path in place.leaves else False
    flat = f"tf.squeeze({path}, -1)" if column else path
    return set_leaf(
        place, path, f"Make one-hot rows of {path}", f"keras.utils.to_categorical({path}, {classes})",
        in_graph=f'tf.one_hot(tf.cast({flat}, "int32"), {classes})',
    )  # fmt: skip


def class_numbers(place: Place, path: str) -> Edit | None:
    """Make class numbers of one-hot rows."""
    return set_leaf(
        place, path, f"Make class numbers of {path}", f"np.argmax({path}, axis=-1)",
        in_graph=f"tf.argmax({path}, axis=-1)",
    )  # fmt: skip


def swap_name(place: Place, name: str, old: str, new: str) -> Edit | None:
    """Rename a key of a dict."""
    value = f"{{{new!r} if key == {old!r} else key: part for key, part in {name}.items()}}"
    costs = f"right only if {name}[{old!r}] is meant for {new!r}"
    return set_leaf(place, name, f"Rename {name}[{old!r}] to {new!r}", value, in_graph=value, costs=costs)


def ensured(place: Place, shapes: Mapping[str, tuple[int | None, ...]]) -> Edit | None:
    """State the shape of what a dataset yields, which it forgot."""
    if not place.is_graph:
        return None
    values = [(path, f"tf.ensure_shape({path}, {shape})") for path, shape in shapes.items()]
    return set_leaves(place, f"State the shape of {', '.join(shapes)}", values)
