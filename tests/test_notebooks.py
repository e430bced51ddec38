"""Every lesson runs from top to bottom, and what it shows survives without a kernel."""

import json
import re

import pytest

from tests.conftest import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
TIMEOUT_S = 600
WIDGET = "application/vnd.jupyter.widget-view+json"
MARK = "gd-"  # how our CSS classes begin
FOREIGN = re.compile(r"<(?:script|link|iframe)\b|@import|url\((?!data:)|\bon\w+=[\"']|\b(?:src|href)=[\"'](?!data:|#)")
QUIET = {"TF_CPP_MIN_LOG_LEVEL", "CUDA_VISIBLE_DEVICES"}  # set for the tests; a reader has them not

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.name)
def executed(request, tmp_path_factory, jupyter_env):
    """Return the notebook after a run in an empty folder: a lesson brings all that it needs."""
    import nbformat  # late, here and below: what it loads takes seconds in every process that collects the tests
    from nbclient import NotebookClient

    notebook = nbformat.read(request.param, as_version=4)
    folder = tmp_path_factory.mktemp("run")
    client = NotebookClient(notebook, timeout=TIMEOUT_S, resources={"metadata": {"path": str(folder)}})
    return client.execute(env={name: value for name, value in jupyter_env.items() if name not in QUIET})


def outputs(notebook):
    return [output for cell in notebook["cells"] for output in cell.get("outputs", [])]


def stored(path):
    return json.loads(path.read_text("utf-8"))


def text_of(html: str) -> str:
    """Return what can be read; nbconvert writes the same tags in its own way."""
    from bs4 import BeautifulSoup

    return BeautifulSoup(html, "html.parser").get_text(" ", strip=True)


def test_there_are_notebooks():
    assert NOTEBOOKS, "no notebooks/*.ipynb: the tests below would pass by having nothing to do"


@pytest.mark.proof
def test_no_cell_raises(executed):
    assert [output.evalue for output in outputs(executed) if output.output_type == "error"] == []


@pytest.mark.proof
def test_no_cell_writes_to_stderr(executed):
    assert [output.text for output in outputs(executed) if output.get("name") == "stderr"] == []


@pytest.mark.proof
def test_a_dashboard_has_a_stand_in_that_needs_no_kernel(executed):
    """Widget state is left out, as in a committed notebook; with it, a page without a network stays blank."""
    import nbformat
    from nbconvert import HTMLExporter

    saved = nbformat.from_dict(executed)
    if MARK not in str(saved.metadata.pop("widgets", "")):
        pytest.skip("makes no dashboard")
    shown = [output.data for output in outputs(saved) if WIDGET in output.get("data", {})]
    assert shown, "the dashboard was made but not displayed"
    page, _ = HTMLExporter().from_notebook_node(saved)
    for data in shown:
        assert data.get("text/plain"), "no text to read in a terminal"
        assert MARK in data.get("text/html", ""), "no static HTML"
        assert text_of(data["text/html"]) in text_of(page)


@each_notebook
def test_no_widget_state_is_committed(path):
    assert "widgets" not in stored(path)["metadata"]


@each_notebook
def test_what_is_stored_has_folds_and_needs_no_script_and_no_network(path):
    """Nbconvert and whatever else shows the notebook add their own; what is ours is here."""
    shown = [output["data"] for output in outputs(stored(path)) if MARK in str(output.get("data", {}).get("text/html"))]
    assert shown
    for data in shown:
        html = "".join(data["text/html"])
        assert ("<summary" in html) == ('class="gd gd-static"' in html)
        assert FOREIGN.findall(html) == []


@each_notebook
def test_what_is_stored_was_written_without_a_word_on_stderr_and_without_widgets(path):
    found = outputs(stored(path))
    assert [output for output in found if output.get("name") == "stderr" or WIDGET in output.get("data", {})] == []
