"""The samples of a batch, each leaf drawn as what it is: images, ids, a table, a curve, classes, targets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from gendiag.batches.tree import flatten
from gendiag.batches.values import cast, digest, kind_of
from gendiag.records import counted
from gendiag.views import markup
from gendiag.views.samples import class_maps, feature_strip, images, label_counts, picks, tokens, waveforms
from gendiag.views.samples.held_batches import dense, nearest_sound, told_apart
from gendiag.views.samples.number_groups import ONE_HOT, per_sample
from gendiag.views.samples.shown_leaf import Shown
from gendiag.views.wording import figure

if TYPE_CHECKING:
    from gendiag.batches.values import Array
    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.records import Batch, Delivery, Leaf

# The first that does not give None draws the leaf.
KINDS: tuple[Callable[[Shown], markup.Html | None], ...] = (
    class_maps.draw,
    images.draw,
    waveforms.draw,
    tokens.draw,
    feature_strip.draw,
    label_counts.draw,
)
MOST_FIGURES, UNDER = 8, 8  # leaves drawn, samples that get words under them
MOST_BYTES = 2**26  # of a leaf that is cast again to know what was delivered


def count(diagnosis: Diagnosis, batch: int) -> int:
    """How many samples can be paged through; 0 where the batch is not held, or has no batch axis."""
    return _rows(_parts(diagnosis, batch))


def to_html(diagnosis: Diagnosis, batch: int, first: int = 0, deliveries: Sequence[Delivery] | None = None) -> str:
    """Draw every leaf of a batch that is held as what it is, its samples from the ``first`` one on, odd ones first.

    ``deliveries`` are those of the batch, where the caller has looked for them already.
    """
    if deliveries is None:
        deliveries = [delivery for delivery in diagnosis.rehearsal.deliveries if delivery.batch == batch]
    delivery = deliveries[0] if deliveries else None
    drawn = [html for shown in _leaves(diagnosis, batch, first, delivery) if (html := _drawn(shown))][:MOST_FIGURES]
    if not drawn:
        return markup.Html("")
    rest = [markup.details(counted(len(drawn) - 1, "more leaf", "more leaves"), _figures(drawn[1:]), key="leaves")]
    return markup.join([_figures(drawn[:1]), *(rest if drawn[1:] else [])])


def _figures(drawn: Sequence[markup.Html]) -> markup.Html:
    return markup.tag("div", *drawn, css_class="gd-samples")


def _leaves(diagnosis: Diagnosis, batch: int, first: int, delivery: Delivery | None) -> Iterator[Shown]:
    found, parts = diagnosis.profile.find(batch), _parts(diagnosis, batch)
    if found is None or not parts:
        return
    arrays = {path: array for path, value in parts.items() if (array := dense(value)) is not None}
    odd = picks.odd_samples(diagnosis, found, arrays)
    rows = picks.order(_rows(parts), odd, first)
    delivered = {path: _delivered(delivery, found.leaf(path), values) for path, values in arrays.items()}
    under = _under(found, arrays, delivered, rows[:UNDER])
    for leaf in picks.named_first(diagnosis, found):
        arrived = delivery.leaf(leaf.path) if delivery is not None else None
        if leaf.path in parts:
            yield Shown(
                diagnosis, found, leaf, parts[leaf.path], arrays.get(leaf.path), rows, odd,
                under if leaf.role == "x" else {}, delivered.get(leaf.path), arrived.dtype if arrived else "",
                _beside(diagnosis, found, leaf, odd), picks.id_limits(diagnosis, leaf.path),
            )  # fmt: skip


def _drawn(shown: Shown) -> markup.Html | None:
    return next((html for draw in KINDS if (html := draw(shown)) is not None), None)


def _parts(diagnosis: Diagnosis, batch: int) -> dict[str, Any]:
    """Return the leaves by path; none where the batch is not held."""
    if batch not in diagnosis.profile.store:
        return {}
    return {part.path: part.value for part in flatten(diagnosis.profile.raw(batch))}


def _rows(parts: Mapping[str, Any]) -> int:
    return max((_length(value) for value in parts.values()), default=0)


def _length(value: Any) -> int:
    if kind_of(value) == "ragged":
        return int(value.shape[0] or 0)
    if kind_of(value) == "list":
        return len(value)
    array = dense(value)
    return len(array) if array is not None else 0


def _delivered(delivery: Delivery | None, leaf: Leaf | None, values: Array) -> Array | None:
    """Cast the values as fit did, where it changed them; None unless that gives what was delivered, bit for bit."""
    arrived = delivery.leaf(leaf.path) if delivery is not None and leaf is not None else None
    if delivery is None or arrived is None or not delivery.changed.get(arrived.path) or values.nbytes > MOST_BYTES:
        return None
    with suppress(TypeError, ValueError, AttributeError):  # text, or a dtype that NumPy has no name for
        made = cast(values, arrived.dtype)
        return made if arrived.digest and digest(made) == arrived.digest else None
    return None


def _under(
    batch: Batch, arrays: Mapping[str, Array], delivered: Mapping[str, Array | None], rows: tuple[int, ...]
) -> dict[int, str]:
    """``y 3`` or ``y 0.7 → 0`` by row, where the batch has one target of one number, or one class, per sample."""
    targets = [leaf.path for leaf in batch.leaves if leaf.role == "y"]
    if len(targets) != 1 or targets[0] not in arrays:
        return {}
    values, changed = arrays[targets[0]], delivered.get(targets[0])
    found = {}
    for row in rows:
        said, then = _target(values, row), _target(changed, row) if changed is not None else ""
        if said:
            found[row] = f"{targets[0]} {said}" + (f" → {then}" if then and then != said else "")
    return found


def _target(values: Array, row: int) -> str:
    kind = per_sample(values[row : row + 1]) if row < len(values) else None
    if kind is None or len(kind.numbers) != 1:
        return ""
    return f"class {figure(kind.numbers[0])}" if kind.told == ONE_HOT else figure(kind.numbers[0])


def _beside(diagnosis: Diagnosis, batch: Batch, leaf: Leaf, odd: Mapping[int, str]) -> tuple[int, Array] | None:
    """Return another batch to compare with, where this one is odd as a whole."""
    if odd and len(odd) < (batch.rows or 0):  # a sound sample of the same batch stands beside
        return None
    return nearest_sound(diagnosis, batch.index, leaf.path) if told_apart(diagnosis, batch.index, leaf.path) else None
