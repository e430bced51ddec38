"""The copy of a model that is kept from trial to trial."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gendiag.batches.store import MIB
from gendiag.model.clone import Model, assign, check_alike, stand_in
from gendiag.model.snapshot import frozen
from gendiag.runtime.random_state import kept_seeds

MOST_BYTES = 64 * MIB  # of weights; a larger copy is not worth its memory


class CloneCache:
    """Keeps the copy of a model, so that what fit traced in one trial is used again in the next.

    Tracing takes half a second to some seconds, a trial on what is traced a tenth of that. The copy is used again only
    for the same model, compiled as it was, and is given its present values; whoever works on it puts it back.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: tuple[Any, Model] | None = None
        self._worth_keeping = False

    @contextmanager
    def stand_in(self, model: Model) -> Iterator[Model]:
        """Give the copy kept, else a new one, as ``clone.stand_in`` does."""
        if not self._lock.acquire(blocking=False):  # Somebody else is at it.
            with stand_in(model) as other:
                yield other
            return
        try:
            copy, self._worth_keeping = self._taken(model), False
            if copy is not None:
                with kept_seeds(), frozen(copy.loss):
                    yield copy
            else:
                with stand_in(model) as copy:
                    yield copy
            if self._worth_keeping and copy is not model and _nbytes(copy) <= MOST_BYTES:
                self._kept = (_compiled_as(model), copy)
        finally:
            self._lock.release()

    def keep(self) -> None:
        """Say that the stand-in given last is as it was, and may be used again."""
        self._worth_keeping = True

    def _taken(self, model: Model) -> Model | None:
        """Return the copy kept with the present values of ``model``; None where it is another one by now."""
        kept, self._kept = self._kept, None
        if kept is None or kept[0] != _compiled_as(model):
            return None
        copy = kept[1]
        try:
            check_alike(model, copy)
            assign(copy.variables, model.variables)
            # The copy's slots are made, those of a model that was never trained are not: these are as made.
            assign(copy.optimizer.variables[: len(model.optimizer.variables)], model.optimizer.variables)
        except Exception:  # noqa: BLE001  (get_config is the user's; a new copy can always be made)
            return None
        copy.run_eagerly = model.run_eagerly
        return copy


def _compiled_as(model: Model) -> tuple[object, ...]:
    """What must not change while a copy is kept."""
    parts = (model, model.optimizer, model._compile_config)  # noqa: SLF001  (made anew by each compile)
    sizes = (len(model.variables), len(getattr(model.optimizer, "variables", ())), len(model.trainable_variables))
    return (*map(id, parts), *sizes, model.run_eagerly, model.jit_compile, model.built)


def _nbytes(model: Model) -> int:
    import numpy as np

    return sum(int(np.prod(tuple(variable.shape))) * 4 for variable in model.variables)
