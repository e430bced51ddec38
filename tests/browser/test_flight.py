"""``%%gendiag`` as a person meets it: on a cell that fails, and on one that takes too long."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.labdriver import ALL_RUN, RAISED, Lab, write_notebook

pytestmark = [pytest.mark.proof, pytest.mark.browser]

RUN_MS = 240_000
SHOTS = Path(__file__).parent / "shots"
SETUP = """%load_ext gendiag
import itertools, time, warnings
warnings.simplefilter("ignore")
import keras, numpy as np
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
def batches(bad=None):
    for index in itertools.count():
        time.sleep(0.02)
        yield np.full((8, 4), index % 50 / 50, "float32"), np.full(8, 7 if index == bad else index % 3)"""
FAILS = "%%gendiag --keep 64MB\nmodel.fit(batches(bad=120), steps_per_epoch=100, epochs=3, verbose=0)"
LONG = "%%gendiag\nmodel.fit(batches(), steps_per_epoch=10_000, verbose=0)\n'the cell went on'"


@pytest.fixture(params=[FAILS, LONG], ids=["failing", "long"])
def lab(request, browser: Browser, browser_context_args, lab_url, notebooks) -> Iterator[Lab]:
    """Return a page in which a notebook with this cell is being run."""
    name = f"flight_{request.node.callspec.id}.ipynb"
    write_notebook(notebooks / name, SETUP, request.param)
    context = browser.new_context(**browser_context_args)
    lab = Lab(context.new_page(), lab_url)
    lab.open(name)
    lab.begin_all()
    yield lab
    lab.page.screenshot(path=SHOTS / f"{request.node.name}.png")
    lab.shut_down()
    context.close()


@pytest.mark.parametrize("lab", [FAILS], indirect=True, ids=["failing"])
def test_a_failing_cell_leaves_the_dashboard_and_its_exception(lab):
    board = lab.page.locator(".gd-stepper").first
    expect(board).to_be_visible(timeout=RUN_MS)
    expect(lab.page.locator(".gd-headline").last).to_contain_text("batch 120")
    lab.page.wait_for_function(ALL_RUN, timeout=RUN_MS)
    assert [told.split(":")[0] for told in lab.page.evaluate(RAISED)] == ["InvalidArgumentError"]
    expect(lab.page.locator(".gd-stop")).to_have_count(0)


@pytest.mark.parametrize("lab", [LONG], indirect=True, ids=["long"])
def test_stop_ends_training_after_the_step_and_keeps_everything(lab):
    expect(lab.page.locator(".gd-progress")).to_contain_text("of 10,000", timeout=RUN_MS)
    lab.page.locator(".gd-timeline img").first.wait_for(timeout=RUN_MS)
    lab.page.screenshot(path=SHOTS / "live.png")
    lab.page.locator(".gd-stop").click()
    expect(lab.page.locator(".gd-stepper").first).to_be_visible(timeout=RUN_MS)
    expect(lab.page.get_by_text("It was stopped").first).to_be_visible()
    expect(lab.page.get_by_text("the cell went on").first).to_be_visible()
    lab.page.wait_for_function(ALL_RUN, timeout=RUN_MS)
    assert lab.page.evaluate(RAISED) == []
