"""Rules about dtypes: what is cut off, and what is no number."""

import keras
import numpy as np

from gendiag import diagnose
from tests.support.models import softmax
from tests.support.streams import KINDS, X, times

layers = keras.layers


def test_text_has_the_wrong_dtype_and_not_a_missing_batch_axis():
    model = keras.Sequential([keras.Input((6,)), layers.Embedding(9, 2), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    report = diagnose(times((np.array(["one", "two", "six"] * 2), X[:6, :1])), model, progress=False)
    assert {finding.rule for finding in report.findings if finding.severity == "error"} == {"object-or-string-dtype"}


def test_fractions_under_a_loss_for_class_numbers_are_cut_off():
    shares = np.linspace(0, 3, 8)
    report = diagnose(times((X, shares)), softmax(), progress=False)
    finding = next(finding for finding in report.findings if finding.rule == "rounded-in-model")
    assert "int64" in finding.message
    assert "whole class numbers" in finding.fix
    whole = diagnose(times((X, KINDS.astype("float32"))), softmax(), progress=False)
    assert "rounded-in-model" not in {finding.rule for finding in whole.findings}
