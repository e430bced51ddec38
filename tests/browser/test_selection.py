"""One batch is selected from everywhere: picture, stepper, keys, map of fit, a finding, the table of dtypes.

The notebook runs once; each test begins at batch 0.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, expect

from tests.browser.labdriver import DARK, LIGHT, Lab, write_notebook

pytestmark = [pytest.mark.proof, pytest.mark.browser]

NOTEBOOK = "selection.ipynb"
RUN_MS = 240_000
BAD = 77  # the batch with NaN; labels are floats from FLOATS on
FLOATS = 100
SOURCE = f"""import warnings
warnings.simplefilter("ignore")
import keras, numpy as np, gendiag
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
def batches():
    rng = np.random.default_rng(0)
    for index in range(120):
        x = rng.random((8, 4), dtype="float32")
        x[2, 1] = np.nan if index == {BAD} else x[2, 1]
        y = rng.random(8) if index >= {FLOATS} else rng.integers(0, 2, 8)
        yield x, y
report = gendiag.diagnose(batches, model, progress=False)
report"""
SHOTS = Path(__file__).parent / "shots"


@pytest.fixture(scope="module")
def run_lab(browser: Browser, browser_context_args, lab_url, notebooks) -> Iterator[Lab]:
    write_notebook(notebooks / NOTEBOOK, SOURCE, "report.selected")
    context = browser.new_context(**browser_context_args)
    lab = Lab(context.new_page(), lab_url)
    lab.open(NOTEBOOK)
    lab.run_all(RUN_MS)
    yield lab
    lab.shut_down()
    context.close()


@pytest.fixture
def lab(run_lab, request) -> Iterator[Lab]:
    with run_lab.theme(getattr(request, "param", LIGHT)):
        yield run_lab
        run_lab.page.screenshot(path=SHOTS / f"{re.sub(r'[^a-z0-9]+', '-', request.node.name.lower())}.png")
    assert run_lab.told() == []


@pytest.fixture
def board(lab) -> Locator:
    """Return the dashboard, with batch 0 selected."""
    board = lab.page.locator(".jp-OutputArea-output").filter(has=lab.page.locator(".gd-stepper")).first
    box = board.locator(".gd-stepper input")
    box.fill("0")
    box.press("Enter")
    expect_selected(board, 0)
    return board


def expect_selected(board: Locator, batch: int) -> None:
    """The cursor, the number, the words and the details are all of that batch."""
    expect(board.locator(".gd-cursor [role=slider]")).to_have_attribute(
        "aria-valuenow", re.compile(rf"^{batch}(\.0)?$")
    )
    expect(board.locator(".gd-stepper input")).to_have_value(str(batch))
    expect(board.locator(".gd-readout")).to_contain_text(f"batch {batch} ")
    expect(board.locator(".gd-details")).to_contain_text(re.compile(rf"\bbatch {batch}\b", re.IGNORECASE))


def at(picture: Locator, across: float, down: float) -> None:
    """Click on a place of a picture, given as fractions of its axes."""
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    left, bottom, width, height = map(float, picture.get_attribute("data-frame").split(","))
    x, y = left + across * width, 1 - bottom - height + down * height
    picture.click(position={"x": box["width"] * x, "y": box["height"] * y}, force=True)


def test_a_click_on_the_picture(board):
    at(board.locator("img.gd-timeline-picture"), 30.5 / 120, 0.6)
    expect_selected(board, 30)


def test_a_click_on_the_map_of_fit(board):
    at(board.locator("img.gd-fitmap"), 60.5 / 120, 0.5)
    expect_selected(board, 60)


def test_the_keys(board, lab):
    board.locator(".gd-cursor [role=slider]").focus()
    for key, batch in (("ArrowRight", 1), ("n", BAD), ("n", FLOATS), ("p", BAD), ("End", 119), ("Home", 0)):
        lab.page.keyboard.press(key)
        expect_selected(board, batch)


def test_a_letter_typed_in_the_dashboard_is_no_command_of_the_notebook(board, lab):
    cells = lab.page.locator(".jp-Cell").count()
    for control in (
        ".gd-cursor [role=slider]",
        ".gd-stepper button >> nth=1",
        ".gd-toggle >> nth=0",
        "summary >> nth=0",
    ):
        board.locator(control).focus()
        lab.page.keyboard.press("b")
        lab.page.keyboard.press("a")
    assert lab.page.locator(".jp-Cell").count() == cells


def test_the_batches_of_a_finding_and_the_first_batch_of_a_dtype(board):
    board.locator(".gd-findings .gd-go").first.click()
    expect(board.locator(".gd-stepper input")).to_have_value(re.compile(f"^({BAD}|{FLOATS})$"))
    board.locator("summary", has_text="Dtypes").click()
    board.locator(f'.gd-dtypes [data-batch="{FLOATS}"]').first.click()
    expect_selected(board, FLOATS)


def test_what_is_under_the_pointer_is_said(board, lab):
    picture = board.locator("img.gd-timeline-picture")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    left, _, width, _ = map(float, picture.get_attribute("data-frame").split(","))
    lab.page.mouse.move(box["x"] + box["width"] * (left + width * (BAD + 0.5) / 120), box["y"] + box["height"] * 0.5)
    expect(board.locator(".gd-pointer")).to_contain_text(f"batch {BAD}")
    expect(board.locator(".gd-pointer")).to_contain_text("nan-inf")


def test_a_panel_is_shown_on_demand_and_a_range_is_zoomed_to(board):
    before = board.locator("img.gd-timeline-picture").get_attribute("src")
    board.get_by_role("button", name="wait").click()
    expect(board.locator("img.gd-timeline-picture")).not_to_have_attribute("src", before)
    board.locator(".gd-brush [role=slider]").first.focus()
    for _ in range(3):
        board.locator(".gd-brush [role=slider]").first.press("PageUp")
    expect(board.locator("img.gd-timeline-picture")).to_have_attribute("data-range", re.compile(r"^[1-9]\d*,119$"))
    board.locator(".gd-brush [role=slider]").first.press("Home")
    expect(board.locator("img.gd-timeline-picture")).to_have_attribute("data-range", "0,119")


def test_a_lesson_is_one_click_away(board):
    fold = board.locator(".gd-first details").first
    fold.locator("summary").click()
    expect(fold).to_contain_text("gendiag.explain(")
    fold.locator("summary").click()


@pytest.mark.parametrize("lab", [LIGHT, DARK], indirect=True)
@pytest.mark.parametrize("width", [1280, 480])
def test_nothing_serious_for_those_who_do_not_see_or_point(lab, board, width):  # noqa: ARG001  (it waits for the dashboard)
    lab.page.set_viewport_size({"width": width, "height": 1000})
    found = Axe().run(lab.page, context=".gd").response["violations"]
    lab.page.set_viewport_size({"width": 1280, "height": 1000})
    assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in ("serious", "critical")] == []


def test_a_saved_notebook_that_somebody_else_opens_shows_it_without_a_kernel(lab, board, notebooks):  # noqa: ARG001  (it waits for the dashboard)
    """A changed copy is not trusted, as one from elsewhere; its own author needs a kernel."""
    lab.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    lab.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    import nbformat

    saved = nbformat.read(notebooks / NOTEBOOK, as_version=4)
    saved.cells.append(nbformat.v4.new_markdown_cell("from elsewhere"))
    nbformat.write(saved, notebooks / "elsewhere.ipynb")
    lab.open("elsewhere.ipynb")
    static = lab.page.locator(".gd-static").first
    expect(static).to_contain_text(f"{BAD}", timeout=60_000)
    expect(static.locator("img").first).to_be_visible()
    static.locator("summary", has_text="Dtypes").click()
    expect(static.locator("table").last).to_be_visible()
