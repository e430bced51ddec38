from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gendiag.batches.tree import ROLES
from gendiag.model.facts import Input, fits
from gendiag.records import Batch, Finding, Leaf, Severity, counted, format_shape
from gendiag.rules.edits import shapes
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.to_type import give
from gendiag.rules.rule import FEATURES, Edits, Rule, sound


class InputCount(Rule):
    """x has another number of arrays than the model has inputs.

    What fit does
        Raises before the first step, or when it is traced. A list of samples in the place of x is as many inputs to
        Keras as there are samples. Of a dict with a key too many it takes the arrays in the order of the keys, so that
        one that the model has no input for may be given to one that it has: where the shapes agree that trains, and
        only a warning says so.

    Why it hurts
        The message counts tensors, and does not say which element of the batch they come from.

    How to mend it
        Yield one batched array per input: ``(np.stack(tops), np.stack(bottoms)), y``; or a dict with the names of the
        inputs.

    Known limits
        Needs a model whose inputs are declared.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "input-count", "x has another number of arrays than the model has inputs"
    consequence_of = ("list-for-array", "not-iterable", "validation-form")
    batchwise = True
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        facts = seen.model_facts
        if not facts.inputs:
            return
        odd = [batch for batch in seen.batches if _differs(_inputs(batch), facts.inputs)]
        odd = [batch for batch in odd if not _holds_targets(seen, batch)]
        indices = [batch.index for batch in odd if seen.refused(batch.index)]
        if indices and (seen.model_raised_at(indices) or (seen.rehearsal.failed_in == "start" and 0 in indices)):
            yield self._finding(seen, odd[0], indices)
        elif trained := [batch for batch in odd if seen.trained_on(batch.index)]:
            yield from self._surplus(seen, trained)

    def _surplus(self, seen: Evidence, trained: list[Batch]) -> Iterator[Finding]:
        """A dict with more keys than the model has inputs, which it takes all the same."""
        batch, ports = trained[0], seen.model_facts.inputs
        leaves = _inputs(batch)
        extra = _extra(leaves, ports)
        if not extra or len(leaves) != len(ports) + len(extra):
            return
        taken = [(leaf, port) for leaf, port in zip(leaves, ports, strict=False) if _key(leaf.path) != port.name]
        by_name = not all(_key(port.path) for port in ports)  # inputs that are no dict are taken by name
        severity: Severity = "note" if by_name or not taken else "warning"
        message = f"x of {seen.place(batch.index)} has {_keys(extra)}, which the model has no input for"
        if severity == "warning":
            leaf, port = taken[0]
            message += (
                f": by the order of the keys {leaf.path} is given to the input {port.name!r}, with a warning only."
            )
        else:
            message += ". It is left out."
        fix = f"Drop {_keys(extra)} from x."
        batches = [each.index for each in trained]
        yield self.finding(severity, message, fix=fix, batches=batches, leaf=extra[0].path)

    def _finding(self, seen: Evidence, batch: Batch, indices: list[int]) -> Finding:
        leaves, inputs = _inputs(batch), seen.model_facts.inputs
        names = ", ".join(f"{port.name!r} {format_shape(port.shape)}" for port in inputs[:4])
        message = (
            f"x of {seen.place(batch.index)} is {counted(len(leaves), 'array')}; the model has "
            f"{counted(len(inputs), 'input')}: {names}."
        )
        if _sample_by_sample(seen, leaves):
            message = f"{message} Its arrays are single samples ({leaves[0]}): x is packed sample by sample."
            fix = "Stack the samples, one array per input, into a tuple: `(np.stack(firsts), np.stack(seconds)), y`."
            if len(inputs) == 1:
                fix = "Stack the samples into one array: `np.stack(x)`."
        else:
            message, fix = _in_a_row(seen, batch, message) or _by_name(seen, message, leaves, inputs)
        return self.finding(
            "error", message, fix=fix, batches=indices, leaf=leaves[0].path, arrays=len(leaves), inputs=len(inputs)
        )

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        batch = next(batch for batch in seen.batches if batch.index == finding.batches[0])
        if _sample_by_sample(seen, _inputs(batch)):
            yield shapes.stack_samples(at(seen, finding), "x", count=finding.evidence["inputs"])

    def broken(self) -> Iterator[Any]:
        return sound()

    def mended(self) -> Iterator[Any]:
        return (((x, x), y) for x, y in sound())

    def model(self) -> Any:
        import keras

        inputs = [keras.Input((FEATURES,)), keras.Input((FEATURES,))]
        model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Add()(inputs)))
        model.compile("sgd", "mse")
        return model


def _holds_targets(seen: Evidence, batch: Batch) -> bool:
    """Whether x is a dict with the labels in it too, and there is no y for the loss: see arity."""
    is_bare = batch.structure.startswith("{") and {leaf.role for leaf in batch.leaves} == {"x"}
    outputs = seen.model_facts.outputs
    return is_bare and seen.source.kind != "generator" and any(output.loss is not None for output in outputs)


def _inputs(batch: Batch) -> list[Leaf]:
    return [leaf for leaf in batch.leaves if leaf.role == "x"]


def _differs(leaves: list[Leaf], ports: tuple[Input, ...]) -> bool:
    """Whether there are more or fewer arrays than inputs, or as many of a dict under other names."""
    if not leaves or len(leaves) != len(ports):
        return bool(leaves)
    return any(_key(leaf.path) for leaf in leaves) and {_key(leaf.path) for leaf in leaves} != {p.name for p in ports}


def _key(path: str) -> str:
    """Key of an array of a dict; empty where it is none."""
    found = re.fullmatch(r"x\['(.*)'\]", path)
    return found.group(1) if found else ""


def _keys(leaves: list[Leaf]) -> str:
    return ", ".join(repr(_key(leaf.path)) for leaf in leaves[:4])


def _extra(leaves: list[Leaf], ports: tuple[Input, ...]) -> list[Leaf]:
    """Arrays of a dict under keys that the model has no input for; nothing where it is no dict."""
    names = {port.name for port in ports}
    return [leaf for leaf in leaves if _key(leaf.path) and _key(leaf.path) not in names]


def _in_a_row(seen: Evidence, batch: Batch, message: str) -> tuple[str, str] | None:
    """Say that the inputs stand beside each other in the tuple, where fit looks for y and sample_weight."""
    ports = seen.model_facts.inputs
    paths = [leaf.path for leaf in batch.leaves]
    is_row = 1 < len(ports) <= len(paths) and paths == list(ROLES[: len(paths)]) and not seen.source.is_sliced
    if not is_row or not all(fits(leaf.shape, port.shape) for leaf, port in zip(batch.leaves, ports, strict=False)):
        return None
    taken = ", the third for sample_weight" if len(paths) > len(ROLES[:-1]) else ""
    names = f"({', '.join('abc'[: len(ports)])})"
    row = ", ".join(["a", "b", "c"][: len(ports)] + ["y"] * (len(paths) > len(ports)))
    alone = f"{names}," if seen.source.is_graph else f"({names},)"  # a map has its brackets around it already
    parts = [alone] if seen.rehearsal.method == "predict" else [names, "y"]
    pair = give(seen.source, parts, takes=row)
    message += f" fit takes the first element of the tuple for x, the second for y{taken}."
    return message, f"Put the inputs into one tuple within the tuple: {pair}, in the model's order."


def _by_name(seen: Evidence, message: str, leaves: list[Leaf], ports: tuple[Input, ...]) -> tuple[str, str]:
    """Name the keys that are too many or missing, where x is a dict; and say what to do."""
    given = {_key(leaf.path) for leaf in leaves}
    if "" in given:
        way = (
            "Pass one array per input, as a list"
            if seen.source.is_sliced
            else "Yield one batched array per input, as a tuple"
        )
        return message, f"{way} in the model's order or as a dict by input name."
    extra, missing = _extra(leaves, ports), [port.name for port in ports if port.name not in given]
    fixes = []
    if extra:
        order = "" if missing else "; Keras then goes by the order of the keys"
        message += f" It has no input for {_keys(extra)}{order}."
        fixes.append(f"drop {_keys(extra)} from x")
    if missing:
        names = ", ".join(map(repr, missing[:4]))
        message += f" Nothing is yielded for {names}."
        fixes.append(f"yield an array under {names} too")
    fix = " and ".join(fixes) or "yield one batched array per input, by input name"
    return message, f"{fix[0].upper()}{fix[1:]}."


def _sample_by_sample(seen: Evidence, leaves: list[Leaf]) -> bool:
    """Whether every array is one sample of one of the inputs, and none a batch."""
    inputs = seen.model_facts.inputs
    return all(
        leaf.shape is not None and any(fits(leaf.shape, port.shape[1:]) for port in inputs)
        for leaf in leaves
    )  # fmt: skip
