"""Rules about the arguments of fit."""

import numpy as np
import pytest

from tests.support.items import Items
from tests.support.rules import diagnosed


@pytest.mark.parametrize(
    "argument",
    [{"y": np.zeros(24)}, {"sample_weight": np.ones(24)}, {"validation_split": 0.2}, {"workers": 4}, {"nb_epoch": 3}],
    ids=str,
)
def test_an_argument_that_fit_refuses_is_named(argument):
    def batches():
        yield from [Items()[index] for index in range(6)]

    _, report = diagnosed(batches, epochs=1, **argument)
    assert report.findings[0].rule == "unsupported-argument"
    assert report.findings[0].evidence["argument"] in argument
    assert report.verdict == "raises"
