"""Masks as maps of their classes."""

import numpy as np
import pytest

from gendiag.views import samples
from tests.support.samples import diagnosed

X = np.zeros((2, 3))


def masks(*shape, dtype="uint8"):
    values = np.zeros(shape, dtype)
    values[:, :2] = 1
    return values


@pytest.mark.parametrize("values", [masks(2, 8, 8), masks(2, 8, 8, 1), masks(2, 8, 8, dtype="float32")])
def test_a_mask_is_a_map_with_a_legend_of_its_values(values):
    html = samples.to_html(diagnosed([(X, values)]), 0)
    assert "maps of classes, 2 values in the samples shown:" in html
    assert "0: 75.0%" in html
    assert "1: 25.0%" in html


def test_one_hot_masks_are_maps_of_the_class_of_each_pixel():
    html = samples.to_html(diagnosed([(X, np.eye(5)[masks(2, 8, 8)])]), 0)
    assert "1: 25.0%" in html


def test_a_colour_that_stands_for_two_values_is_told():
    html = samples.to_html(diagnosed([(X, masks(2, 8, 8) * 8)]), 0)
    assert "(value k + 8 has the colour of k)" in html


@pytest.mark.parametrize("values", [np.random.default_rng(0).random((2, 8, 8)), np.arange(128).reshape(2, 8, 8)])
def test_targets_of_many_values_are_pictures(values):
    html = samples.to_html(diagnosed([(X, values)]), 0)
    assert "maps of classes" not in html
    assert "pictures of 8 × 8" in html
