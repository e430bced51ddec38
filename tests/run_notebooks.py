"""``python -m tests.run_notebooks``: run each notebook, store what it shows, without what differs from run to run."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
WIDGET = "application/vnd.jupyter.widget-view+json"
TIMEOUT_S = 600
# In the kernel alone, before the first cell: each report is drawn as `save(stable=True)` draws it.
STEADY = """
def _steady():
    from functools import partial
    from gendiag.views import page, steady, terminal
    as_text = terminal.render
    page.render = partial(page.render, stable=True)
    terminal.render = lambda diagnosis: steady.text(as_text(steady.diagnosis(diagnosis)))
_steady()
del _steady
"""


def run(path: Path) -> nbformat.NotebookNode:
    """Return the notebook as it is to be stored: run in an empty folder, readable without a kernel."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        startup = Path(folder, "ipython", "profile_default", "startup")
        startup.mkdir(parents=True)
        (startup / "steady.py").write_text(STEADY, "utf-8")
        env = os.environ | {"IPYTHONDIR": str(startup.parents[1])}
        env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(NOTEBOOKS.parent), env.get("PYTHONPATH")]))
        client = NotebookClient(
            notebook, timeout=TIMEOUT_S, record_timing=False, store_widget_state=False,
            resources={"metadata": {"path": folder}},
        )  # fmt: skip
        client.execute(env=env)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in map(_stored, cell.outputs) if output is not None]
    notebook.metadata.language_info = {"name": "python"}
    return notebook


def _stored(output: nbformat.NotebookNode) -> nbformat.NotebookNode | None:
    """The output without its widget, which is gone with the kernel; None where nothing is left to see."""
    if "data" not in output:
        return output
    output.data.pop(WIDGET, None)
    return output if output.data.get("text/html", "-") else None


def main() -> None:
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        nbformat.write(run(path), path)
        sys.stdout.write(f"{path.name}: run and stored\n")


if __name__ == "__main__":
    main()
