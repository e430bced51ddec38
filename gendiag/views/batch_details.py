"""One batch: every leaf as it was yielded, and below it as fit delivered it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from gendiag.batches.tree import flatten
from gendiag.batches.values import as_array
from gendiag.diagnosis.failing_samples import said
from gendiag.errors import NotKeptError
from gendiag.records import counted, format_shape
from gendiag.views import findings, markup, run_text, samples, wording
from gendiag.views.picture import marks
from gendiag.views.picture.states import State, deliveries_of, names, state_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.records import Batch, Delivery, Leaf

HEAD = ("leaf", "as", "first values, and what changed", "dtype", "shape", "low", "high", "mean", "NaN", "Inf")
NUMERIC = ("low", "high", "mean", "NaN", "Inf")
FIGURES = ("low", "high", "mean", "n_nan", "n_inf")
FAILING = "failing samples"
FIRST, LONGEST = 4, 24  # values shown, characters of one


def to_html(diagnosis: Diagnosis, batch: int, first: int = 0, *, named: bool = True) -> str:
    """Draw the batch of that index: figures of each leaf, then its samples from the ``first`` one on.

    ``named`` is whether to say its number, and what finds fault with it.
    """
    found = diagnosis.profile.find(batch)
    if found is None:
        raised = batch == diagnosis.fails_at and diagnosis.profile.ended == "raised"
        why = "There is nothing of it to show: the source raised in it" if raised else f"Batch {batch} was not read"
        return markup.tag("p", f"{why}.", css_class="gd-quiet")
    deliveries = deliveries_of(diagnosis, batch)
    arrays, excuse = _arrays(diagnosis, found)
    absent = _absent(diagnosis, batch)
    rows = [
        row
        for leaf in _changed_first(samples.named_first(diagnosis, found), deliveries)
        for row in _rows(leaf, deliveries[0] if deliveries else None, absent, arrays.get(leaf.path))
    ]
    parts = [_caption(diagnosis, found, deliveries, named=named), _named_by(diagnosis, batch, named=named)]
    parts += [markup.table(HEAD, rows, f"Leaves of batch {batch}", numeric=NUMERIC)]
    parts += [markup.tag("p", excuse, css_class="gd-quiet")] if excuse else []
    return markup.join([*parts, samples.to_html(diagnosis, batch, first, deliveries)])


def _caption(diagnosis: Diagnosis, batch: Batch, deliveries: list[Delivery], *, named: bool) -> markup.Html:
    rows = "no batch axis" if batch.rows is None else counted(batch.rows, "row")
    facts = [rows, batch.structure]
    facts += [f"made in {wording.duration(batch.wait_s)}"] if batch.wait_s else []
    steps = [f"{wording.epoch(diagnosis, d.epoch)}, step {d.step + 1}" for d in islice(deliveries, FIRST)]
    more = f" and {counted(len(deliveries) - FIRST, 'more step')}" if len(deliveries) > FIRST else ""
    if not steps:
        facts.append(_absent(diagnosis, batch.index))
    elif run_text.fails_in_step(diagnosis, batch.index):
        facts.append(f"{run_text.who(diagnosis)} raises on it in {steps[0]}")
    elif state_of(diagnosis, batch.index) is State.UNREACHED:
        facts += [
            _absent(diagnosis, batch.index),
            f"given to a probe in place of your model in {'; '.join(steps)}{more}",
        ]
    else:
        facts.append(f"delivered in {'; '.join(steps)}{more}")
    epoch = wording.epoch(diagnosis, batch.epoch)
    name = [markup.tag("b", f"batch {batch.index}"), f" ({epoch})"] if named else [f"yielded in {epoch}"]
    return markup.tag("p", *name, " · ", " · ".join(facts))


def _absent(diagnosis: Diagnosis, batch: int) -> str:
    """Why there is nothing that fit delivered."""
    state = state_of(diagnosis, batch)
    if state is State.NEVER_DELIVERED:
        return "never delivered"
    if not run_text.begun(diagnosis):
        return run_text.without_a_step(diagnosis)
    name = names(diagnosis)[state]
    return f"not taken: {name}" if state is State.FAILING else name


def _named_by(diagnosis: Diagnosis, batch: int, *, named: bool) -> markup.Html:
    found = marks.of_batch(diagnosis, batch) if named else []
    lines = [markup.join((markup.chip(*wording.severity(diagnosis, f)), " ", f.title)) for f in found]
    shrunk = diagnosis.shrunk.get(batch)
    if shrunk is not None and said(shrunk) not in findings.told(diagnosis):
        chip = markup.chip(FAILING, "error") if shrunk.samples else markup.chip("samples tried alone", "note")
        lines.append(markup.join((chip, " ", said(shrunk))))
    return markup.join(markup.tag("p", line, css_class="gd-named") for line in lines)


def _arrays(diagnosis: Diagnosis, batch: Batch) -> tuple[dict[str, NDArray[Any]], str]:
    """Return the values of the leaves that may be looked into, or why there are none."""
    try:
        raw = diagnosis.profile.raw(batch.index)
    except NotKeptError as error:
        return {}, f"No values to show: {error}"
    arrays = {part.path: as_array(part.value) for part in flatten(raw)}
    return {path: array for path, array in arrays.items() if array is not None}, ""


def _changed_first(leaves: Sequence[Leaf], deliveries: Sequence[Delivery]) -> list[Leaf]:
    changed = {path for delivery in deliveries[:1] for path, count in delivery.changed.items() if count}
    return sorted(leaves, key=lambda leaf: leaf.path not in changed)


def _rows(leaf: Leaf, delivery: Delivery | None, absent: str, values: NDArray[Any] | None) -> list[list[object]]:
    path = markup.tag("code", leaf.path)
    arrived = delivery.leaf(leaf.path) if delivery else None
    first = _first(values) if values is not None else "–"
    rows = [[path, "yielded", first, *_cells(leaf, None)]]
    if delivery is None or arrived is None:
        nothing = markup.tag("span", absent if delivery is None else "never delivered", css_class="gd-quiet")
        rows.append(["", "delivered", nothing, *["–"] * (len(HEAD) - 3)])
    else:
        rows.append(["", "delivered", _changed(leaf.path, delivery.changed, delivery.examples), *_cells(arrived, leaf)])
    return rows


def _cells(leaf: Leaf, before: Leaf | None) -> list[object]:
    def mark(text: str, differs: bool) -> str:  # noqa: FBT001  (a cell and whether it stands out)
        return markup.tag("span", text, css_class="gd-differs") if differs else text

    shape = format_shape(leaf.shape) if leaf.shape is not None else "–"
    cells: list[object] = [mark(leaf.dtype or leaf.kind, before is not None and before.dtype != leaf.dtype)]
    cells.append(mark(shape, before is not None and before.shape != leaf.shape))
    for name in FIGURES:
        measured, was = getattr(leaf, name), getattr(before, name, None)
        value = wording.figure(measured)
        cells.append(mark(value, None not in (measured, was) and wording.figure(was) != value))
    return cells


def _first(values: NDArray[Any]) -> str:
    shown = ", ".join(_value(value) for value in values.flat[:FIRST])
    return f"{shown}, …" if values.size > FIRST else shown


def _value(value: object) -> str:
    try:
        return wording.figure(float(value))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        text = repr(value)
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _changed(path: str, changed: Mapping[str, int], examples: Mapping[str, tuple[str, str]]) -> str:
    if not changed.get(path):
        return "values unchanged"
    text = f"{counted(changed[path], 'value')} changed"
    if path in examples:
        text += f", such as {' → '.join(examples[path])}"
    return markup.tag("span", f"▲ {text}", css_class="gd-differs")
