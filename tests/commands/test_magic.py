"""The magics, in a real kernel: the cell runs as it is, its report beneath, and its exception passes."""

import os
import re
import signal
import sys
import threading

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from gendiag.commands.magic import NOT_REACHED, _bytes, _options, after_failure, run_cell
from gendiag.errors import BadArgumentError, NothingRecordedError
from tests.conftest import ROOT
from tests.support.flights import ROWS, At, classifier, finite

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
    "stored": 'sum("history = model.fit" in cell for cell in In)',
    "no fit": "%%gendiag\n1 / 0",
    "no call": "%%gendiag\nanswer = 40 + 2\nanswer",
    "no size": "%%gendiag --keep lots\nmodel.fit(batches(), verbose=0)",
    "no Python": "%%gendiag\nmodel.fit(",
    "traced": "model.no_such_method()",
    "patched": '"fit" in vars(keras.Model)',
    "plain": "model.fit(always_bad(), verbose=0)",
    "after": "%gendiag",
    "argued": "model.fit(batches(bad=10), verbose=0)",
    "after argued": "%gendiag",
}


@pytest.fixture(scope="module")
def outputs(jupyter_env):
    import nbformat  # late: what it loads takes seconds in every process that collects the tests
    from nbclient import NotebookClient

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS.values()])
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", allow_errors=True)
    client.execute(cwd=str(ROOT), env=jupyter_env)
    outputs = Outputs((name, cell.outputs) for name, cell in zip(CELLS, notebook.cells, strict=True))
    outputs.counts = [cell.execution_count for cell in notebook.cells]
    return outputs


class Outputs(dict):
    """The outputs of each cell by name, and how the cells were counted."""

    counts: list[int]


def shown(outputs):
    return [o.data.get("text/plain", "") for o in outputs if o.output_type in {"display_data", "execute_result"}]


def plain_text(told):
    return re.sub(r"\x1b\[[0-9;]*m", "", told)


def raised(outputs):
    return [o.ename for o in outputs if o.output_type == "error"]


pytestmark = pytest.mark.filterwarnings("ignore:.*:UserWarning")


@pytest.mark.proof
def test_a_failing_cell_shows_its_report_and_raises_once(outputs):
    assert raised(outputs["fails"]) == ["InvalidArgumentError"]
    assert "raises at batch 20" in shown(outputs["fails"])[-1]


@pytest.mark.proof
def test_with_keep_going_the_notebook_goes_on(outputs):
    assert outputs["goes on"][-1].output_type == "display_data"
    assert "raises at batch 20" in shown(outputs["goes on"])[-1]


@pytest.mark.proof
def test_the_cell_is_run_as_it_is(outputs):
    assert "42" in shown(outputs["trains"])
    assert "trains" in shown(outputs["trains"])[-1]
    assert shown(outputs["variable"]) == ["['loss']"]


@pytest.mark.proof
def test_a_cell_without_a_fit_raises_what_it_raises(outputs):
    assert raised(outputs["no fit"]) == ["ZeroDivisionError"]
    assert shown(outputs["patched"]) == ["False"]


@pytest.mark.proof
def test_a_cell_without_a_fit_says_that_nothing_was_recorded(outputs):
    assert "42" in shown(outputs["no call"])
    said = "".join(output.text for output in outputs["no call"] if output.output_type == "stream")
    assert "no call of fit, evaluate or predict was reached in this cell" in said


@pytest.mark.proof
def test_a_cell_that_fails_before_fit_shows_its_own_lines_alone_and_then_that_fit_was_not_reached(outputs):
    (error,) = [output for output in outputs["no fit"] if output.output_type == "error"]
    told = "\n".join(error.traceback)
    assert "1 / 0" in plain_text(told)
    assert "gendiag/" not in told
    assert "run_cell" not in told
    assert error.traceback[-1] == NOT_REACHED
    assert not any(output.output_type == "stream" for output in outputs["no fit"])


