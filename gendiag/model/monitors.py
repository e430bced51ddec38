"""What Keras's own callbacks say of the figure that they are told to follow, asked of copies of them."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

ASKED = "_set_monitor_op"  # keras 3.5 to 3.15.1: called at the end of the first epoch


def refused_monitors(model: Any, callbacks: Iterable[Any]) -> tuple[tuple[int, str], ...]:
    """Return places of callbacks that will raise at the end of an epoch, and why: they cannot compare the figure.

    Nothing of the user's is changed: it is a shallow copy that is asked, and what it sets are attributes of its own.
    """
    found = []
    for place, callback in enumerate(callbacks):
        if not _asks(callback):
            continue
        with suppress(AttributeError):  # of another version of Keras
            stand_in = copy.copy(callback)
            stand_in.set_model(model)
            try:
                stand_in._set_monitor_op()  # noqa: SLF001  (no public way)
            except ValueError as error:
                found.append((place, str(error)))
    return tuple(found)


def _asks(callback: Any) -> bool:
    is_kerass = type(callback).__module__.startswith("keras.") and hasattr(callback, ASKED)
    return is_kerass and callback.monitor_op is None and getattr(callback, "save_best_only", True) is not False
