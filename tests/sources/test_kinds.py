"""Every kind of source is recognised by its class alone, and says of itself what it knows."""

import functools
import itertools
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.trainers.data_adapters import py_dataset_adapter

from gendiag.rehearsal.position import FitPosition
from gendiag.rehearsal.recording import Recording
from gendiag.rules.rule import sound
from gendiag.runtime.task import Pulse
from gendiag.sources import recognise


class Items(keras.utils.PyDataset):
    def __len__(self):
        return 3

    def __getitem__(self, index):
        return np.full((2, 1), index), np.zeros(2)


def endless():
    while True:
        yield from sound()


def endless_with_a_guard():
    count = 0
    while True:
        count += 1
        if count > 100:
            raise RuntimeError
        with Path(__file__).open() as lines:
            yield from lines


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (sound, "generator"),
        (sound(), "generator"),
        ((batch for batch in sound()), "generator"),
        (functools.partial(sound, 3), "generator"),
        (lambda: Items(workers=1), "PyDataset"),
        (Items, "PyDataset"),
        (Items(), "PyDataset"),
        (tf.data.Dataset.range(3), "tf.data.Dataset"),
        (tf.data.Dataset.range(3).batch(2).prefetch(1), "tf.data.Dataset"),
        ((np.zeros((4, 2)), np.zeros(4)), "arrays"),
        (np.zeros((4, 2)), "arrays"),
        ({"a": np.zeros(4)}, "arrays"),
        (iter([1]), "object"),
        (map(str, "a"), "object"),
        ([(np.zeros(2), np.zeros(2))], "object"),
        ((sound(), sound()), "object"),
        (object(), "object"),
    ],
)
def test_the_kind_is_recognised(value, kind):
    assert recognise(value).kind == kind


def test_a_torch_loader_is_recognised_by_name():
    DataLoader = type("DataLoader", (), {"__module__": "torch.utils.data.dataloader"})  # noqa: N806  (a class)
    assert recognise(DataLoader()).kind == "torch DataLoader"


@pytest.mark.parametrize(
    ("value", "holds"),
    [
        (sound, {"one_shot", "is_batched", "keeps_order"}),
        (Items, {"is_indexed", "is_batched"}),
        (tf.data.Dataset.range(3), {"is_graph", "is_batched", "keeps_order"}),
        (np.zeros((4, 2)), {"is_sliced"}),
        (iter([1]), {"is_foreign"}),
    ],
)
def test_a_source_says_what_it_can_do(value, holds):
    source = recognise(value)
    asked = ("one_shot", "is_indexed", "is_graph", "is_sliced", "is_foreign", "is_batched", "keeps_order")
    assert {name for name in asked if getattr(source, name)} == holds


def test_only_a_dataset_has_workers():
    source = recognise(Items(workers=3, use_multiprocessing=True))
    assert (source.workers, source.in_processes, source.tapped) == (3, True, False)
    assert (recognise(sound).workers, recognise(sound).in_processes) == (1, False)


def test_to_recognise_a_source_imports_nothing_heavy():
    code = (
        "import sys, numpy as np; from gendiag.sources import recognise\n"
        "recognise((np.zeros(3), np.zeros(3))); recognise(iter([])); recognise(lambda: (i for i in ()))\n"
        "print([name for name in ('tensorflow', 'keras', 'torch', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("make", "is_endless"),
    [
        (endless, True),
        (endless_with_a_guard, True),
        (sound, False),
        (lambda: (i for i in itertools.count()), True),
        (lambda: tf.data.Dataset.range(3).repeat(), True),
        (lambda: tf.data.Dataset.range(3), False),
        (Items, False),
    ],
)
def test_only_what_has_no_way_to_end_is_called_endless(make, is_endless):
    assert recognise(make).is_endless is is_endless


def test_a_function_makes_a_new_source_each_time():
    assert recognise(sound).value is not recognise(sound).value
    assert recognise(sound).describe() == "generator made by sound"


def test_one_pass_over_each_kind_can_be_read_without_keras_fit():
    counts = [sum(1 for _ in recognise(value).read()) for value in (sound, Items, (np.zeros((70, 2)), np.zeros(70)))]
    assert counts == [6, 3, 3]


def test_a_closed_dataset_is_gone_from_what_keras_sends_to_worker_processes(monkeypatch):
    source, other = recognise(Items), Items(workers=1)
    recorded = source.open(Recording(2**20, Pulse(), FitPosition()))["x"]
    monkeypatch.setattr(
        py_dataset_adapter, "_SHARED_SEQUENCES", table := {0: source.value, 1: recorded, 2: other, 3: None}
    )
    source.close()
    assert table == {2: other, 3: None}
