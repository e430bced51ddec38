"""What went on in the model during the step: layer by layer, and the loss of the samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gendiag.records import counted, format_shape
from gendiag.views import markup, wording

if TYPE_CHECKING:
    from collections.abc import Collection

    from gendiag.records import Inside, LayerStep

HEAD = ("layer", "class", "NaN", "Inf", "output", "low", "high", "gradient", "update")
NUMERIC = ("NaN", "Inf", "low", "high", "gradient", "update")
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


def to_html(inside: Inside, failing: Collection[int] = (), *, name: str = "the batch") -> markup.Html:
    """Say where it goes wrong; the layers and the samples are folded away below."""
    parts = []
    if said := where(inside):
        parts.append(markup.tag("p", markup.chip("here", "error"), " ", said))
    if inside.layers:
        rows = [_row(layer, wrong=layer.name == inside.first_bad) for layer in inside.layers]
        weights = "" if inside.weights == "as they are" else ", with fresh weights"
        table = markup.table(HEAD, rows, f"Layers in the step on {name}", numeric=NUMERIC)
        parts.append(markup.details(f"Layer by layer{weights}", table, key=f"layers {name}", css_class="gd-layers"))
    if inside.sample_losses:
        losses = _samples(inside, failing, name)
        parts.append(markup.details("Loss per sample", losses, key=f"losses {name}", css_class="gd-losses"))
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


def _row(layer: LayerStep, *, wrong: bool) -> list[object]:
    name = markup.tag("code", layer.name)
    if wrong:
        name = markup.tag("span", "✖ ", name, css_class="gd-differs")
    bad, ends = (layer.n_nan, layer.n_inf), (layer.low, layer.high)
    shape = "raised" if layer.failure is not None else format_shape(layer.shape) if layer.shape is not None else "–"
    figures = map(wording.figure, (*ends, layer.grad_norm, layer.update_norm))
    return [name, layer.kind, *map(wording.figure, bad), shape, *figures]


def _samples(inside: Inside, failing: Collection[int], name: str) -> markup.Html:
    losses = inside.sample_losses
    order = inside.worst_samples[:WORST]
    rows = [[_sample(row, failing), wording.figure(losses[row])] for row in order]
    rest = f" of {len(losses):,}, the largest first" if len(losses) > len(order) else ""
    caption = markup.tag("p", f"{counted(len(order), 'sample')}{rest}.", css_class="gd-quiet")
    return markup.join([markup.table(("sample", "loss"), rows, f"Losses of {name}", numeric=("loss",)), caption])


def _sample(row: int, failing: Collection[int]) -> object:
    return markup.tag("span", f"✖ {row}", css_class="gd-differs") if row in failing else str(row)
