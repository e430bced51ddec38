"""Long work can be stopped: ``diagnose`` and ``%%gendiag`` by the button above, a search for fixes by its own."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.labdriver import ALL_RUN, RAISED, Lab, write_notebook

pytestmark = [pytest.mark.proof, pytest.mark.browser]

RUN_MS = 240_000
WORD_S = 0.5
SHOTS = Path(__file__).parent / "shots"
SETUP = """%load_ext gendiag
import itertools, time, warnings
warnings.simplefilter("ignore")
import gendiag, keras, numpy as np
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
def slow(wait_s=0.1, number=10_000, bad=None):
    for index in range(number):
        time.sleep(wait_s)
        yield np.full((8, 4), index % 50 / 50, "float32"), np.full(8, 7 if index == bad else index % 3)
def faulty():
    yield from slow(0.05, 40, bad=30)"""
CELLS = {
    "diagnose": "gendiag.diagnose(slow, model)",
    "magic": "%%gendiag\nmodel.fit(slow(), steps_per_epoch=10_000)\n'the cell went on'",
    "fixes": "gendiag.diagnose(faulty, model)",
}


@pytest.fixture
def lab(request, browser: Browser, browser_context_args, lab_url, notebooks) -> Iterator[Lab]:
    """Return a page in which a notebook with the cell of this name is being run."""
    name = f"stop_{request.param}.ipynb"
    write_notebook(notebooks / name, SETUP, CELLS[request.param])
    context = browser.new_context(**browser_context_args)
    lab = Lab(context.new_page(), lab_url)
    lab.open(name)
    lab.begin_all()
    yield lab
    lab.page.screenshot(path=SHOTS / f"{request.node.name}.png")
    assert lab.told() == []
    lab.shut_down()
    context.close()


def press(button: Locator, answer: Locator, word: str) -> None:
    """Press it, and see that a word answers at once."""
    button.click()
    began = time.monotonic()
    expect(answer).to_contain_text(word, timeout=5_000)
    assert time.monotonic() - began < WORD_S


@pytest.mark.parametrize("lab", ["diagnose"], indirect=True)
def test_stop_in_diagnose_is_answered_at_once_and_a_report_comes(lab):
    line = lab.page.locator(".gd-progress")
    expect(line).to_contain_text(re.compile(r"reading: \d+ batches, .* batches/s, .*, at most .* left"), timeout=RUN_MS)
    lab.page.screenshot(path=SHOTS / "progress.png")
    press(lab.page.get_by_role("button", name="Stop", exact=True), lab.page.locator(".gd-stopping"), "Stopping")
    lab.page.screenshot(path=SHOTS / "stopping.png")
    expect(lab.page.locator(".gd-headline").first).to_contain_text("model not tried", timeout=RUN_MS)
    expect(lab.page.locator(".gd-stop")).to_have_count(0)
    expect(line).to_have_text("Stopped. What was found until then is kept.")


@pytest.mark.parametrize("lab", ["magic"], indirect=True)
def test_stop_under_the_magic_is_answered_at_once_and_then_it_is_said_what_is_done(lab):
    line = lab.page.locator(".gd-progress")
    expect(line).to_contain_text(re.compile(r"epoch 1/1, step \d+ of 10,000, .* steps/s, about"), timeout=RUN_MS)
    fold = lab.page.locator(".jp-OutputArea details[data-key]").last
    fold.wait_for(timeout=RUN_MS)
    fold = lab.page.locator(f'.jp-OutputArea details[data-key="{fold.get_attribute("data-key")}"]')
    fold.locator("> summary").click()
    before = lab.page.locator(".gd-static").first.element_handle()
    lab.page.wait_for_function("old => !old.isConnected", arg=before, timeout=RUN_MS)  # the report was drawn again
    expect(fold).to_have_attribute("open", "")
    lab.page.screenshot(path=SHOTS / "live.png")
    press(lab.page.get_by_role("button", name="Stop", exact=True), lab.page.locator(".gd-stopping"), "Stopping")
    expect(line).to_contain_text("Making the report", timeout=RUN_MS)
    lab.page.screenshot(path=SHOTS / "making.png")
    expect(lab.page.get_by_text("It was stopped").first).to_be_visible(timeout=RUN_MS)
    lab.page.wait_for_function(ALL_RUN, timeout=RUN_MS)
    assert lab.page.evaluate(RAISED) == []
    expect(lab.page.get_by_text("the cell went on").first).to_be_visible()
    expect(lab.page.locator(".gd-stop, .gd-progress")).to_have_count(0)


@pytest.mark.parametrize("lab", ["fixes"], indirect=True)
def test_a_search_for_fixes_can_be_cancelled_and_keeps_what_it_found(lab):
    search = lab.page.get_by_role("button", name="Search for fixes")
    search.click(timeout=RUN_MS)
    busy = lab.page.locator(".gd-tryout", has=search).locator(".gd-busy")
    expect(busy).to_contain_text(re.compile(r"Trying \d+ of at most 12: \w+"), timeout=RUN_MS)
    card = lab.page.locator(".gd-repair").first
    card.wait_for(timeout=RUN_MS)
    lab.page.screenshot(path=SHOTS / "fixes.png")
    expect(busy).to_contain_text("Trying", timeout=1_000)  # else it came too late to be cancelled
    press(lab.page.get_by_role("button", name="Cancel"), busy, "Stopping")
    expect(busy).to_contain_text(re.compile(r"Stopped: \d+ fix(es)? until then"), timeout=RUN_MS)
    expect(card).to_contain_text("verified")
    expect(search).to_be_enabled()
    lab.page.locator(".gd-fixed summary").first.click()
    expect(lab.page.locator(".gd-fixed").first).to_contain_text("What still differs from batch to batch")
