"""What a model must be for a diagnosis."""

from __future__ import annotations

from typing import Any

from gendiag.errors import BadModelError
from gendiag.model.clone import is_compiled
from gendiag.sources.source import describe_type


def check_model(model: Any) -> None:
    """Refuse what is no compiled ``keras.Model`` on the TensorFlow backend; None stands for no model.

    Raises
    ------
    BadModelError
        Saying what to type.
    """
    import keras

    backend = keras.backend.backend()
    if backend != "tensorflow":
        msg = (
            f"keras runs on the {backend} backend here; the rehearsal reads what the TensorFlow backend does. "
            "Set the environment variable KERAS_BACKEND=tensorflow before keras is imported."
        )
        raise BadModelError(msg)
    if model is None:
        return
    if not isinstance(model, keras.Model):
        msg = f"model is {describe_type(model)}, no keras.Model. Type diagnose(source, model, epochs=...)."
        raise BadModelError(msg)
    if not is_compiled(model):
        msg = (
            f"the model {model.name} is not compiled, so fit would raise at once. "
            "Type model.compile(optimizer, loss) first."
        )
        raise BadModelError(msg)
