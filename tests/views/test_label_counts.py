"""How often each label is in a batch, against the run."""

import re

import numpy as np

from gendiag.views import samples
from tests.support.samples import diagnosed

X = np.zeros((20, 2))


def table(html):
    """Return the rows of the last table, the bars left out."""
    rows = re.findall(r"<tr>(.*?)</tr>", html.rpartition("<table>")[2])
    return [[re.sub("<[^>]+>", "", cell) for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row)] for row in rows]


def test_labels_are_counted_against_the_other_batches():
    whole = diagnosed([(X, np.repeat([0, 2], 10)), (X, np.repeat([0, 1], [5, 15]))])
    assert table(samples.to_html(whole, 0)) == [
        ["value", "this batch", "1 other batch"],
        ["0", "10 (50%)", "5 (25%)"],
        ["1", "0", "15 (75%)"],
        ["2", "10 (50%)", "0"],
    ]


def test_one_hot_labels_are_counted_by_class():
    html = samples.to_html(diagnosed([(X[:3], np.eye(4)[[1, 1, 3]])]), 0)
    assert "how often each class occurs (one-hot): 3 numbers" in html
    assert table(html)[1:] == [["1", "2 (67%)"], ["3", "1 (33%)"]]


def test_what_is_delivered_has_its_own_column_and_a_new_value_is_told():
    raws = [(X, np.arange(20) % 2)] * 4 + [(X, np.full(20, 0.7))]
    rows = table(samples.to_html(diagnosed(raws, cast={"y": "int64"}), 4))
    assert rows[0] == ["value", "this batch", "delivered as int64", "4 other batches", "new"]
    assert rows[1] == ["0", "0", "20 (100%)", "40 (50%)", ""]
    assert rows[2] == ["0.7", "20 (100%)", "0", "0", "▲ in no other"]


def test_a_value_is_not_called_new_where_new_ones_are_usual():
    raws = [(X, np.arange(step * 20, step * 20 + 20) % 77) for step in range(3)] + [(X, np.full(20, 99))]
    assert "▲" not in samples.to_html(diagnosed(raws), 3)


def test_other_targets_are_counted_by_range_and_nan_apart():
    y = np.linspace(0, 8, 200)
    y[7] = np.nan
    rows = table(samples.to_html(diagnosed([(np.zeros((200, 2)), y)]), 0))
    assert [row[0] for row in rows[1:3]] == ["0 to 1", "1 to 2"]
    assert rows[-1] == ["NaN or infinity", "1 (0%)"]
    assert len(rows) == 10


def test_weights_tell_how_many_are_zero():
    whole = diagnosed([(X[:4], np.arange(4), np.array([0, 0, 1, 0.5]))])
    assert "4 numbers, 0 to 1, mean 0.375, 2 of them 0" in samples.to_html(whole, 0)


def test_it_is_said_where_not_all_other_batches_are_held():
    whole = diagnosed([(X, np.arange(20) % 2)] * 100)
    assert "beside 64 of the 99 other batches, which are held" in samples.to_html(whole, 0)
