"""Pictures of samples: where their channels are, and on which range they are drawn."""

import base64
import io
import re

import numpy as np
import pytest
from matplotlib.image import imread

from gendiag.views import samples
from gendiag.views.samples import images
from tests.support.samples import diagnosed, named


def pictures(html):
    """Return the colours at the middle of each picture, 0..1."""
    found = [imread(io.BytesIO(base64.b64decode(png))) for png in re.findall(r"base64,([^\"]+)", html)]
    return [picture[picture.shape[0] // 2, picture.shape[1] // 2, :3].round(2).tolist() for picture in found]


def flat(value, shape=(1, 8, 8, 1), dtype="float32"):
    return (np.full(shape, value, dtype=dtype),)


@pytest.mark.parametrize(
    ("shape", "layout"),
    [
        ((2, 9, 8, 3), "channels last"),
        ((2, 3, 9, 8), "channels first"),
        ((2, 9, 8), "no channels"),
        *(((shape), "") for shape in [(10, 4), (10, 4, 4), (10, 8, 8, 2), (0, 8, 8), (10,), (2, 3, 8, 400), (2, 0, 8)]),
    ],
)
def test_images_are_known_by_their_shape(shape, layout):
    assert images.layout(np.zeros(shape)) == layout


@pytest.mark.parametrize(
    ("value", "dtype", "other", "shade"),
    [
        (51, "uint8", 200, 0.2),  # 8-bit values, of 0..255
        (0.5, "float32", 0.9, 0.5),  # of 0..1
        (-0.5, "float32", 1.0, 0.25),  # of -1..1
        (3.0, "float32", 5.0, 0.0),  # any others: of the run's own range
        (7.0, "float32", 7.0, 0.5),  # constant
        (51.0, "float32", 255.0, 0.2),
    ],
)
def test_a_batch_is_drawn_on_the_range_of_the_run(value, dtype, other, shade):
    whole = diagnosed([flat(value, dtype=dtype), flat(other, dtype=dtype)])
    assert pictures(samples.to_html(whole, 0)) == [[pytest.approx(shade, abs=0.01)] * 3]


def test_a_batch_on_another_scale_looks_different_and_says_so():
    whole = diagnosed([flat(0.5 if step != 6 else 127) for step in range(12)], named("value-drift", "x", 6))
    html = samples.to_html(whole, 6)
    assert "▲ This batch holds 127 to 127: what lies beyond is drawn as the nearest end." in html
    assert "black is 0, white is 1 (x holds 0.5 to 0.5 in 11 of 12 batches)" in html
    assert pictures(html) == [[1, 1, 1], [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]]  # as yielded, batch 5, on its own range
    assert "batch 5, sample 0" in html
    assert "▲" not in samples.to_html(whole, 5)


def test_nan_is_painted_and_its_sample_comes_first_beside_a_sound_one():
    ill = np.zeros((6, 3, 8, 8), "float32")
    ill[4, 1] = np.nan
    html = samples.to_html(diagnosed([(np.ones((6, 3, 8, 8), "float32"),), (ill,)]), 1)
    assert re.findall(r"<span>sample (\d)", html) == ["4", "0", "1", "2"]
    assert "▲ NaN in x" in html
    assert pictures(html)[:2] == [pytest.approx([0.84, 0.37, 0]), [0, 0, 0]]


def test_the_label_stands_under_its_picture_as_yielded_and_as_delivered():
    raws = [(np.zeros((2, 8, 8), "uint8"), y) for y in (np.array([1, 0]), np.array([0.7, 1.0]))]
    assert "<span>y 0.7 → 0</span>" in samples.to_html(diagnosed(raws, cast={"y": "int64"}), 1)
    one_hot = [(np.zeros((2, 8, 8), "uint8"), np.eye(3)[[2, 0]])]
    assert "<span>y class 2</span>" in samples.to_html(diagnosed(one_hot), 0)


def test_what_fit_delivers_is_drawn_where_it_differs_and_is_known_bit_for_bit():
    raws = [flat(200, dtype="uint8"), flat(0.9)]
    html = samples.to_html(diagnosed(raws, cast={"x": "uint8"}), 1)
    assert "As fit delivers it, uint8, black 0, white 255:" in html
    assert pictures(html)[-1] == [0, 0, 0]
    assert "delivers" not in samples.to_html(diagnosed(raws, cast={"x": "uint8"}, digest="of something else"), 1)
    assert "delivers" not in samples.to_html(diagnosed(raws, cast={"x": "uint8"}), 0)


def test_equal_batches_give_equal_bytes():
    rng = np.random.default_rng(0)
    whole = diagnosed([(rng.random((4, 8, 8, 3)), np.arange(4))])
    assert samples.to_html(whole, 0) == samples.to_html(whole, 0)


def test_more_samples_come_on_the_next_page():
    whole = diagnosed([(np.zeros((6, 8, 8), "uint8"),)])
    assert samples.count(whole, 0) == 6
    assert re.findall(r"<span>sample (\d)", samples.to_html(whole, 0, first=4)) == ["4", "5"]
