from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gendiag.batches.tree import flatten
from gendiag.records import Failure, Finding, counted
from gendiag.rules.edits import streams
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.dataset_errors import told
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.exception_advice import advice
from gendiag.rules.rule import BAD, Edits, Rule, sound
from gendiag.sources.dataset_chain import chain, generator_state, samples_of

_NODE = re.compile(r"\{\{node ([^}]+)\}\}")
_COMPONENT = re.compile(r"in component (\d+)")
SHOWN = 6  # files


class DatasetRaises(Rule):
    """A ``tf.data`` pipeline raises while it makes a batch.

    What fit does
        Comes to that batch and raises what the failing operation says, mostly as an InvalidArgumentError.

    Why it hurts
        The traceback ends in ``IteratorGetNext`` and shows none of the user's own lines: neither the step of the
        pipeline nor the batch or the file.

    How to mend it
        Iterate over the dataset alone, ``for batch in dataset``, to have the same error without fit. Fix the sample,
        or skip such samples with ``ignore_errors()`` directly behind the step that raises.

    Known limits
        Which samples the batch was made of is said where nothing shuffles, filters or interleaves them.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "dataset-raises", "The tf.data pipeline raises while it makes a batch"
    batchwise = True
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        failure = seen.rehearsal.failure
        if not seen.source.is_graph or failure is None or seen.never_ends or seen.rehearsal.failed_in == "validation":
            return
        index = seen.rehearsal.failed_batch
        index = 0 if index is None and not seen.rehearsal.deliveries else index
        if index is not None and (_is_of_pipeline(failure) or not seen.rehearsal.live) and _is_of_graph(failure):
            yield self._finding(seen, failure, index)

    def _finding(self, seen: Evidence, failure: Failure, index: int) -> Finding:
        known = told(failure.line)
        place = seen.place(index) if seen.batches else f"batch {index}"
        where = f", at {failure.frame}: `{failure.code}`" if failure.frame and _is_python(failure) else ""
        stands = _step(seen, failure) or (known.where if known is not None else "")
        message = (
            f"The dataset raises while it makes {place}{f' ({stands})' if stands else ''}: "
            f"{failure.line}{where}{'' if failure.line.endswith('.') else '.'}"
            f"{_component(seen, failure)}{_samples(seen, index)}"
        )
        return self.finding(
            "error", message, fix=_fix(seen, failure), batches=[index], type=failure.type, frame=failure.frame
        )

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        yield streams.without_errors(at(seen, finding))

    def broken(self) -> Any:
        return _dataset(BAD)

    def mended(self) -> Any:
        return _dataset(None)


def _dataset(bad: int | None) -> Any:
    import tensorflow as tf

    def checked(number: Any, x: Any, y: Any) -> Any:
        if bad is not None:
            tf.debugging.assert_none_equal(number, tf.constant(bad, "int64"), message="a broken record")
        return x, y

    x, y = (tf.stack(part) for part in zip(*sound(), strict=True))
    return tf.data.Dataset.from_tensor_slices((tf.range(len(x), dtype="int64"), x, y)).map(checked)


def _is_of_pipeline(failure: Failure) -> bool:
    """Whether it came up while fit asked the dataset's iterator, and not in the model."""
    return "IteratorGetNext" in failure.details


def _is_of_graph(failure: Failure) -> bool:
    """Whether an operation raised it, and not fit because of the arguments."""
    return _is_of_pipeline(failure) or "{{node" in failure.details or "[Op:" in failure.details


def _is_python(failure: Failure) -> bool:
    return "PyFunc" in failure.details


def _step(seen: Evidence, failure: Failure) -> str:
    """Which step of the pipeline holds the operation that raised."""
    if _is_python(failure):
        if "generator_py_func" in failure.details and generator_state(seen.source.value) is not None:
            element = getattr(seen.source, "raised_at", None)
            which = "" if element is None else f", while it made its element {element}"
            return "" if "`generator` yielded" in failure.line else f"in the generator behind `from_generator`{which}"
        return "in a numpy_function or py_function"
    nodes = {name for name in _NODE.findall(failure.details) if name != "IteratorGetNext"}
    known = told(failure.line)
    for step in chain(seen.source.value):
        if nodes & {name for name, _ in step.ops}:
            function = f"`{step.name}({step.function})`" if step.function.isidentifier() else f"`{step.name}`"
            return f"in {function}" + (f": {known.where}" if known is not None else "")
    return ""


def _component(seen: Evidence, failure: Failure) -> str:
    """Which leaf it is, where the message counts them only."""
    met = _COMPONENT.search(failure.line)
    if met is None:
        return ""
    parts = flatten(seen.source.value.element_spec)
    number = int(met[1])
    return f" Component {number} is {parts[number].path}." if number < len(parts) else ""


def _samples(seen: Evidence, index: int) -> str:
    """Which samples, or files, the batch is made of, where the order is that of the data."""
    came = f" {counted(index, 'batch', 'batches')} came before it." if index else ""
    length = seen.source.length
    within = samples_of(seen.source.value, index % length if length else index)
    if within is None:
        return came
    files = getattr(seen.source.value, "file_paths", None)
    if isinstance(files, list) and files[within.start :]:
        names = [str(each).replace("\\", "/").rsplit("/", 1)[-1] for each in files[within.start : within.stop]]
        shown = ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
        return f"{came} It is made of the files {within.start} to {within.stop - 1} of `file_paths`: {shown}."
    return f"{came} It is made of the samples {within.start} to {within.stop - 1}, in the order of the data."


def _fix(seen: Evidence, failure: Failure) -> str:
    known = told(failure.line)
    names = {step.name for step in chain(seen.source.value)}
    if known is not None and "`batch`" in known.where and "window" in names:
        return "Let all windows be of one length: `window(..., drop_remainder=True)`. " + known.fix
    if known is not None:
        return known.fix
    if _is_python(failure):
        what = advice(failure, None) or "Correct that line, or let it skip what it cannot read."
        return f"{what} Without fit, `for batch in dataset: pass` raises the same."
    return "Iterate over the dataset alone to find the sample, `for batch in dataset: pass`, and fix it there."
