"""What a batch is: tuples, dicts, Nones, lists."""

from __future__ import annotations

from typing import Any

from tests.truth.surface.build import KINDS, Items, arrays, batches_of, dense, generator, source
from tests.truth.surface.row import Call, fault


@fault(first="not-a-tuple", verdict="raises", batch=0, says=r"tuple")
def a_list_from_a_generator() -> Call:
    return Call(generator([list(batch) for batch in batches_of(*arrays())]), dense())


@a_list_from_a_generator.sound
def a_list_from_a_pydataset() -> Call:
    return Call(Items([list(batch) for batch in batches_of(*arrays())]), dense())


@a_list_from_a_generator.sound
def a_tuple_from_a_generator() -> Call:
    return Call(generator(batches_of(*arrays())), dense())


@fault(first="xy-length-mismatch", verdict="raises", batch=3, variants=("generator", "tf.data"))
def one_label_short(kind: str) -> Call:
    batches: list[Any] = batches_of(*arrays())
    batches[3] = batches[3][0], batches[3][1][:-1]
    return Call(source(kind, batches), dense())


@one_label_short.sound
def the_last_batch_is_smaller() -> Call:
    return Call(source(KINDS[0], batches_of(*arrays(45))), dense())
