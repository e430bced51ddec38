from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from gendiag.records import Finding, counted
from gendiag.rules.edits import arguments
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import ROWS, Edits, Rule

COUNT, STEPS = 6, 3


class StatefulShuffled(Rule):
    """A stateful layer is trained on samples in an order that fit shuffles.

    What fit does
        Shuffles arrays, and the items of a PyDataset, anew in each epoch unless it is told ``shuffle=False``. A layer
        with ``stateful=True`` carries the state of row i of one batch to row i of the next, whatever these rows are.

    Why it hurts
        The state of one sequence is carried into another one, drawn by chance: what the layer is stateful for is lost,
        and nothing says so.

    How to mend it
        ``fit(..., shuffle=False)``, and reset the states between the epochs.

    Known limits
        Shuffling inside of a ``tf.data.Dataset`` or of a generator is not looked at.

    Source
        keras 3.15.1, array_data_adapter.py and py_dataset_adapter.py; measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "stateful-shuffled", "A stateful layer on shuffled samples"
    fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"epochs": 2})
    mended_fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"epochs": 2, "shuffle": False})

    def check(self, seen: Evidence) -> Iterator[Finding]:
        source, steps = seen.source, len(seen.by_epoch[0]) if seen.by_epoch else 0
        is_shuffled = bool(seen.fit_args.get("shuffle", True)) and (source.is_sliced or source.is_indexed)
        if not seen.model_facts.stateful or not is_shuffled or steps <= 1 or seen.failure is not None:
            return
        what = "the items" if source.is_indexed else "the samples"
        message = (
            f"The model has a stateful layer, which carries its state from batch to batch, and fit shuffles {what} of "
            f"the source in each epoch ({counted(steps, 'batch', 'batches')}): states of one sequence go on in another."
        )
        yield self.finding("warning", message, fix="Pass `shuffle=False` to fit.", steps=steps)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        yield arguments.with_argument(at(seen, finding), "shuffle", False)  # noqa: FBT003  (fit's own value)

    def broken(self) -> Any:
        return _items()

    def mended(self) -> Any:
        return _items()

    def model(self) -> Any:
        import keras

        model = keras.Sequential(
            [keras.Input(batch_shape=(ROWS, STEPS, 1)), keras.layers.SimpleRNN(2, stateful=True), keras.layers.Dense(1)]
        )
        model.compile("sgd", "mse")
        return model


def _items() -> Any:
    import keras

    class Items(keras.utils.PyDataset):
        def __init__(self) -> None:
            super().__init__(workers=1)
            self.x = np.random.default_rng(0).normal(size=(COUNT * ROWS, STEPS, 1)).astype("float32")

        def __len__(self) -> int:
            return COUNT

        def __getitem__(self, index: int) -> Any:
            x = self.x[index * ROWS : (index + 1) * ROWS]
            return x, x[:, 0] * 2

    return Items()