@pytest.mark.proof
def test_what_fit_raises_is_shown_without_the_frames_of_the_recorder(outputs):
    (error,) = [output for output in outputs["fails"] if output.output_type == "error"]
    told = plain_text("\n".join(error.traceback))
    assert "model.fit(batches(), verbose=0)" in told
    assert re.search(r"^File \S*keras", told, re.MULTILINE), "what a frame looks like"
    assert not re.search(r"^File \S*gendiag/", told, re.MULTILINE), "TensorFlow's own text may name them"


@pytest.mark.proof
def test_an_option_that_is_none_is_refused_in_one_line(outputs):
    (error,) = [output for output in outputs["no size"] if output.output_type == "error"]
    assert error.traceback == ["BadArgumentError: --keep lots: that is no size. Type --keep 512MB, for example."]


@pytest.mark.proof
def test_a_cell_that_is_no_python_raises_once_and_tracebacks_are_shown_again(outputs):
    assert raised(outputs["no Python"]) in (["SyntaxError"], ["_IncompleteInputError"])
    assert raised(outputs["traced"]) == ["AttributeError"]
    (error,) = [output for output in outputs["no Python"] if output.output_type == "error"]
    told = plain_text("\n".join(error.traceback))
    assert "model.fit(" in told
    assert "magic" not in told


@pytest.mark.proof
def test_a_recorded_cell_counts_as_one(outputs):
    assert outputs.counts == list(range(1, len(CELLS) + 1))
    assert shown(outputs["stored"]) == ["2"]  # itself, and the cell that it looks for


@pytest.mark.proof
def test_the_button_and_the_progress_are_gone_when_the_cell_is_done(outputs):
    for name in ("fails", "goes on", "trains"):
        first = [output.data.get("text/html") for output in outputs[name] if output.output_type == "display_data"]
        assert first[:3] == ["", "", ""], name
        assert len(first) == 4, name


@pytest.mark.proof
def test_a_fit_that_failed_without_it_is_diagnosed_from_the_traceback(outputs):
    assert "raised at batch 20" in shown(outputs["after"])[-1]
    assert "made anew by always_bad()" in outputs["after"][0].text


@pytest.mark.proof
def test_a_generator_that_cannot_be_made_anew_alike_is_not_diagnosed_as_another(outputs):
    assert not any("raises at batch 20" in text for text in shown(outputs["after argued"]))
    assert "its function takes arguments" in str(outputs["after argued"])


# ---------------------------------------------------------------------- without a kernel
@pytest.fixture
def reports(monkeypatch):
    """The reports that are shown beneath cells."""
    shown = []
    monkeypatch.setattr("gendiag.commands.magic._display", shown.append)
    return shown


@pytest.fixture
def cell(reports):
    """Run a cell under the magic in this process, and return the reports shown."""
    shell = InteractiveShell()

    def run(code, options=""):
        shell.user_ns.update(model=classifier(), finite=finite, interrupt=interrupt, At=At)
        run_cell(shell, options, code)
        return reports

    return run


def interrupt(_=None):
    os.kill(os.getpid(), signal.SIGINT)


def test_what_is_asked_for_is_what_is_recorded(cell):
    fit = "model.fit(finite(3), verbose=0)"
    cell(fit)
    light, full = cell(fit, "--keep 3MB --level full")
    assert light.profile.store.keep_bytes == 256 * 2**20
    assert light.diagnosis.rehearsal.deliveries[0].leaves[0].mean is None
    assert full.profile.store.keep_bytes == 3 * 2**20
    assert full.diagnosis.rehearsal.deliveries[0].leaves[0].mean is not None


FIT = "model.fit(finite(50), verbose=0, callbacks=[{}])"


def test_the_first_interrupt_stops_after_the_step_and_the_cell_goes_on(cell):
    before = signal.getsignal(signal.SIGINT)
    (report,) = cell(FIT.format("At('on_train_batch_end', interrupt, 3)") + "\nassert model.stop_training")
    assert signal.getsignal(signal.SIGINT) is before
    assert len(report.deliveries) == 4
    assert "It was stopped." in " ".join(report.diagnosis.notes)


