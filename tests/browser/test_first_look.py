"""The first lesson as a person meets it: run all, step through the batches, try one, in light and dark.

The notebook runs once; each test starts by choosing its batch and leaves its picture in ``shots/``.
"""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, expect

from tests.browser.labdriver import DARK, LIGHT, Lab, contrasts

pytestmark = [pytest.mark.proof, pytest.mark.browser]

NOTEBOOK = "01_first_look.ipynb"
RUN_MS = 240_000  # imports TensorFlow and rehearses, on two busy cores
TRIAL_MS = 120_000
READABLE = 4.5  # contrast, WCAG AA
OUTCOMES = re.compile(r"trains|raises|non-finite|no answer")
SHOTS = Path(__file__).parent / "shots"


@pytest.fixture(scope="module")
def run_lab(browser: Browser, browser_context_args, lab_url) -> Iterator[Lab]:
    context = browser.new_context(**browser_context_args)
    lab = Lab(context.new_page(), lab_url)
    lab.open(NOTEBOOK)
    lab.run_all(RUN_MS)
    yield lab
    lab.shut_down()
    context.close()


@pytest.fixture
def lab(run_lab, request) -> Iterator[Lab]:
    """Return the page in the theme asked for; photographed after the test, and without an error on its console."""
    with run_lab.theme(getattr(request, "param", LIGHT)):
        yield run_lab
        name = re.sub(r"\W+", "-", request.node.name).strip("-")
        run_lab.page.screenshot(path=SHOTS / f"{name}.png")  # makes the folder
    assert run_lab.told() == []


@pytest.fixture
def dashboard(lab) -> Locator:
    """Return the first dashboard, filled and in sight."""
    board = lab.page.locator(".jp-OutputArea-output").filter(has=lab.page.locator(".gd-stepper")).first
    board.scroll_into_view_if_needed()
    expect(board.locator(".gd-headline")).to_contain_text(re.compile(r"\w"), timeout=RUN_MS)
    return board


def choose(dashboard: Locator, batch: int) -> None:
    """Type a number into the stepper."""
    box = dashboard.locator(".gd-stepper input").first
    box.fill(str(batch))
    box.press("Enter")
    expect_batch(dashboard, batch)


def expect_batch(dashboard: Locator, batch: int) -> None:
    expect(dashboard.locator(".gd-details")).to_contain_text(re.compile(rf"\bbatch {batch}\b", re.IGNORECASE))


def test_every_cell_runs_without_a_word_on_stderr_or_a_broken_widget(lab, dashboard):
    expect(dashboard.locator(".gd-findings")).to_be_visible()
    expect(lab.outputs("application/vnd.jupyter.stderr")).to_have_count(0)
    expect(lab.page.locator(".jupyter-widgets-error-widget")).to_have_count(0)


def test_the_arrow_key_moves_the_details_to_the_next_batch(dashboard):
    choose(dashboard, 0)
    dashboard.locator(".gd-cursor [role=slider]").first.press("ArrowRight")
    expect_batch(dashboard, 1)


def test_a_click_on_a_bar_shows_that_batch(lab, dashboard):
    choose(dashboard, 0)
    last = float(dashboard.locator(".gd-cursor [role=slider]").get_attribute("aria-valuemax"))
    bars = dashboard.locator(".gd-cursor .noUi-base").bounding_box()  # middle of the first bar to middle of the last
    lab.page.mouse.click(bars["x"] + bars["width"] * 2 / last, bars["y"] + bars["height"] * 0.7)
    expect_batch(dashboard, 2)


def test_the_next_button_moves_the_details_to_the_next_batch(dashboard):
    choose(dashboard, 0)
    before = dashboard.locator(".gd-details").inner_text()
    dashboard.locator(".gd-stepper").get_by_role("button", name="Next").first.click()
    expect_batch(dashboard, 1)
    assert dashboard.locator(".gd-details").inner_text() != before


def test_trying_a_batch_shows_what_fit_does_with_it(dashboard):
    choose(dashboard, 1)
    result = dashboard.locator(".gd-result")
    expect(result).to_have_text("")  # else the trial below would prove nothing
    dashboard.get_by_role("button", name="Try this batch").click()
    expect(result).to_contain_text(OUTCOMES, timeout=TRIAL_MS)
    expect(result).to_contain_text(re.compile(r"\bbatch 1\b", re.IGNORECASE))


@pytest.mark.parametrize("lab", [LIGHT, DARK], indirect=True)
def test_a_mend_is_run_before_it_is_shown_and_its_report_after_it_on_demand(lab):
    search = lab.page.get_by_role("button", name="Search for fixes").first
    board = lab.page.locator(".jp-OutputArea-output").filter(has=search).first
    search.click()
    mend = board.locator(".gd-repair").first
    expect(mend).to_contain_text("verified", timeout=TRIAL_MS)
    mend.get_by_role("button", name="Copy the code").click()
    expect(mend.locator(".gd-copy")).to_have_text(re.compile("Copied|Selected"))
    board.locator(".gd-fixed summary").first.click()
    expect(board.locator(".gd-fixed").first).to_contain_text("trains")
    assert [(text, ratio) for text, ratio in contrasts(board) if ratio < READABLE] == []
    mend.scroll_into_view_if_needed()


@pytest.mark.parametrize("lab", [LIGHT, DARK], indirect=True)
def test_every_text_is_readable(dashboard):
    texts = contrasts(dashboard)
    assert texts
    assert [(text, ratio) for text, ratio in texts if ratio < READABLE] == []


@pytest.mark.parametrize("lab", [DARK], indirect=True)
def test_the_timeline_is_light_ink_on_dark_ground_in_the_dark_theme(dashboard):
    picture = Image.open(io.BytesIO(dashboard.locator(".gd-timeline").screenshot()))
    light = np.asarray(picture.convert("L"))
    ground, ink = np.median(light), np.percentile(light, 99.5)
    assert ground < 100, f"the ground is light: {ground}"
    assert ink > 150, f"the ink is dark: {ink}"
