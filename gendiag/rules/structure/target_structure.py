from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gendiag.model.facts import Output
from gendiag.records import Batch, Failure, Finding, Leaf, counted, format_shape
from gendiag.rules.edits import numbers, shapes
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import FEATURES, Edits, Rule, sound

# Keras's messages where the targets do not meet the outputs (keras 3.15); of a wrong key it tries to make a number.
SAID = re.compile(r"different structures?\b|of type 'str'|to EagerTensor|`loss` argument")
MOST = 4  # leaves or outputs in the message


class TargetStructure(Rule):
    """y is nested otherwise than the outputs of the model: other keys, or another number of arrays.

    What fit does
        Raises when the first step is traced. Targets meet the outputs by name where y is a dict, by place where it is a
        tuple. A dict is refused where the model gives one output and no dict.

    Why it hurts
        "Expected float32, but got age of type 'str'", or two structures of asterisks, name neither key nor output.

    How to mend it
        Yield one array per output: a tuple in their order, or a dict with the outputs' names as keys.

    Known limits
        Needs a model whose outputs are declared. Outputs without a loss need no target.

    Source
        keras 3.15.1, compile_utils.CompileLoss; measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "target-structure", "y is nested otherwise than the model's outputs"
    batchwise = True
    consequence_of = ("validation-form",)
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        outputs = seen.model_facts.outputs
        odd = [batch for batch in seen.batches if outputs and _differs(_targets(batch), outputs)]
        indices = [batch.index for batch in odd if seen.refused(batch.index)]
        failure = seen.model_run.failure if seen.model_run is not None else None
        if seen.model_raised_at(indices) and not seen.raised_in_layer() and _is_said(failure):
            yield self._finding(seen, odd[0], indices)

    def _finding(self, seen: Evidence, batch: Batch, indices: list[int]) -> Finding:
        leaves, outputs = _targets(batch), seen.model_facts.outputs
        yielded = ", ".join(f"{leaf.path} {format_shape(leaf.shape)}" for leaf in leaves[:MOST])
        names = ", ".join(f"{output.name!r} {format_shape(output.shape)}" for output in outputs[:MOST])
        message = (
            f"y of {seen.place(batch.index)} is {counted(len(leaves), 'array')}: {yielded}; the model has "
            f"{counted(len(outputs), 'output')}: {names}.{_unknown(leaves, outputs)}"
        )
        return self.finding(
            "error", message, fix=_fix(leaves, outputs), batches=indices, leaf=leaves[0].path,
            arrays=len(leaves), outputs=len(outputs),
        )  # fmt: skip

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        place = at(seen, finding)
        leaves, outputs = _targets(seen.batches[finding.batches[0]]), seen.model_facts.outputs
        keys, names = _keys(leaves), [output.name for output in outputs]
        unknown, missing = [key for key in keys if key not in names], [name for name in names if name not in keys]
        if len(outputs) == len(leaves) == 1:
            yield numbers.part(place, "y", leaves[0].path, f"Take {leaves[0].path} for y")
        elif len(unknown) == len(missing) == 1:
            yield shapes.swap_name(place, "y", unknown[0], missing[0])

    def broken(self) -> Iterator[Any]:
        return ((x, {"sum": y, "most": y}) for x, y in sound())

    def mended(self) -> Iterator[Any]:
        return ((x, {"total": y, "most": y}) for x, y in sound())

    def model(self) -> Any:
        import keras

        given = keras.Input((FEATURES,))
        outputs = {name: keras.layers.Dense(1, name=name)(given) for name in ("total", "most")}
        model = keras.Model(given, outputs)
        model.compile("sgd", "mse")
        return model


def _targets(batch: Batch) -> list[Leaf]:
    return [leaf for leaf in batch.leaves if leaf.role == "y"]


def _keys(leaves: list[Leaf]) -> list[str]:
    """Keys of a dict of targets; nothing where y is none."""
    found = [re.fullmatch(r"y\['(.*)'\]", leaf.path) for leaf in leaves]
    return [key.group(1) for key in found if key]


def _differs(leaves: list[Leaf], outputs: tuple[Output, ...]) -> bool:
    scored = sum(output.loss is not None for output in outputs)
    if len(leaves) != len(outputs):
        return len(leaves) not in (0, scored)
    paths, keys = {leaf.path for leaf in leaves}, set(_keys(leaves))
    if not keys or paths == {output.path for output in outputs}:
        return False
    return len(outputs) == 1 or keys != {output.name for output in outputs}


def _is_said(failure: Failure | None) -> bool:
    return failure is not None and bool(SAID.search(failure.line) or SAID.search(failure.details))


def _unknown(leaves: list[Leaf], outputs: tuple[Output, ...]) -> str:
    names = {output.name for output in outputs}
    unknown = [key for key in _keys(leaves) if key not in names]
    missing = sorted(names.difference(_keys(leaves)))
    if not unknown or len(outputs) == 1 or not missing:
        return ""
    return (
        f" No output is named {', '.join(map(repr, unknown))}; nothing is yielded for {', '.join(map(repr, missing))}."
    )


def _fix(leaves: list[Leaf], outputs: tuple[Output, ...]) -> str:
    if len(outputs) == 1:
        one = leaves[0].path if len(leaves) == 1 else "np.concatenate(targets, axis=-1)"
        return f"The model has one output and takes one array: give it `{one}` in the place of y."
    names = ", ".join(f"{output.name!r}: ..." for output in outputs[:MOST])
    return (
        f"Yield one array per output: a tuple in the order of the outputs, or a dict with their names, `{{{names}}}`."
    )
