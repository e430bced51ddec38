"""A saved report in a real browser: open to everybody, in both themes, at both widths; nothing asks for anything."""

from dataclasses import replace

import pytest

from gendiag.views.page import page
from tests.support.diagnoses import tried

pytest.importorskip("axe_playwright_python", reason="axe is not installed")

pytestmark = [pytest.mark.proof, pytest.mark.browser]
SMALLEST_PX = 12


@pytest.fixture
def saved(silent_cast, tmp_path):
    """Write a report with every section."""
    whole = replace(silent_cast, trials={3: tried(3, "raises")}, notes=tuple(f"Note {number}." for number in range(4)))
    target = tmp_path / "report.html"
    target.write_text(page(whole), encoding="utf-8")
    return target.as_uri()


def opened(browser, address, *, width=1280, scheme="light"):
    shown = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    shown.asked = []
    shown.on("request", lambda request: shown.asked.append(request.url))
    shown.on("console", lambda message: shown.asked.append(message.text))
    shown.goto(address)
    return shown


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 480])
def test_axe_finds_nothing_serious_with_every_fold_open_or_closed(browser, saved, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    shown = opened(browser, saved, width=width, scheme=scheme)
    for _ in range(2):
        found = [each for each in Axe().run(shown).response["violations"] if each["impact"] in {"serious", "critical"}]
        assert [(each["id"], each["impact"], each["nodes"][0]["html"]) for each in found] == []
        shown.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_nothing_is_asked_for_and_no_letter_is_too_small(browser, saved):
    shown = opened(browser, saved)
    assert [url for url in shown.asked if not url.startswith(("file:", "data:"))] == []
    shown.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    sizes = shown.evaluate(
        "[...document.querySelectorAll('body *')].filter(each => each.innerText)"
        ".map(each => parseFloat(getComputedStyle(each).fontSize))"
    )
    assert min(sizes) >= SMALLEST_PX


def test_a_batch_named_by_a_finding_is_opened_by_its_link(browser, saved):
    shown = opened(browser, saved)
    way = shown.locator("#report-1-batch-6")
    assert not way.is_visible()
    shown.locator("summary", has_text="1 other finding").first.click()
    shown.locator("a.gd-go", has_text="6").first.click()
    assert way.is_visible()


def test_at_480_px_leaf_and_what_changed_are_in_sight(browser, saved):
    shown = opened(browser, saved, width=480)
    table = shown.locator(".gd-step .gd-scroll").first
    changed = table.locator(".gd-differs").first.bounding_box()
    assert changed["x"] + changed["width"] <= table.bounding_box()["x"] + table.bounding_box()["width"]
    table.evaluate("each => { each.scrollLeft = 1000; }")
    assert table.locator("td").first.bounding_box()["x"] == pytest.approx(table.bounding_box()["x"], abs=1)


def test_what_is_folded_is_printed_but_for_the_further_batches(browser, saved):
    shown = opened(browser, saved)
    shown.emulate_media(media="print")
    assert shown.locator("footer").first.is_visible()
    assert not shown.locator("#report-1-batch-0").is_visible()
