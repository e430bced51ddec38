"""The callback by which a recorded call is followed."""

from __future__ import annotations

from typing import Any

from gendiag.flight.call import Call


def attach(call: Call, callbacks: Any) -> Any:
    """Return the callbacks for Keras with one more, that follows the call; out of a lent list it is taken again."""
    import keras

    follower = _follower(call)
    if isinstance(callbacks, keras.callbacks.CallbackList):
        follower.set_model(call.model)
        follower.set_params(getattr(callbacks, "params", None))
        callbacks.callbacks.append(follower)
        call.closing.append(lambda: callbacks.callbacks.remove(follower))
        return callbacks
    own = [] if callbacks is None else list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks]
    return [*own, follower]


def _follower(call: Call) -> Any:  # noqa: C901  (one short method for each of Keras's hooks)
    """Make it. It listens to beginnings alone: what has an ``on_train_batch_end`` keeps Keras from logging aside."""
    import keras

    class Follow(keras.callbacks.Callback):
        def on_train_begin(self, logs: object = None) -> None:  # noqa: ARG002  (Keras's signature)
            call.train.tap.training = True

        def on_epoch_begin(self, epoch: int, logs: object = None) -> None:  # noqa: ARG002  (Keras's signature)
            call.epoch_begins(epoch)

        def on_train_batch_begin(self, batch: int, logs: object = None) -> None:  # noqa: ARG002  (Keras's signature)
            call.position.phase = "training"
            call.train.begin()
            if call.stop_asked:
                self.model.stop_training = True

        def on_test_begin(self, logs: object = None) -> None:  # noqa: ARG002  (Keras's signature)
            if call.method == "fit":
                call.position.phase = "validation"
                call.test.tap.training = True

        def on_test_end(self, logs: object = None) -> None:  # noqa: ARG002  (Keras's signature)
            if call.method == "fit":
                call.position.phase = "between"

        def on_test_batch_begin(self, batch: int, logs: object = None) -> None:  # noqa: ARG002  (Keras's signature)
            if call.method != "fit":
                call.position.phase = "training"
            call.feed.begin()

        on_predict_batch_begin = on_test_batch_begin

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            call.stopped_early = bool(self.model.stop_training)
            call.epoch_ends(epoch, logs or {})

    return Follow()
