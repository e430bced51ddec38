"""The selected batch, and paging through its samples."""

from dataclasses import replace

import numpy as np
import pytest

from gendiag.batches.store import Store
from gendiag.views import samples
from gendiag.views.batch_panel import BatchPanel
from gendiag.views.selection import select
from tests.support.diagnoses import plain

MANY = 40


@pytest.fixture
def panel():
    """Batch 0 has forty samples, batch 1 no more than are shown, batch 2 is not held."""
    store = Store()
    for index, rows in ((0, MANY), (1, samples.SHOWN)):
        images = np.random.default_rng(index).integers(0, 255, (rows, 8, 8, 3), dtype="uint8")
        store.put(index, (images, np.arange(rows)), 99)
    whole = plain(3)
    diagnosis = replace(whole, profile=replace(whole.profile, store=store))
    errors = []
    made = BatchPanel(diagnosis, select(diagnosis), errors.append)
    made.errors = errors
    return made


def test_many_samples_can_be_paged_through(panel):
    assert panel.choice.layout.display == "flex"
    assert panel.first.max == MANY - 1
    before = panel.details.value
    panel.first.value = 24
    assert panel.details.value != before
    assert "<b>batch 0</b>" in panel.details.value


def test_few_samples_and_none_that_are_held_cannot(panel):
    for batch in (1, 2):
        panel._selection.batch = batch
        assert panel.choice.layout.display == "none"
    assert "No values to show" in panel.details.value


def test_another_batch_is_shown_from_its_first_sample_and_drawn_once(panel, monkeypatch):
    panel.first.value = 24
    drawn = []
    monkeypatch.setattr(
        "gendiag.views.batch_details.to_html", lambda _, batch, first: drawn.append((batch, first)) or str(batch)
    )
    panel._selection.batch = 1
    assert panel.first.value == 0
    assert drawn[-1] == (1, 0)
    assert len(drawn) == 1
    panel._selection.batch = 0
    assert panel.first.max == MANY - 1
    assert not any(panel.errors)
