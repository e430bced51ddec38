"""Datasets that are asked for items by their index."""

import keras
import numpy as np

from tests.support.streams import FEW, ROWS, rows_of

VIEWS = 6  # items of ``Views``


def arrays(rows=24):
    x = np.random.default_rng(0).normal(size=(rows, 3)).astype("float32")
    return x, x[:, :1] * 2


class Items(keras.utils.PyDataset):
    """Sound: 6 batches, made from the index."""

    length = 6

    def __init__(self, **options):
        super().__init__(**options)
        self.x, self.y = arrays()
        self.order = np.arange(len(self.x))

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        rows = self.order[index * FEW : (index + 1) * FEW]
        return self.x[rows], self.y[rows]


class Views(keras.utils.PyDataset):
    """Sound: 6 batches, each a view of the data."""

    def __init__(self, **options):
        super().__init__(**options)
        self.x = rows_of(VIEWS * ROWS)

    def __len__(self):
        return VIEWS

    def __getitem__(self, index):
        part = self.x[index * ROWS : (index + 1) * ROWS]
        return part, part[:, :1]
