from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from gendiag.records import Finding
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.validation_split import Moved, mixed, moved
from gendiag.rules.rule import Rule, sound
from gendiag.sources.dataset_chain import chain

LAST = 4  # samples of the last batch, which are validated on


class SplitReshuffled(Rule):
    """Training and validation are cut from one dataset that is shuffled anew at each pass.

    What fit does
        Starts an iterator of its own for each pass over each of the two; ``shuffle`` in front of ``take``, ``skip`` or
        ``filter`` draws another order for every one of them. So each pass splits the samples anew.

    Why it hurts
        The model is validated on samples that it was trained on: val_loss follows the training loss, and no
        overfitting is seen. Two epochs are validated on different samples too.

    How to mend it
        Split first and shuffle the training part alone; or ``shuffle(n, seed=1, reshuffle_each_iteration=False)``
        before ``take`` and ``skip``.

    Known limits
        Told by the samples themselves, x alone, so equal samples count as one. It takes all batches of two epochs, or
        of one where the graph shows the split.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "split-reshuffled", "The split into training and validation is drawn anew at each pass"

    @property
    def fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]  # a dataset of its own for each fit
        return {"epochs": 3, "validation_data": _samples().shuffle(24).skip(24 - LAST).batch(4)}

    @property
    def mended_fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]
        return {"epochs": 3, "validation_data": _samples().skip(24 - LAST).batch(4)}

    def check(self, seen: Evidence) -> Iterator[Finding]:
        other = seen.validation_source
        if other is None or not (other.is_graph and seen.source.is_graph) or seen.failure is not None:
            return
        samples = moved(seen)
        if samples is not None:
            yield self._moved(samples)
        elif _is_split(seen.source.value) and _is_split(other.value) and (both := mixed(seen)):
            yield self._mixed(*both)

    def _moved(self, samples: Moved) -> Finding:
        message = (
            f"Of the {samples.all} samples in the batches of validation_data in the second epoch, {samples.other} "
            f"are not those of the first, and {samples.trained} of these were trained on before: "
            "likely `take` and `skip` split a dataset that is shuffled anew at each pass, so training and validation "
            "mix."
        )
        return self.finding("warning", message, fix=_FIX, source="validation", trained=samples.trained)

    def _mixed(self, common: int, of: int) -> Finding:
        message = (
            f"{common} of the {of} samples in the batches of validation_data were trained on in the same epoch: "
            "`take` and `skip` split a dataset that is shuffled anew at each pass, so training and validation mix."
        )
        return self.finding("warning", message, fix=_FIX, source="validation", trained=common)

    def broken(self) -> Any:
        return _samples().shuffle(24).take(24 - LAST).batch(4)

    def mended(self) -> Any:
        return _samples().take(24 - LAST).shuffle(24).batch(4)


_FIX = (
    "Split first and shuffle the training part alone, or shuffle with "
    "`dataset.shuffle(n, reshuffle_each_iteration=False)` before `take` and `skip`."
)


def _samples() -> Any:
    import tensorflow as tf

    x, y = (np.concatenate(part) for part in zip(*sound(), strict=True))
    return tf.data.Dataset.from_tensor_slices((x, y))


def _is_split(dataset: Any) -> bool:
    """Whether it takes or skips a part of what a shuffle hands on in another order each time."""
    steps = chain(dataset)
    cut = next((place for place, step in enumerate(steps) if step.name in {"take", "skip", "filter", "shard"}), None)
    shuffles = [step for step in steps[cut or 0 :] if step.name == "shuffle"] if cut is not None else []
    return any(step.told("reshuffle_each_iteration") is not False for step in shuffles)
