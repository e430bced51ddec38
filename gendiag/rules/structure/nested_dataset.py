from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gendiag.batches.tree import flatten
from gendiag.records import Finding
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Rule, dense


class NestedDataset(Rule):
    """The elements of a dataset are datasets themselves, as ``window`` makes them.

    What fit does
        Gets a variant in the place of an array, and raises that it cannot be converted to a tensor.

    Why it hurts
        The message names ``_NestedVariant`` or a dataset class, and not the window.

    How to mend it
        Make one tensor of each window: ``.flat_map(lambda w: w.batch(n))`` behind ``window(n, drop_remainder=True)``;
        or let ``keras.utils.timeseries_dataset_from_array`` cut the windows.

    Known limits
        None known.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "nested-dataset", "The elements of the dataset are datasets"
    batchwise = True
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        if not seen.source.is_graph or seen.failure is None:
            return
        specs = flatten(seen.source.value.element_spec)
        paths = [part.path for part in specs if type(part.value).__name__ == "DatasetSpec"]
        if paths:
            message = (
                f"{' and '.join(paths)} of batch 0 {'is' if len(paths) == 1 else 'are'} no array but a dataset in the "
                "dataset: `window` gives each window as a dataset of its own."
            )
            fix = (
                "Make a tensor of each window: `.window(n, shift=1, drop_remainder=True)`, then "
                "`.flat_map(lambda w: w.batch(n))`; of pairs "
                "`lambda x, y: tf.data.Dataset.zip((x.batch(n), y.batch(n)))`."
            )
            yield self.finding("error", message, fix=fix, batches=[0], leaf=paths[0])

    def broken(self) -> Any:
        return _numbers().window(5, shift=1, drop_remainder=True)

    def mended(self) -> Any:
        windows = _numbers().window(4, shift=1, drop_remainder=True).flat_map(lambda window: window.batch(4))
        return windows.map(lambda window: (window[:3], window[3:])).batch(4)

    def model(self) -> Any:
        return dense()


def _numbers() -> Any:
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(tf.linspace(0.0, 1.0, 24))
