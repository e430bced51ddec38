"""Whether the real fit trained on something else than was yielded."""

from __future__ import annotations

from tests.truth.batches import batches
from tests.truth.leaves import leaves, n_changed, number_of
from tests.truth.real_fit import Truth
from tests.truth.scenario import Scenario


def is_altered(scenario: Scenario, truth: Truth) -> bool:
    """Whether fit trained on something else than was yielded, or on nothing."""
    return not truth.steps or any(changed_per_step(scenario, truth)) or is_replayed(scenario, truth)


def changed_per_step(scenario: Scenario, truth: Truth) -> list[int]:
    """How many values differ from the batch that the step is; what a graph or arrays yield is not known."""
    if scenario.kind in {"tf.data", "arrays"}:
        return [0] * len(truth.steps)
    given = batches(scenario)
    counts = []
    for _, arrays in truth.steps:
        number = number_of(arrays)
        counts.append(0 if number is None or number >= len(given) else n_changed(leaves(given[number]), arrays))
    return counts


def is_replayed(scenario: Scenario, truth: Truth) -> bool:
    """Whether an epoch had no step, or repeated batches of a source that gives each once.

    Two batches are the whole source again where there are no more.
    """
    begun = range(scenario.initial_epoch, truth.epochs_begun)
    epochs = [[number_of(arrays) for at, arrays in truth.steps if at == epoch] for epoch in begun]
    if not all(epochs):
        return True
    if not scenario.one_shot or scenario.endless:
        return False
    whole = all(epoch == epochs[0] and len(epoch) == scenario.n for epoch in epochs)
    return len(truth.steps) > scenario.n and not whole
