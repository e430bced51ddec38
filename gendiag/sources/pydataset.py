"""``keras.utils.PyDataset`` and ``Sequence``: asked by index, in fit's own order."""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from gendiag.sources.held_state import changed_attributes, contents, plain_attributes
from gendiag.sources.hook_effect import watching
from gendiag.sources.source import RefusedLength, Source, Tap, class_names, defined_in


class PyDatasetSource(Source):
    """Item ``k`` of pass ``p`` is batch ``p * len + k``, whenever it is asked for."""

    kind = "PyDataset"
    is_indexed = True
    _opened: tuple[int | None] | None = None  # what the length was then: fit keeps to it

    @classmethod
    def accepts(cls, value: object) -> bool:
        """Recognise PyDataset (and Sequence, the same class in Keras 3) along the MRO."""
        return bool(class_names(value) & {"PyDataset", "Sequence"}) and defined_in(value, "keras")

    @property
    def tapped(self) -> bool:
        """What worker processes yield is recorded at delivery."""
        return not self.in_processes

    @property
    def workers(self) -> int:
        """As told to its ``__init__``."""
        return int(getattr(self.value, "workers", 1))

    @property
    def in_processes(self) -> bool:
        """As told to its ``__init__``."""
        return bool(getattr(self.value, "use_multiprocessing", False))

    @property
    def length(self) -> int | None:
        """What ``num_batches`` said when fit asked first: ``len()``; None for an endless one, and where it raises."""
        return _length(self.value) if self._opened is None else self._opened[0]

    @property
    def is_endless(self) -> bool:
        """Whether its ``num_batches`` is None, which is how Keras says that it has no end."""
        try:
            return self.value.num_batches is None
        except Exception:  # noqa: BLE001  (the user's own)
            return False

    @property
    def refused_length(self) -> RefusedLength | None:
        """What it raises when it is asked for its length, and what ``__len__`` gives where Python refuses that."""
        try:
            _ = self.value.num_batches
        except Exception as error:  # noqa: BLE001  (the user's own)
            told = getattr(type(self.value), "__len__", None)
            with suppress(Exception):
                return RefusedLength(str(error), (told(self.value),) if told is not None else ())
            return RefusedLength(str(error))
        return None

    def open(self, tap: Tap) -> dict[str, Any]:
        """Stand in for the dataset, with its length, workers and epoch hooks."""
        self._opened = (_length(self.value),)
        return {"x": _recorded(self.value, tap, self.length) if self.tapped else self.value}

    def read(self) -> Iterator[Any]:
        """Yield items 0 to len - 1; for ever where there is no length."""
        index = 0
        while self.length is None or index < self.length:
            yield self.value[index]
            index += 1

    def drain(self, tap: Tap, is_enough: Callable[[], bool]) -> None:
        """Ask for the items of the first pass that fit did not come to."""
        read = {batch.index for batch in tap.batches}
        for index in range(self.length or 0):
            if is_enough():
                return
            if index not in read and index != tap.failed_index:
                with suppress(BaseException):  # fit never came to this item
                    tap.yielded(self.value[index], 0.0, index)

    def close(self) -> None:
        """Leave Keras's table of datasets in use: it is sent, whole, to every worker process of later fits."""
        # keras 3.15.1, py_dataset_adapter.OrderedEnqueuer: entries go only when an epoch ends without an exception
        adapter = sys.modules.get("keras.src.trainers.data_adapters.py_dataset_adapter")
        table = getattr(adapter, "_SHARED_SEQUENCES", {})
        for uid, dataset in list(table.items()):
            if dataset is self.value or getattr(dataset, "recorded_for", None) is self.value:
                del table[uid]

    def replay_args(self, fit_args: Mapping[str, Any]) -> dict[str, Any]:
        """Sample weights are made of ``class_weight`` behind the dataset (keras 3.15.1, py_dataset_adapter.py)."""
        return {name: fit_args[name] for name in ("class_weight",) if fit_args.get(name) is not None}

    def packed(self, raw: object) -> Any:
        """Return an array as x alone, and a list as a tuple (keras 3.15.1, py_dataset_adapter.py)."""
        if isinstance(raw, np.ndarray):
            return (raw,)
        return tuple(raw) if isinstance(raw, list) else raw

    def replay(self, batches: Sequence[Any], fit_args: Mapping[str, Any]) -> Any:  # noqa: ARG002  (see ArraysSource)
        """A dataset again: its batches are held to other rules than a generator's (lists are taken, for one).

        Its workers are threads: what is made already needs no processes. With several, fit waits for ever for None.
        """
        import keras

        class Replayed(keras.utils.PyDataset):
            """These batches, in this order."""

            recorded_for = self.value

            def __len__(self) -> int:
                return len(batches)

            def __getitem__(self, index: int) -> Any:
                return batches[index]

        return Replayed(workers=1 if self.in_processes else self.workers)


