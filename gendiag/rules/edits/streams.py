"""Edits of the whole source: read again, kept, started anew, shuffled, or served in another way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gendiag.records import Leaf
from gendiag.rules.edits.edit import Edit
from gendiag.rules.edits.place import Place
from gendiag.rules.edits.templates import edit, function

KEPT = '''\
class Mended(keras.utils.PyDataset):
    """Batches read once and kept, from the start in each epoch."""

    def __init__(self, batches):
        super().__init__()
        self.batches = {read}

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, index):
        return self.batches[index]


mended = Mended
'''
SHUFFLED = '''\
class Mended(keras.utils.PyDataset):
    """All samples, in a new order in each epoch."""

    def __init__(self, batches):
        super().__init__()
        self.parts = [np.concatenate(part) for part in zip(*{read})]
        self.random = np.random.default_rng(0)
        self.on_epoch_end()

    def __len__(self):
        return -(-len(self.parts[0]) // {rows})

    def __getitem__(self, index):
        chosen = self.order[index * {rows} : (index + 1) * {rows}]
        return tuple(part[chosen] for part in self.parts)

    def on_epoch_end(self):
        self.order = self.random.permutation(len(self.parts[0]))


mended = Mended
'''


def again(place: Place) -> Edit | None:
    """Start the source anew whenever it came to its end; for a fit that is told how many steps to take."""
    if not place.steps:
        return None
    if place.is_graph:
        return edit(place, "Repeat the dataset", function("dataset", ["return dataset.repeat()"]))
    if place.kind != "generator":
        return None
    if place.maker:
        lines = ["while True:", f"    yield from {place.maker}()"]
        return edit(place, "Start the generator anew at its end", function(place.maker, lines), calls_source=True)
    lines = ["kept = []", "for batch in batches:", "    kept.append(batch)", "    yield batch"]
    lines += ["while True:", "    yield from kept"]
    return edit(place, "Keep the batches and begin again at the end", function("batches", lines), size=2)


def kept(place: Place, count: int | None = None, *, steps: Any = ..., costs: str = "", size: int = 3) -> Edit | None:
    """Read the source once, or its first ``count`` batches, and serve these from a PyDataset."""
    if place.kind not in {"generator", "object", "PyDataset"}:
        return None
    read = "list(batches)" if count is None else f"list(itertools.islice(batches, {count}))"
    if place.kind == "PyDataset":
        read = f"[batches[index] for index in range({'len(batches)' if count is None else count})]"
    what = "the batches" if count is None else f"{count} batches"
    fit_args = {} if steps is ... or place.steps == steps else {place.steps_argument: steps}
    title = f"Read {what} once, into a PyDataset" + (f", without {place.steps_argument}" if fit_args else "")
    return edit(place, title, KEPT.format(read=read), changes_meaning=costs, size=size, fit_args=fit_args)


def cached(place: Place) -> Edit | None:
    """Let a tf.data.Dataset keep what it read."""
    if not place.is_graph:
        return None
    repeat = ".repeat()" if place.steps else ""
    return edit(place, "Keep what was read (cache)", function("dataset", [f"return dataset.cache(){repeat}"]), size=2)


def with_signature(place: Place, free: Iterable[tuple[str, int]] = ()) -> Edit | None:
    """Serve the generator through tf.data with a signature of its own, in which some dimensions are free."""
    signature = _signature(place, set(free))
    if place.kind != "generator" or not signature:
        return None
    source, calls = (place.maker, True) if place.maker else ("lambda: batches", False)
    if not calls and not place.steps and place.fit_args.get("epochs", 1) != 1:
        return None  # it can be read once only
    lines = [
        f"signature = {signature}",
        f"return tf.data.Dataset.from_generator({source}, output_signature=signature)",
    ]
    axes = f" with free sizes in {', '.join(dict.fromkeys(path for path, _ in free))}" if free else ""
    code = function(place.maker if calls else "batches", lines)
    return edit(place, f"Serve it as a tf.data.Dataset{axes}", code, size=2, calls_source=calls)


def _signature(place: Place, free: set[tuple[str, int]]) -> str:
    """``(tf.TensorSpec((None, 4), "float32"), ...)`` for a batch of single arrays."""
    if not place.is_tuple or set(place.leaves) != set(place.names):
        return ""
    specs = [_spec(leaf, free) for leaf in place.leaves.values()]
    return f"({', '.join(specs)}{',' if len(specs) == 1 else ''})" if all(specs) else ""


def _spec(leaf: Leaf, free: set[tuple[str, int]]) -> str:
    if not leaf.shape or not leaf.dtype or leaf.dtype.startswith(("object", "str", "<U")):
        return ""
    sizes = [None if axis == 0 or (leaf.path, axis) in free else size for axis, size in enumerate(leaf.shape)]
    shape = ", ".join(map(str, sizes)) + ("," if len(sizes) == 1 else "")
    return f'tf.TensorSpec(({shape}), "{leaf.dtype}")'


def shuffled(place: Place, count: int | None, rows: int) -> Edit | None:
    """Read all samples and serve them in a new order in each epoch."""
    if place.is_graph:
        code = function("dataset", [f"return dataset.unbatch().shuffle(10_000).batch({rows})"])
        return edit(place, "Shuffle the samples", code, size=2)
    flat = place.is_tuple and set(place.leaves) == set(place.names)
    if place.kind not in {"generator", "PyDataset"} or not flat or (place.kind == "generator" and count is None):
        return None
    read = f"itertools.islice(batches, {count})"
    if place.kind == "PyDataset":
        read = "(batches[index] for index in range(len(batches)))"
    which = "all batches" if count is None else f"the first {count} batches"
    costs = f"each epoch has the samples of {which}, as they were read first (no new augmentation)"
    title = f"Shuffle the samples of {which} anew in each epoch"
    return edit(place, title, SHUFFLED.format(read=read, rows=rows), changes_meaning=costs, size=3)


def without_errors(place: Place) -> Edit | None:
    """Let a tf.data.Dataset leave out what it cannot make."""
    if not place.is_graph:
        return None
    code = function("dataset", ["return dataset.ignore_errors(log_warning=True)"])
    costs = "drops the batches that raise, with all their samples"
    return edit(place, "Leave out the batches that raise", code, changes_meaning=costs, size=2)
