"""One change of a batch, framed for each kind of source: a generator, a dataset class, a map, a function of arrays."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from textwrap import indent
from typing import Any

from gendiag.rules.edits.edit import Edit
from gendiag.rules.edits.place import Place

STEP = "    "
IMPORTS = {
    "np.": "import numpy as np",
    "tf.": "import tensorflow as tf",
    "keras.": "import keras",
    "itertools.": "import itertools",
    "warnings.": "import warnings",
}
PY_DATASET = '''\
class Mended(keras.utils.PyDataset):
    """The dataset given, with each batch changed."""

    def __init__(self, dataset):
        super().__init__({workers}, {processes}, dataset.max_queue_size)
        self.dataset = dataset
{setup}
    {counting}

    def __getitem__(self, index):
{body}
    def on_epoch_begin(self):
        self.dataset.on_epoch_begin()

    def on_epoch_end(self):
        self.dataset.on_epoch_end()


mended = Mended
'''
COUNT = "def __len__(self):\n        return {length}"
ENDLESS = "@property\n    def num_batches(self):\n        return self.dataset.num_batches"


def edit(place: Place, title: str, code: str, **told: Any) -> Edit:
    """Make an edit of code that defines ``mended``, with the imports that it needs."""
    title = f"{title}, in validation_data" if place.target == "validation_data" else title
    return Edit(title, with_imports(code), target=place.target, **told)


def with_imports(code: str) -> str:
    """Put the imports in front that the code needs."""
    needed = sorted(line for mark, line in IMPORTS.items() if mark in code)
    return "\n".join(needed) + "\n" * (3 if needed else 0) + code.strip("\n")


def each_batch(place: Place, lines: Iterable[str], *, result: str = "") -> str:
    """Return the code that runs ``lines`` on the elements of every batch, called by their names."""
    names = elements(place)
    body, result = list(lines), result or names
    if place.kind == "arrays":
        return function("arrays", [f"{names} = arrays", *body, f"return {result}"])
    if place.is_graph:
        inner = indent(function(", ".join(place.names), [*body, f"return {result}"], name="change"), STEP)
        return f"def mended(dataset):\n{inner}\n\n    return dataset.map(change)"
    if place.kind == "PyDataset":
        return dataset(place, [f"{names} = self.dataset[index]", *body, f"return {result}"])
    return function("batches", [f"for {names} in batches:", *(STEP + line for line in [*body, f"yield {result}"])])


def good_batches(place: Place, condition: str, in_graph: str = "") -> str:
    """Return the code that leaves out the batches without ``condition``, written about ``batch``."""
    if place.is_graph:
        return function("dataset", [f"return dataset.filter(lambda {', '.join(place.names)}: {in_graph})"])
    if place.kind != "PyDataset":
        return function("batches", ["for batch in batches:", f"    if {condition}:", "        yield batch"])
    test = function("batch", [f"return {condition}"], name="is_good")
    setup = "self.good = [index for index in range(len(dataset)) if is_good(dataset[index])]"
    code = dataset(place, ["return self.dataset[self.good[index]]"], setup=setup, length="len(self.good)")
    return f"{test}\n\n\n{code}"


def dataset(  # noqa: PLR0913  (keyword-only options)
    place: Place, body: Sequence[str], *, setup: str = "", length: str = "", workers: str = "", processes: str = ""
) -> str:
    """Return a PyDataset around the given one, with its length, workers and hooks as far as nothing else is said."""
    is_endless = place.length is None and not length
    return PY_DATASET.format(
        workers=workers or "dataset.workers",
        processes=processes or "dataset.use_multiprocessing",
        setup=indent(setup + "\n", STEP * 2) if setup else "",
        counting=ENDLESS if is_endless else COUNT.format(length=length or "len(self.dataset)"),
        body=indent("\n".join(body) + "\n", STEP * 2),
    )


def function(argument: str, lines: Iterable[str], *, name: str = "mended") -> str:
    """Return ``def mended(argument):`` with these lines in it."""
    return f"def {name}({argument}):\n" + indent("\n".join(lines), STEP)


def elements(place: Place) -> str:
    """``x, y``; ``(x,)`` for a tuple of one."""
    if not place.is_tuple:
        return place.names[0]
    return ", ".join(place.names) if len(place.names) > 1 else f"({place.names[0]},)"


def put(path: str, value: str) -> str:
    """Return the statement that sets the leaf at ``path``, without changing what the source holds.

    ``x = {**x, 'image': value}``; a list or tuple becomes a tuple, which is what fit wants.
    """
    node = ast.parse(path, mode="eval").body
    while isinstance(node, ast.Subscript):
        whole, key = ast.unparse(node.value), ast.literal_eval(node.slice)
        after = f", *{whole}[{key + 1}:]" if isinstance(key, int) else ""
        before = f"*{whole}[:{key}], " if isinstance(key, int) and key else ""
        value = f"({before}{value}{after})" if isinstance(key, int) else f"{{**{whole}, {key!r}: {value}}}"
        node = node.value
    return f"{ast.unparse(node)} = {value}"
