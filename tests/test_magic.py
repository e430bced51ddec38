"""The magics, in a real kernel: the cell runs as it is, its report beneath, and its exception passes."""

import nbformat
import pytest
from nbclient import NotebookClient

from gendiag.errors import BadArgumentError
from gendiag.magic import _bytes, _options
from tests.conftest import ROOT

SETUP = """
%load_ext gendiag
import warnings
warnings.simplefilter("ignore")
import keras, numpy as np
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
def batches(bad=20, number=50):
    for index in range(number):
        yield np.full((8, 4), index / 50, "float32"), np.full(8, 7 if index == bad else 1)
def always_bad():
    yield from batches()
"""
CELLS = {
    "setup": SETUP,
    "fails": "%%gendiag --keep 64MB\nmodel.fit(batches(), verbose=0)",
    "goes on": "%%gendiag --keep-going\nmodel.fit(batches(), verbose=0)",
    "trains": "%%gendiag --level full\nhistory = model.fit(batches(None), verbose=0)\n40 + 2",
    "variable": "sorted(history.history)",
    "no fit": "%%gendiag\n1 / 0",
    "patched": '"fit" in vars(keras.Model)',
    "plain": "model.fit(always_bad(), verbose=0)",
    "after": "%gendiag",
    "argued": "model.fit(batches(bad=10), verbose=0)",
    "after argued": "%gendiag",
}


@pytest.fixture(scope="module")
def outputs(jupyter_env):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS.values()])
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", allow_errors=True)
    client.execute(cwd=str(ROOT), env=jupyter_env)
    return {name: cell.outputs for name, cell in zip(CELLS, notebook.cells, strict=True)}


def shown(outputs):
    return [o.data.get("text/plain", "") for o in outputs if o.output_type in {"display_data", "execute_result"}]


def raised(outputs):
    return [o.ename for o in outputs if o.output_type == "error"]


pytestmark = pytest.mark.slow


def test_a_failing_cell_shows_its_report_and_raises_once(outputs):
    assert raised(outputs["fails"]) == ["InvalidArgumentError"]
    assert "raises at batch 20" in shown(outputs["fails"])[-1]


def test_with_keep_going_the_notebook_goes_on(outputs):
    assert outputs["goes on"][-1].output_type == "display_data"
    assert "raises at batch 20" in shown(outputs["goes on"])[-1]


def test_the_cell_is_run_as_it_is(outputs):
    assert "42" in shown(outputs["trains"])
    assert "trains" in shown(outputs["trains"])[-1]
    assert shown(outputs["variable"]) == ["['loss']"]


def test_a_cell_without_a_fit_raises_what_it_raises(outputs):
    assert raised(outputs["no fit"]) == ["ZeroDivisionError"]
    assert shown(outputs["patched"]) == ["False"]


def test_a_fit_that_failed_without_it_is_diagnosed_from_the_traceback(outputs):
    assert "raises at batch 20" in shown(outputs["after"])[-1]
    assert "made anew by always_bad()" in outputs["after"][0].text


def test_a_generator_that_cannot_be_made_anew_alike_is_not_diagnosed_as_another(outputs):
    assert not any("raises at batch 20" in text for text in shown(outputs["after argued"]))
    assert "its function takes arguments" in str(outputs["after argued"])


@pytest.mark.parametrize(("text", "size"), [("512MB", 512 * 2**20), ("1GiB", 2**30), ("2k", 2048), ("100", 100)])
def test_sizes_are_read(text, size):
    assert _bytes(text) == size


def test_options_that_are_not_known_are_refused_with_what_to_type():
    with pytest.raises(BadArgumentError, match="%%gendiag"):
        _options("--fast")
    with pytest.raises(BadArgumentError, match="512MB"):
        _bytes("many")