class _Asked:
    """Asks for items, and writes the answers down."""

    def __init__(self, dataset: Any, tap: Tap, length: int | None) -> None:
        self._dataset, self._tap, self._length = dataset, tap, length
        self._asked: Counter[int] = Counter()
        self._numbers: set[int] = set()
        self._guard = threading.Lock()
        self.ahead: list[int] = []  # asked for in training since the last epoch began

    def item(self, index: int) -> Any:
        start, tap, number = time.perf_counter(), self._tap, index
        if tap.training:
            self.ahead.append(self._number(index))
        with tap.asking(self._number(index)):
            raw = self._dataset[index]
        if tap.training:  # before that fit only peeks at items 0 and 1
            number = self._number(index, count=True)
            tap.yielded(raw, time.perf_counter() - start, number)
            tap.look_at(self._dataset)
        else:
            tap.peeked(raw, index)
        return tap.handed_out(raw, number)

    def _number(self, index: int, *, count: bool = False) -> int:
        """Which batch an item is that is asked for the next time."""
        with self._guard:
            number = self._asked[index] * (self._length or 0) + index
            while number in self._numbers:  # the dataset has grown since fit asked for its length
                number += 1
            if count:
                self._asked[index] += 1
                self._numbers.add(number)
        return number


def _length(dataset: Any) -> int | None:
    """What ``num_batches`` says at this moment; None where it raises, as it will in fit."""
    try:
        count = dataset.num_batches
    except Exception:  # noqa: BLE001  (the user's own)
        return None
    return None if count is None else int(count)


def _recorded(dataset: Any, tap: Tap, length: int | None) -> Any:
    import keras

    asked = _Asked(dataset, tap, length)

    class Recorded(keras.utils.PyDataset):
        """Passes every question on."""

        def __init__(self) -> None:
            super().__init__(dataset.workers, dataset.use_multiprocessing, dataset.max_queue_size)
            self.recorded_for = dataset

        def __getitem__(self, index: int) -> Any:
            return asked.item(index)

        @property
        def num_batches(self) -> int | None:
            return dataset.num_batches  # type: ignore[no-any-return]

        def __len__(self) -> int:
            return len(dataset)

        def on_epoch_begin(self) -> None:
            _begin_epoch(dataset, tap, asked)

        def on_epoch_end(self) -> None:
            _end_epoch(dataset, tap)
            asked.ahead = []

        def __reduce__(self) -> Any:
            # Keras sends every live dataset to each worker process: such a process gets the user's own.
            return _same, (dataset,)

    return Recorded()


def _end_epoch(dataset: Any, tap: Tap) -> None:
    before = plain_attributes(dataset)
    with watching(dataset, "on_epoch_end", tap.hooks):
        dataset.on_epoch_end()
    tap.lengths.append(_length(dataset))
    if not tap.in_epochs:  # fit calls it before epoch 1, too
        tap.early_hook.update(changed_attributes(dataset, before))


def _begin_epoch(dataset: Any, tap: Tap, asked: _Asked) -> None:
    """Note what the hook changes though items of this epoch had been asked for before: by worker threads."""
    ahead, before = asked.ahead, contents(dataset)
    with watching(dataset, "on_epoch_begin", tap.hooks):
        dataset.on_epoch_begin()
    if ahead and not tap.late_hook:
        after = contents(dataset)
        changed = tuple(name for name, value in before.items() if after.get(name) != value)
        tap.late_hook.update(dict.fromkeys(changed, tuple(ahead)))


def _same(dataset: Any) -> Any:
    return dataset
