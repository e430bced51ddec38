"""What a leaf is and holds."""

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from gendiag.batches import statistics
from gendiag.batches.measure import measure, nbytes
from gendiag.batches.values import as_array, copy, digest, kind_of


def leaf_of(value, before=None):
    return measure((value,), index=0, epoch=0, before=None if before is None else (before,)).leaves[0]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "uint8", "int64", "bool"])
@pytest.mark.parametrize("block", [7, 2**16])
def test_range_mean_and_spread_are_those_of_numpy(monkeypatch, dtype, block):
    monkeypatch.setattr(statistics, "BLOCK", block)
    values = np.random.default_rng(0).integers(0, 2 if dtype == "bool" else 50, size=(11, 5)).astype(dtype)
    leaf = leaf_of(values)
    exact = values.astype("float64")
    assert (leaf.low, leaf.high, leaf.zeros) == (exact.min(), exact.max(), np.count_nonzero(exact == 0))
    assert leaf.mean == pytest.approx(exact.mean(), rel=1e-12)
    assert leaf.std == pytest.approx(exact.std(), rel=1e-9)
    assert leaf.distinct == len(np.unique(values))


def test_nan_and_infinity_are_counted_and_left_out_of_the_range():
    leaf = leaf_of(np.array([1.0, np.nan, np.inf, -np.inf, 3.0]))
    assert (leaf.n_nan, leaf.n_inf, leaf.low, leaf.high, leaf.mean) == (1, 2, 1.0, 3.0, 2.0)


def test_a_leaf_of_nothing_but_nan_has_no_range():
    leaf = leaf_of(np.full(4, np.nan))
    assert (leaf.n_nan, leaf.low, leaf.mean) == (4, None, None)


def test_an_empty_leaf_has_a_shape_and_no_figures():
    leaf = leaf_of(np.zeros((0, 3), "float32"))
    assert (leaf.shape, leaf.rows, leaf.low) == ((0, 3), 0, None)


def test_bfloat16_is_measured():
    leaf = leaf_of(tf.constant([1.0, 2.5], tf.bfloat16))
    assert (leaf.dtype, leaf.low, leaf.high) == ("bfloat16", 1.0, 2.5)


def test_what_is_not_read_has_the_name_of_its_dtype():
    assert leaf_of(tf.ragged.constant([[1.0], [2.0, 3.0]])).dtype == "float32"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (np.zeros(2), "array"),
        (tf.zeros(2), "tensor"),
        (tf.ragged.constant([[1], [2, 3]]), "ragged"),
        (tf.sparse.from_dense([[0, 1]]), "sparse"),
        (pd.DataFrame({"a": [1]}), "frame"),
        ([1, 2], "list"),
        (3, "scalar"),
        (None, "None"),
        (iter(()), "tuple_iterator"),
    ],
)
def test_the_kind_is_told_by_the_class(value, kind):
    assert kind_of(value) == kind


def test_what_is_of_an_unknown_type_is_never_converted():
    class Endless:
        """np.asarray would ask this for ever."""

        def __len__(self):
            raise AssertionError

        def __getitem__(self, index):
            raise AssertionError

        def __array__(self, *_):
            raise AssertionError

    leaf = leaf_of(Endless())
    assert (leaf.kind, leaf.digest, as_array(Endless())) == ("Endless", "", None)


def test_equal_content_has_equal_digests_and_another_dtype_another():
    values = np.arange(6).reshape(2, 3)
    assert digest(values) == digest(np.asfortranarray(values)) == digest(values.copy())
    assert len({digest(values), digest(values.astype("int32")), digest(values.reshape(3, 2)), digest(values + 1)}) == 4


def test_a_sparse_matrix_of_scipy_and_of_tensorflow_have_one_digest():
    sparse = pytest.importorskip("scipy.sparse", reason="scipy is no dependency")
    dense = np.array([[0, 2, 0], [1, 0, 3]], "float32")
    assert digest(sparse.csc_matrix(dense)) == digest(sparse.csr_matrix(dense)) == digest(tf.sparse.from_dense(dense))


def test_shared_memory_is_seen_and_interleaved_views_are_not_taken_for_it():
    buffer = np.zeros((8, 4))
    assert leaf_of(buffer, before=buffer).shared
    assert not leaf_of(buffer[:3], before=buffer[2:]).shared
    assert not leaf_of(buffer[:3], before=buffer).shared
    assert not leaf_of(buffer[:4], before=buffer[4:]).shared
    assert not leaf_of(buffer[0::2], before=buffer[1::2]).shared


def test_a_copy_is_not_changed_by_the_buffer_it_was_taken_from():
    buffer, labels = np.zeros(3), [1, 2]
    kept = copy(({"a": buffer}, labels))
    buffer[:] = 7
    labels[0] = 9
    assert (kept[0]["a"].tolist(), kept[1]) == ([0, 0, 0], [1, 2])


def test_a_batch_knows_rows_bytes_and_structure():
    batch = measure((np.zeros((4, 2), "float32"), np.zeros(4, "int64")), index=3, epoch=1, wait_s=0.5)
    assert (batch.index, batch.epoch, batch.rows, batch.structure, batch.wait_s) == (3, 1, 4, "(array, array)", 0.5)
    assert nbytes(batch) == 4 * 2 * 4 + 4 * 8
    assert batch.rss_bytes > 2**20
