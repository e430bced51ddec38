"""What the page hears beside its controls: keys, clicks on batches and on the map."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.labdriver import Lab, write_notebook

pytestmark = [pytest.mark.proof, pytest.mark.browser]

RUN_MS = 240_000
SHOTS = Path(__file__).parent / "shots"
CELL = """from gendiag.views.dashboard import Dashboard
from tests.support.diagnoses import finding, plain
Dashboard(plain(200, finding(150), finding(30, 31)))"""


@pytest.fixture(scope="module")
def board(browser: Browser, browser_context_args, lab_url, notebooks) -> Iterator[Locator]:
    """Return a dashboard of 200 batches, of which findings name 150, and 30 and 31."""
    write_notebook(notebooks / "keys.ipynb", CELL)
    context = browser.new_context(**browser_context_args)
    lab = Lab(context.new_page(), lab_url)
    lab.open("keys.ipynb")
    lab.run_all(RUN_MS)
    board = lab.page.locator(".gd").filter(has=lab.page.locator(".gd-stepper")).first
    expect_batch(board, 150)
    yield board
    lab.page.screenshot(path=SHOTS / "keys.png")
    assert lab.told() == []
    lab.shut_down()
    context.close()


def expect_batch(board: Locator, batch: int) -> None:
    expect(board.locator(".gd-details")).to_contain_text(re.compile(rf"\bbatch {batch}\b"), timeout=RUN_MS)
    now = re.compile(rf"^{batch}(\.0)?$")
    expect(board.locator(".gd-cursor [role=slider]")).to_have_attribute("aria-valuenow", now)


def test_letters_go_from_finding_to_finding_and_leave_the_notebook_alone(board):
    board.get_by_role("button", name="Next finding").focus()
    cells = board.page.locator(".jp-Cell").count()
    for key, batch in (("n", 30), ("n", 150), ("p", 30), ("ArrowRight", 31), ("End", 199), ("Home", 0)):
        board.page.keyboard.press(key)
        expect_batch(board, batch)
    assert board.page.locator(".jp-Cell").count() == cells


def test_a_click_on_a_batch_of_a_finding_and_on_a_step_of_the_map_selects_it(board):
    board.locator('.gd-findings [data-batch="150"]').first.click()
    expect_batch(board, 150)
    image = board.locator("img.gd-fitmap")
    left, bottom, width, height = map(float, image.get_attribute("data-frame").split(","))
    box = image.bounding_box()
    image.click(
        position={"x": box["width"] * (left + width * 40.5 / 200), "y": box["height"] * (1 - bottom - height / 2)}
    )
    expect_batch(board, 40)
