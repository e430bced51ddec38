"""What went on in the model during the step: layer by layer, and the loss of the samples."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gendiag.records import counted, format_shape
from gendiag.views import markup, wording

if TYPE_CHECKING:
    from collections.abc import Collection

    from gendiag.records import Inside, LayerStep

HEAD = ("layer", "", "output", "low", "high", "NaN", "Inf", "gradient", "update")
NUMERIC = ("low", "high", "NaN", "Inf", "gradient", "update")
WORST = 8  # samples shown
WHERE = {
    "input": "What the model is given holds NaN or infinity already.",
    "target": "The labels or the sample weights hold NaN or infinity.",
    "loss": "Every layer is sound; the loss is where it goes wrong.",
    "gradient": "The loss is sound; its gradient is where it goes wrong.",
    "update": "The gradient is sound; the optimizer's update is where it goes wrong.",
    "metrics": "The step is sound; a metric is where it goes wrong.",
    "step": "It goes wrong in the train_step of your own, outside of any layer.",
}


def to_html(inside: Inside, guilty: Collection[int] = ()) -> markup.Html:
    """Say where it goes wrong; the layers and the samples are folded away below."""
    parts = []
    if said := where(inside):
        parts.append(markup.tag("p", markup.chip("here", "error"), " ", said))
    if inside.layers:
        rows = [_row(layer, guilty=layer.name == inside.first_bad) for layer in inside.layers]
        weights = "" if inside.weights == "as they are" else ", with fresh weights"
        table = markup.table(HEAD, rows, numeric=NUMERIC)
        parts.append(markup.details(f"Layer by layer{weights}", table, css_class="gd-layers"))
    if inside.sample_losses:
        parts.append(markup.details("Loss per sample", _samples(inside, guilty), css_class="gd-samples"))
    return markup.join(parts)


def where(inside: Inside) -> str:
    """Name the place in one sentence; empty where the step is sound."""
    if inside.where in {"layer", "weights"}:
        layer = next((layer for layer in inside.layers if layer.name == inside.first_bad), None)
        name = f"{inside.first_bad} ({layer.kind})" if layer else f"{inside.first_bad}"
        if inside.where == "weights":
            return f"The weights of {name} held NaN or infinity before the step."
        does = "raises" if layer is not None and layer.failure is not None else "gives NaN or infinity"
        return f"The first layer that goes wrong is {name}: it {does}, and what it was given is sound."
    return WHERE.get(inside.where, "")


def _row(layer: LayerStep, *, guilty: bool) -> list[object]:
    name = markup.tag("code", layer.name)
    if guilty:
        name = markup.tag("span", "✖ ", name, css_class="gd-differs")
    cells = [wording.figure(value) for value in (layer.low, layer.high, layer.n_nan, layer.n_inf)]
    shape = "raised" if layer.failure is not None else format_shape(layer.shape) if layer.shape is not None else "–"
    return [name, layer.kind, shape, *cells, wording.figure(layer.grad_norm), wording.figure(layer.update_norm)]


def _samples(inside: Inside, guilty: Collection[int]) -> markup.Html:
    losses = inside.sample_losses
    order = inside.worst_samples[:WORST]
    rows = [[_sample(row, guilty), _loss(losses[row])] for row in order]
    rest = f" of {len(losses):,}, the largest first" if len(losses) > len(order) else ""
    caption = markup.tag("p", f"{counted(len(order), 'sample')}{rest}.", css_class="gd-quiet")
    return markup.join([markup.table(("sample", "loss"), rows, numeric=("loss",)), caption])


def _sample(row: int, guilty: Collection[int]) -> object:
    return markup.tag("span", f"✖ {row}", css_class="gd-differs") if row in guilty else str(row)


def _loss(loss: float) -> str:
    return "NaN" if math.isnan(loss) else wording.figure(loss)
