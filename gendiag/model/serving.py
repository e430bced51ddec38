"""Whether fit takes batches as they are handed to it again: else what it raises says nothing of the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gendiag.model.replay import FitSettings, through_fit
from gendiag.records import Failure


def refusal(batches: Sequence[Any], settings: FitSettings) -> Failure | None:
    """Return what fit raises on these batches with a model that takes everything; None where it takes them.

    Batches that fit delivered before must be taken again: where they are not, the way of handing them over is to blame.
    """
    return through_fit(_taker(), batches, settings, learning_rate_zero=False).failure


def _taker() -> Any:
    import keras

    class Taker(keras.Model):
        """Takes whatever arrives."""

        def train_step(self, data: object) -> dict[str, Any]:  # noqa: ARG002  (Keras's signature)
            return {"loss": keras.ops.zeros(())}

        def test_step(self, data: object) -> dict[str, Any]:  # noqa: ARG002  (Keras's signature)
            return {"loss": keras.ops.zeros(())}

    taker = Taker(name="gendiag_taker")
    taker.compile(optimizer="sgd", run_eagerly=True, jit_compile=False)
    return taker
