"""A copy of a model whose weights and optimizer start anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gendiag.errors import NoFreshWeightsError
from gendiag.model.clone import Model, remade, stand_in
from gendiag.model.snapshot import optimizers


@contextmanager
def fresh_stand_in(model: Model) -> Iterator[Model]:
    """Give a copy whose layers and optimizer start anew; layers that do not train keep their values.

    What ``Normalization.adapt`` learned, and a frozen part that was trained elsewhere, belong to the model.

    Raises
    ------
    NoFreshWeightsError
        If no copy can be made.
    """
    with stand_in(model) as copy:
        if copy is model:
            msg = (
                f"the model {model.name} cannot be made again from its config, so there are no fresh weights to try. "
                "Give it get_config (and register what it is made of), or make it anew: diagnose(source, make_model())."
            )
            raise NoFreshWeightsError(msg)
        again = remade(model, with_values=False)
        training = {_owner(variable) for variable in copy.trainable_variables}
        for mine, fresh in zip(copy.variables, again.variables, strict=True):
            if _owner(mine) in training:
                mine.assign(fresh.value)
        for optimizer in optimizers(copy):
            _start_anew(optimizer, copy)
        yield copy


def _owner(variable: Any) -> str:
    """``model/dense`` of ``model/dense/kernel``."""
    return str(variable.path).rpartition("/")[0]


def _start_anew(optimizer: Any, copy: Model) -> None:
    again = type(optimizer).from_config(optimizer.get_config())
    if optimizer.built:
        again.build(copy.trainable_variables)
    for mine, fresh in zip(optimizer.variables, again.variables, strict=True):
        mine.assign(fresh.value)
