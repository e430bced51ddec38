"""Mends on screen: what was measured before and after, the code, and nothing that is not escaped."""

import re

import numpy as np
import pytest

from gendiag.records import Inside, LayerStep, Repair
from gendiag.views import layer_table, repair_cards

FIGURES = {
    "verdict": "raises", "fails_at": 4, "steps": 4, "samples": 16, "findings": ("nan-inf",), "batch": 4,
    "outcome": "raises", "loss": None,
}  # fmt: skip
AFTER = FIGURES | {"verdict": "trains", "fails_at": None, "steps": 9, "findings": (), "outcome": "trains", "loss": 0.25}
SNIPPET = "def mended(batches):\n    yield from (b for b in batches if 1 < 2)"


def repair(**options):
    proof = {"before": FIGURES, "after": AFTER}
    return Repair(
        **({"title": "Drop <it>", "snippet": SNIPPET, "apply": list, "verified": True, "proof": proof} | options)
    )


def text(html):
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def test_a_mend_shows_the_figures_before_and_after():
    shown = text(repair_cards.card(repair()))
    assert "verified" in shown
    assert "verdict ✖ raises ✔ trains" in shown
    assert "fails at batch 4 –" in shown
    assert "findings nan-inf none" in shown
    assert "steps of training 4 9" in shown
    assert "trial of batch 4 raises trains, loss 0.25" in shown


def test_title_and_code_are_escaped():
    drawn = repair_cards.card(repair())
    assert "Drop &lt;it&gt;" in drawn
    assert "if 1 &lt; 2" in drawn


def test_what_it_costs_and_what_was_not_run_is_said():
    assert "Drops 3 samples." in text(repair_cards.card(repair(changes_meaning="drops 3 samples")))
    shown = text(repair_cards.card(repair(verified=False, proof={"not run": "the generator is spent"})))
    assert "It was not run: the generator is spent." in shown
    assert "verified" not in shown


def test_the_same_is_there_as_text():
    shown = repair_cards.to_text(repair(changes_meaning="drops 3 samples"))
    assert shown.startswith("✔ verified  Drop <it>\n  It costs: drops 3 samples.")
    assert "  verdict             ✖ raises  ✔ trains" in shown
    assert "    def mended(batches):\n        yield from" in shown


def test_no_fix_is_said():
    assert "No fix was found" in repair_cards.to_html([])


def test_the_layer_that_goes_wrong_is_marked_and_the_worst_sample_first():
    layers = (LayerStep("first<", "Dense", (2, 3)), LayerStep("second", "Dense", (2, 1), n_nan=2))
    seen = Inside(layers=layers, where="layer", first_bad="second", sample_losses=(0.5, np.nan))
    drawn = layer_table.to_html(seen, failing=[1])
    assert "first layer that goes wrong is second (Dense): it gives NaN or infinity" in text(drawn)
    assert "first&lt;" in drawn
    assert re.search(r"✖ 1 NaN 0 0.5", text(drawn))


@pytest.mark.parametrize("where", ["input", "target", "loss", "gradient", "update", "metrics", "step"])
def test_every_place_where_a_step_goes_wrong_has_its_words(where):
    assert layer_table.where(Inside(where=where)).endswith(".")
    assert layer_table.where(Inside()) == ""
