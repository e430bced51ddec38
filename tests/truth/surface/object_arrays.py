"""Tables of Python objects: numbers of several types, text, gaps and dates among numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tests.truth.surface.build import Items, arrays, batches_of, dense, generator
from tests.truth.surface.row import Call, fault


def table(**columns: Any) -> pd.DataFrame:
    x, _ = arrays()
    return pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "d": x[:, 3], **columns})


def given(kind: str, x: Any, y: Any) -> Any:
    if kind == "arrays":
        return x, y
    batches = batches_of(x, y)
    return generator(batches) if kind == "generator" else Items(batches)


@fault(
    first="object-or-string-dtype", verdict="raises", batch=0, says=(r"bool in column 3", r"astype\('float32'\)"),
    variants=("arrays", "generator", "PyDataset"),
)  # fmt: skip
def numbers_beside_true_and_false(kind: str) -> Call:
    x = table(d=arrays()[0][:, 3] > 0).to_numpy()
    assert x.dtype == object
    return Call(given(kind, x, arrays()[1]), dense())


@numbers_beside_true_and_false.sound
def the_same_table_as_numbers() -> Call:
    return Call((table(d=arrays()[0][:, 3] > 0).astype("float32").to_numpy(), arrays()[1]), dense())


@numbers_beside_true_and_false.sound
def a_table_of_true_and_false_alone() -> Call:
    return Call((arrays()[0] > 0, arrays()[1]), dense())


@fault(
    first="object-or-string-dtype", verdict="raises", batch=0, says=(r"column 2, row 5: 'n/a'",),
    variants=("arrays", "generator"),
)  # fmt: skip
def one_word_in_a_column_of_numbers(kind: str) -> Call:
    x = table().to_numpy().astype(object)
    x[5, 2] = "n/a"
    return Call(given(kind, x, arrays()[1]), dense())


@fault(
    first="object-or-string-dtype", verdict="raises", batch=0, says=(r"column 1, row 3: None", r"Fill the gaps"),
    variants=("arrays", "PyDataset"),
)  # fmt: skip
def gaps_among_numbers(kind: str) -> Call:
    x = table().to_numpy().astype(object)
    x[3, 1] = None
    return Call(given(kind, x, arrays()[1]), dense(), shuffle=False)


@fault(first="object-or-string-dtype", verdict="raises", batch=0, says=(r"digits", r"astype"))
def digits_as_text() -> Call:
    x = (arrays()[0] * 10).astype("int64").astype(str).astype(object)
    return Call((x, arrays()[1]), dense())


@fault(first="object-or-string-dtype", verdict="raises", batch=0, says=r"np\.unique")
def names_of_classes_as_targets() -> Call:
    x, y = arrays()
    return Call((x, np.where(y[:, 0] > 0, "yes", "no").astype(object)), dense())


@names_of_classes_as_targets.sound
def names_of_classes_made_numbers() -> Call:
    x, y = arrays()
    return Call((x, np.unique(np.where(y[:, 0] > 0, "yes", "no"), return_inverse=True)[1]), dense())


@fault(first="object-or-string-dtype", verdict="raises", batch=0, says=r"np\.stack")
def a_column_of_vectors() -> Call:
    x = np.empty(48, object)
    x[:] = list(arrays()[0])
    return Call((x, arrays()[1]), dense())
