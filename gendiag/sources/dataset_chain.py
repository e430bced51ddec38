"""What a ``tf.data.Dataset`` is made by: its transformations, and what each of them was told.

Read from attributes that TensorFlow keeps to itself (measured on tensorflow 2.21); what is not there is None or empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

BATCHING = frozenset({"batch", "padded_batch", "ragged_batch"})
CACHES = ("cache", "snapshot")
# What leaves the samples in their order and number.
ONE_TO_ONE = frozenset({"map", "prefetch", "cache", "options", "restructured"})
_WRAPPED = re.compile(r"^_*(?:Parallel)?(.*?)(?:Dataset)?(?:V\d)?$")
_NAMES = {"Map": "map", "PaddedBatch": "padded_batch", "FlatMap": "flat_map", "GroupByWindow": "group_by_window"}
_RANDOM = re.compile(
    r"^(?:Random(?:Uniform|StandardNormal|Gamma|Poisson|Shuffle|Crop)|Truncated|ParameterizedTruncated|Multinomial|"
    r"Stateful(?:Uniform|Random|Standard|Truncated)|SampleDistortedBoundingBox|RngReadAndSkip)"
)
# A generator of Keras: it reads and moves on a state that lies in a variable.
_SEEDED, _MOVED_ON = re.compile(r"^StatelessRandom|^Stateless\w*Random"), re.compile(r"^Assign\w*Variable")


@dataclass(frozen=True)
class Step:
    """One transformation: ``shuffle``, ``batch``, ``map`` ...; and the dataset that it gives."""

    name: str
    dataset: Any

    def told(self, attribute: str) -> Any:
        """Return an argument as a plain number, or None."""
        value = getattr(self.dataset, f"_{attribute}", None)
        try:
            return value.numpy().item() if hasattr(value, "numpy") else value
        except (AttributeError, ValueError):
            return None

    @property
    def function(self) -> str:
        """Name of the function that it maps, or empty."""
        given = getattr(getattr(self.dataset, "_map_func", None), "_func", None)
        return str(getattr(given, "__name__", ""))

    @property
    def ops(self) -> frozenset[tuple[str, str]]:
        """Name and kind of every operation in its function, and in the functions that this calls."""
        wrapped = getattr(self.dataset, "_map_func", None)
        graph = getattr(getattr(wrapped, "function", None), "graph", None)
        if graph is None:
            return frozenset()
        whole = graph.as_graph_def()
        inner = (node for function in whole.library.function for node in function.node_def)
        return frozenset((node.name, node.op) for nodes in (whole.node, inner) for node in nodes)

    @property
    def is_random(self) -> bool:
        """Whether its function draws other numbers each time."""
        kinds = {kind for _, kind in self.ops}
        draws = any(_SEEDED.match(kind) for kind in kinds) and any(_MOVED_ON.match(kind) for kind in kinds)
        return draws or any(_RANDOM.match(kind) for kind in kinds)

    @property
    def count(self) -> int | None:
        """How many elements it gives, where TensorFlow knows it."""
        return known_count(self.dataset)


def chain(dataset: Any) -> tuple[Step, ...]:
    """Return the transformations, the outermost first, down to where several datasets meet or the data begin."""
    return tuple(_walk(dataset))


def _walk(dataset: Any) -> Iterator[Step]:
    while dataset is not None:
        yield Step(_name(dataset), dataset)
        dataset = getattr(dataset, "_input_dataset", None)


def _name(dataset: Any) -> str:
    found = _WRAPPED.match(type(dataset).__name__)
    name = found[1] if found else ""
    return _NAMES.get(name, re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())


def names(dataset: Any) -> list[str]:
    """``["prefetch", "batch", "shuffle", "tensor_slice"]``, the outermost first."""
    return [step.name for step in chain(dataset)]


def first_of(dataset: Any, *wanted: str) -> Step | None:
    """Return the outermost transformation of one of these names."""
    return next((step for step in chain(dataset) if step.name in wanted), None)


def behind(dataset: Any, *, outer: str, inner: str) -> tuple[Step, Step] | None:
    """Return the outermost ``outer`` and the nearest ``inner`` that it stands behind."""
    steps = chain(dataset)
    place = next((number for number, step in enumerate(steps) if step.name == outer), None)
    if place is None:
        return None
    under = next((step for step in steps[place + 1 :] if step.name == inner), None)
    return None if under is None else (steps[place], under)


def zipped(dataset: Any) -> tuple[Any, ...]:
    """Return what ``zip`` puts together at the end of the chain; empty where there is none."""
    last = chain(dataset)[-1:]
    parts = getattr(last[0].dataset, "_datasets", ()) if last and last[0].name == "zip" else ()
    return tuple(parts) if isinstance(parts, (tuple, list)) else ()


def known_count(dataset: Any) -> int | None:
    """Return the number of elements; None where it is not known or infinite."""
    try:
        count = int(dataset.cardinality())
    except (AttributeError, TypeError, ValueError):
        return None
    return count if count >= 0 else None


def samples_of(dataset: Any, batch: int) -> range | None:
    """Return which samples make a batch, counted in the order of the data; None where the chain changes the order."""
    rows, steps = None, chain(dataset)
    for step in steps:
        if step.name in BATCHING and rows is None:
            rows = step.told("batch_size")
        elif step.name in {"tensor_slice", "range", "zip"} or is_generator(step):
            return range(batch * rows, (batch + 1) * rows) if rows else None
        elif step.name not in ONE_TO_ONE:
            return None
    return None


def batch_of(dataset: Any, element: int) -> int | None:
    """Return which batch an element of the data is in; None where the chain changes the order."""
    steps = chain(dataset)
    plain = next((place for place, step in enumerate(steps) if is_generator(step)), None)
    if plain is not None and all(step.name in ONE_TO_ONE for step in steps[:plain]):
        return element  # the generator yields batches
    first = samples_of(dataset, 0)
    return None if first is None else element // len(first)


def generator_state(dataset: Any) -> Any | None:
    """Return what ``from_generator`` keeps of the user's function, at the beginning of the chain; else None."""
    found = next((step for step in chain(dataset) if is_generator(step)), None)
    return None if found is None else _state(found)


def is_generator(step: Step) -> bool:
    """Whether it is ``from_generator``."""
    return step.name == "flat_map" and _state(step) is not None


def _state(step: Step) -> Any | None:
    function = getattr(getattr(step.dataset, "_map_func", None), "_func", None)
    return next(_held(function, "_GeneratorState"), None)


def _held(function: Callable[..., Any] | None, kind: str, depth: int = 3) -> Iterator[Any]:
    """Give what a function and those that it calls hold in closures, of classes called ``kind``."""
    for cell in getattr(function, "__closure__", None) or ():
        try:
            value = cell.cell_contents
        except ValueError:  # an empty cell
            continue
        if type(value).__name__ == kind:
            yield value
        elif depth and hasattr(value, "__closure__"):
            yield from _held(value, kind, depth - 1)
