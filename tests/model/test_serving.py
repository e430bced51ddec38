"""What fit raises because of the way in which batches are handed to it again says nothing of the model."""

import numpy as np
import pytest

from gendiag import diagnose
from gendiag.model.batch_trial import try_batch
from gendiag.model.replay import FitSettings
from gendiag.model.serving import refusal
from gendiag.sources.arrays import ArraysSource
from tests.support.models import linear

BATCHES = [(np.ones((4, 3), "float32"), np.ones((4, 1), "float32"))] * 2


def refusing(batches):
    raise ValueError(len(batches))
    yield


def test_batches_that_fit_takes_are_not_refused():
    assert refusal(BATCHES, FitSettings()) is None
    assert refusal(BATCHES, FitSettings(as_source=refusing)).type in {"ValueError", "InvalidArgumentError"}


@pytest.mark.parametrize(("was_taken", "outcome"), [(True, "not tried"), (False, "raises")])
def test_a_trial_of_a_batch_that_fit_took_before_proves_nothing_where_it_is_not_taken_again(was_taken, outcome):
    settings = FitSettings(as_source=refusing)
    given = {"first": BATCHES, "delivered": BATCHES[0], "yielded": BATCHES[0], "settings": settings}
    assert try_batch(linear(), 0, **given, was_taken=was_taken).outcome == outcome


def test_no_verdict_comes_of_a_replay_that_fit_does_not_take(monkeypatch):
    monkeypatch.setattr(ArraysSource, "replay", lambda _self, batches, _fit_args: refusing(batches))
    report = diagnose((np.ones((8, 3)), np.ones((8, 1))), linear(), progress=False)
    assert (report.verdict, report.findings) == ("trains", ())
    assert any("could not be handed to fit once more" in note for note in report.diagnosis.notes)
