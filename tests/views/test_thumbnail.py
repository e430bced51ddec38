"""Small pictures of what looks like images."""

import io

import numpy as np
import pytest
from matplotlib.image import imread

from gendiag.views import thumbnail


def shades(values):
    return [imread(io.BytesIO(png)) for png in thumbnail.pictures(values)]


def test_eight_bit_images_are_shown_as_they_are():
    (picture,) = shades(np.full((1, 8, 8, 1), 51, dtype="uint8"))
    assert picture[0, 0, :3] == pytest.approx(51 / 255)


def test_float_images_are_stretched_over_the_samples_shown():
    low, high = shades(np.stack([np.full((8, 8), -3.0), np.full((8, 8), 5.0)]))
    assert (low[0, 0, 0], high[0, 0, 0]) == (0, 1)


def test_a_constant_float_image_is_grey_and_nan_stands_out():
    values = np.full((1, 8, 8), 7.0)
    values[0, 0, 0] = np.nan
    (picture,) = shades(values)
    assert picture[1, 1, :3] == pytest.approx(0.5, abs=0.01)
    assert picture[0, 0, 0] > picture[0, 0, 1] > picture[0, 0, 2]


@pytest.mark.parametrize("shape", [(10, 4), (10, 4, 4), (10, 8, 8, 2), (0, 8, 8), (10,)])
def test_what_does_not_look_like_images_has_no_thumbnail(shape):
    assert thumbnail.pictures(np.zeros(shape)) == []
