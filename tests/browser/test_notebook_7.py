"""The dashboard in Jupyter Notebook 7: the same keys, and no letter that is a command."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ended, free_port, wait_until_up
from tests.browser.labdriver import write_notebook
from tests.browser.test_selection import BAD, FLOATS, RUN_MS, SOURCE, expect_selected

pytestmark = [pytest.mark.proof, pytest.mark.browser]

OPTIONS = ["--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", "--IdentityProvider.token="]


@pytest.fixture
def page(browser: Browser, browser_context_args, jupyter_env, tmp_path) -> Iterator[Page]:
    """Return a notebook that was run, with its dashboard in sight."""
    write_notebook(tmp_path / "seven.ipynb", SOURCE)
    port, log = free_port(), tmp_path / "seven.log"
    command = [
        sys.executable,
        "-m",
        "notebook",
        *OPTIONS,
        f"--ServerApp.port={port}",
        f"--ServerApp.root_dir={tmp_path}",
    ]
    with log.open("wb") as sink:
        server = subprocess.Popen(command, cwd=tmp_path, stdout=sink, stderr=subprocess.STDOUT, env=jupyter_env)
        with ended(server):
            wait_until_up(server, f"http://127.0.0.1:{port}/api/status", log)
            context = browser.new_context(**browser_context_args)
            page = context.new_page()
            page.goto(f"http://127.0.0.1:{port}/notebooks/seven.ipynb")
            expect(page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").first).to_be_visible(
                timeout=RUN_MS
            )
            page.locator(".jp-Cell .jp-InputArea").first.click()
            page.keyboard.press("Shift+Enter")
            expect(page.locator(".gd-stepper").first).to_be_visible(timeout=RUN_MS)
            yield page
            context.close()


def test_keys_select_batches_and_letters_are_no_commands(page):
    board = page.locator(".jp-OutputArea-output").filter(has=page.locator(".gd-stepper")).first
    cells = page.locator(".jp-Cell").count()
    board.locator(".gd-cursor [role=slider]").focus()
    page.keyboard.press("Home")
    for key, batch in (
        ("ArrowRight", 1),
        ("ArrowLeft", 0),
        ("n", BAD),
        ("n", FLOATS),
        ("p", BAD),
        ("End", 119),
        ("b", 119),
    ):
        page.keyboard.press(key)
        expect_selected(board, batch)
    assert page.locator(".jp-Cell").count() == cells
