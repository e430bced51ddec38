"""Long series as curves."""

import numpy as np
import pytest

from gendiag.views import samples
from gendiag.views.samples.value_scale import Scale
from gendiag.views.samples.waveforms import CURVE, HEIGHT, curve
from tests.support.samples import diagnosed


@pytest.mark.parametrize("shape", [(2, 2000), (2, 2000, 1), (2, 2, 2000)])
def test_a_long_axis_is_a_curve(shape):
    html = samples.to_html(diagnosed([(np.zeros(shape, "float32"),)]), 0)
    assert "curves of 2,000 values" in html
    assert ("channel 0 of 2" in html) == (shape == (2, 2, 2000))


def test_a_curve_goes_from_the_bottom_to_the_top_of_its_scale_and_nan_is_all_over():
    series = np.linspace(-1, 1, 4000)
    series[2005] = np.nan
    painted = curve(series, Scale(-1, 1, ""))
    heights = [np.flatnonzero((column == CURVE).all(axis=-1)) for column in painted.transpose(1, 0, 2)]
    assert (heights[0].max(), heights[-1].min()) == (HEIGHT - 1, 0)
    assert (painted[:, 200] == (213, 94, 0)).all()
    assert not (painted[:, 201] == (213, 94, 0)).any()