def test_the_second_interrupt_breaks_the_cell_off_and_there_is_a_report(cell, reports):
    with pytest.raises(KeyboardInterrupt):
        cell(FIT.format("At('on_train_batch_end', lambda _: (interrupt(), interrupt()), 3)"))
    assert "It was interrupted" in " ".join(reports[0].diagnosis.notes)


def test_where_no_fit_is_under_way_the_first_interrupt_breaks_the_cell_off(cell, reports):
    with pytest.raises(KeyboardInterrupt):
        cell("interrupt(); import time; time.sleep(10)")
    assert reports == []


def test_where_the_shell_itself_is_broken_off_interrupts_and_tracebacks_are_as_before():
    class Shell:
        def run_cell(self, *_, **__):
            raise KeyboardInterrupt

    shell, before = Shell(), signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run_cell(shell, "", "")
    assert signal.getsignal(signal.SIGINT) is before
    assert vars(shell) == {}


def test_a_cell_in_a_thread_is_recorded_although_no_interrupt_comes_there(cell):
    made = []
    thread = threading.Thread(target=lambda: made.extend(cell("model.fit(finite(3), verbose=0)")))
    thread.start()
    thread.join()
    assert len(made[0].deliveries) == 3


# ---------------------------------------------------------------------- behind a failed cell
def failed(fit, monkeypatch, **names):
    """Diagnose behind a cell in which ``fit`` raised."""
    with pytest.raises(Exception) as caught:  # noqa: PT011  (whatever it is)
        fit()
    monkeypatch.setattr(sys, "last_value", caught.value, raising=False)
    return after_failure(names)


def test_arrays_are_diagnosed_with_their_labels_and_the_arguments_of_fit(monkeypatch, capsys):
    x, y = (np.concatenate(parts) for parts in zip(*finite(6, bad=4), strict=True))
    model = classifier()
    fit = {"batch_size": ROWS, "shuffle": False, "verbose": 0}
    report = failed(lambda: model.fit(x, y, **fit), monkeypatch)
    assert (report.verdict, report.fails_at) == ("raises", 4)
    assert report.findings[0].rule == "labels-out-of-range"
    assert set(report.diagnosis.fit_args) == set(fit)
    assert "its arrays, read again from the start." in capsys.readouterr().out


def test_a_fit_of_one_s_own_is_not_taken_for_that_of_keras(monkeypatch):
    class Other:
        def fit(self):
            message = "not Keras"
            raise ValueError(message)

    with pytest.raises(NothingRecordedError, match="did not come out of model"):
        failed(Other().fit, monkeypatch)


def test_before_any_exception_there_is_nothing_to_diagnose(monkeypatch):
    monkeypatch.delattr(sys, "last_value", raising=False)
    with pytest.raises(NothingRecordedError, match="%%gendiag"):
        after_failure({})


def test_a_generator_that_remembers_is_not_made_anew(monkeypatch, capsys):
    bad = 2

    def remembering():
        yield from finite(6, bad=bad)

    def plain():
        yield from finite(6, bad=2)

    model = classifier()
    for maker, told in [(remembering, "it cannot be made anew"), (plain, "batches made anew by plain()")]:
        report = failed(lambda: model.fit(maker(), verbose=0), monkeypatch, maker=maker)  # noqa: B023  (called at once)
        assert told in capsys.readouterr().out
    assert report.fails_at == 2


@pytest.mark.parametrize(
    ("text", "size"), [("512MB", 512 * 2**20), ("1GiB", 2**30), ("2k", 2048), ("100", 100), ("0.5 GB", 2**29)]
)
def test_sizes_are_read(text, size):
    assert _bytes(text) == _bytes(_options(f"--keep '{text}'").keep) == size


def test_options_that_are_not_known_are_refused_with_what_to_type():
    with pytest.raises(BadArgumentError, match="%%gendiag"):
        _options("--fast")
    for size in ("many", "5KM", "inf"):
        with pytest.raises(BadArgumentError, match=f"--keep {size}: that is no size. Type --keep 512MB"):
            _bytes(size)
