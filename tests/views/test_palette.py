"""Colours can be told apart by everybody: WCAG's ratio of contrast, from 1 to 21."""

import pytest
from matplotlib.colors import to_rgb

from gendiag.views import palette

WHITE = "#ffffff"


def luminance(colour):
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour)]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_ratio_is_that_of_wcag():
    assert contrast("#000000", WHITE) == pytest.approx(21)
    assert contrast("#777777", WHITE) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", ["BLUE", "RED", "GREY", "DARK_BLUE"])
def test_what_is_drawn_stands_out_on_white(name):
    assert contrast(getattr(palette, name), WHITE) >= 3


def test_an_error_stands_out_from_what_was_delivered():
    assert contrast(palette.RED, palette.BLUE) >= 2.5


def test_a_warning_stands_out_from_an_error_and_has_an_outline_that_stands_out_from_it():
    assert contrast(palette.ORANGE, palette.RED) >= 2.5
    assert contrast(palette.INK, palette.ORANGE) >= 3


@pytest.mark.parametrize("name", ["INK", "GREY"])
def test_words_can_be_read_on_white(name):
    assert contrast(getattr(palette, name), WHITE) >= 4.5
