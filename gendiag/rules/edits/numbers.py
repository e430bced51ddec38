"""Edits of the values of a leaf: its dtype and its range."""

from __future__ import annotations

from collections.abc import Iterable

from gendiag.rules.edits.edit import Edit
from gendiag.rules.edits.leaves import array, set_leaf, set_leaves
from gendiag.rules.edits.place import Place


def cast(place: Place, path: str, dtype: str, *, costs: str = "") -> Edit | None:
    """Cast a leaf."""
    return set_leaf(
        place, path, f"Cast {path} to {dtype}", f'{array(place, path)}.astype("{dtype}")',
        in_graph=f'tf.cast({path}, "{dtype}")', costs=costs,
    )  # fmt: skip


def as_array(place: Place, paths: Iterable[str]) -> Edit | None:
    """Make arrays of lists and scalars."""
    paths = list(paths)
    values = [(path, f"np.asarray({path})") for path in paths]
    return None if place.is_graph else set_leaves(place, f"Make an array of {', '.join(paths[:3])}", values)


def magnitude(place: Place, path: str) -> Edit | None:
    """Take the magnitude of complex numbers."""
    costs = "the phase of the complex numbers is lost"
    return set_leaf(
        place, path, f"Take the magnitude of {path}", f"np.abs({path})", in_graph=f"tf.abs({path})", costs=costs
    )


def scale(place: Place, path: str, factor: str, *, costs: str = "") -> Edit | None:
    """Multiply or divide: ``/ 255``."""
    return set_leaf(
        place, path, f"Scale {path}: {path} {factor}", f'{array(place, path)}.astype("float32") {factor}',
        in_graph=f'tf.cast({path}, "float32") {factor}', costs=costs,
    )  # fmt: skip


def shift(place: Place, path: str, by: str) -> Edit | None:
    """Add, take away or divide in whole numbers: ``- 1``."""
    return set_leaf(place, path, f"Take {path} {by} for {path}", f"{array(place, path)} {by}", in_graph=f"{path} {by}")


def scale_large(place: Place, path: str) -> Edit | None:
    """Divide those batches by 255 that span 0..255."""
    value = f"{path} / 255 if {path}.max() > 1.5 else {path}"
    in_graph = f"tf.where(tf.reduce_max({path}) > 1.5, {path} / 255, {path})"
    return set_leaf(place, path, f"Divide {path} by 255 where it is above 1", value, in_graph=in_graph, size=2)


def not_negative(place: Place, path: str) -> Edit | None:
    """Set negative values to 0."""
    return set_leaf(
        place, path, f"Set negative values of {path} to 0", f"np.maximum({path}, 0)",
        in_graph=f"tf.maximum({path}, 0)", costs="samples with a negative weight do not count",
    )  # fmt: skip


def part(place: Place, name: str, value: str, what: str) -> Edit | None:
    """Take a part of an element, or all of it in another form."""
    return set_leaf(place, name, what, value, in_graph="" if "np." in value else value)


def to_range(place: Place, path: str, low: float, high: float) -> Edit | None:
    """Map low..high to 0..1."""
    span = high - low or 1
    costs = f"the model learns ({path} - {low:g}) / {span:g}: map what it predicts back"
    value = f'(({array(place, path)} - {low!r}) / {span!r}).astype("float32")'
    in_graph = f'tf.cast((tf.cast({path}, "float64") - {low!r}) / {span!r}, "float32")'
    return set_leaf(place, path, f"Map {path} to 0..1", value, in_graph=in_graph, costs=costs, size=2)


def clip(place: Place, path: str, low: float, high: float) -> Edit | None:
    """Clip to a range."""
    return set_leaf(
        place, path, f"Clip {path} to {low:g}..{high:g}", f"np.clip({path}, {low:g}, {high:g})",
        in_graph=f"tf.clip_by_value({path}, {low:g}, {high:g})",
        costs=f"what lies outside of {low:g}..{high:g} in {path} is set to the nearest end", size=2,
    )  # fmt: skip


def no_nan(place: Place, path: str) -> Edit | None:
    """Put 0 in the place of NaN and infinity."""
    return set_leaf(
        place, path, f"Put 0 in the place of NaN and infinity in {path}",
        f"np.nan_to_num({path}, nan=0, posinf=0, neginf=0)",
        in_graph=f"tf.where(tf.math.is_finite({path}), {path}, 0)",
        costs=f"values of {path} that are not finite are taken for 0", size=2,
    )  # fmt: skip


def copies(place: Place) -> Edit | None:
    """Yield copies, for a source that fills its arrays again."""
    values = [(path, f"np.array({path})") for path in place.leaves]
    return None if place.is_graph else set_leaves(place, "Yield copies of the arrays", values)
