"""``python -m gendiag check``: what it is given reaches ``diagnose``, and what is found its exit code."""

import argparse
import inspect
import io
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import keras
import pytest

from gendiag import report
from gendiag.commands import check as module
from gendiag.commands.check import check, is_found
from gendiag.commands.check_arguments import FIT, LIMITS, add_check
from gendiag.diagnosis import model_run, trials
from gendiag.errors import BadSourceError
from tests.support.diagnoses import finding, plain

ROOT = Path(__file__).parents[2]
CODE = """\
import numpy as np


def sound():
    x = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
    try:
        for start in range(0, 40, 8):
            print("printed by the source")
            yield x[start : start + 8], x[start : start + 8, :1] * 2
    finally:
        print("printed when closed")


def cast():
    for index, (x, y) in enumerate(sound()):
        yield x, y if index > 2 else y.astype("int64")


def slow():
    import time

    for index in range(10000):
        x = np.random.default_rng(index).normal(size=(8, 3)).astype("float32")
        yield x, x[:, :1] * 2
        open("begun.txt", "w").close() if index == 10 else time.sleep(0.02)


def stuck():
    yield from sound()
    while True:
        pass


def arrays():
    x = np.random.default_rng(1).normal(size=(8, 3)).astype("float32")
    return x, x[:, :1] * 2


def make_model():
    import keras

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def labels():
    for index, (x, y) in enumerate(sound()):
        yield x, (y[:, 0] * 0 + (7 if index == 2 else index % 3)).astype("int64")


def make_classifier():
    import keras

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def no_return():
    pass


def wanting(folder, size=3):
    yield folder


def raising():
    raise FileNotFoundError("no such file\\x1b[2J")


nothing = None
"""


PRINTING = """
import atexit
import os

print("printed when imported")
os.system("echo printed by a child")
atexit.register(print, "printed at exit")
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The current folder, with ``checked_it.py``."""
    (tmp_path / "checked_it.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    sys.modules.pop("checked_it", None)


def parsed(*arguments):
    parser = argparse.ArgumentParser(prog="python -m gendiag")
    add_check(parser.add_subparsers())
    return parser.parse_args(["check", *arguments])


def run(*arguments):
    out = io.StringIO()
    return check(parsed(*arguments), out), out.getvalue()


def fresh(folder, *arguments, **options):
    env = {**os.environ, "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, "-m", "gendiag", "check", *arguments]
    return subprocess.Popen(
        command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


@pytest.fixture
def asked(monkeypatch):
    """What ``diagnose`` is called with; it gives a report without findings."""
    calls = []

    def diagnose(source, model=None, **options):
        calls.append((source, model, options))
        return SimpleNamespace(diagnosis=plain(3))

    monkeypatch.setattr(report, "diagnose", diagnose)
    return calls


# ---------------------------------------------------------------------- what it is given
@pytest.mark.usefixtures("project")
def test_every_option_reaches_diagnose_by_its_own_name(asked):
    arguments = [part for name in (*FIT, *LIMITS) for part in (f"--{name.replace('_', '-')}", "1")]
    code, _ = run("checked_it:sound", *arguments, "--no-shuffle", "--validation-data", "checked_it:cast")
    source, model, options = asked[0]
    assert code == 0
    assert (source.__name__, model) == ("sound", None)
    assert options.pop("validation_data").__name__ == "cast"
    assert options == {**dict.fromkeys((*FIT, *LIMITS), 1), "shuffle": False, "progress": False}


@pytest.mark.usefixtures("project")
def test_what_is_not_given_is_left_to_fit_and_to_diagnose(asked):
    run("checked_it:sound")
    assert asked[0][2] == {"progress": False}


def test_the_names_are_those_of_fit_and_of_diagnose():
    fit = inspect.signature(keras.Model.fit).parameters
    assert set(FIT) | {"shuffle", "validation_data"} <= set(fit)
    own = {
        name: p.default for name, p in inspect.signature(report.diagnose).parameters.items() if p.kind is p.KEYWORD_ONLY
    }
    assert set(LIMITS) == set(own) - {"progress"}
    told = {name: text.rpartition("default: ")[2] for name, (_, text) in LIMITS.items()}
    assert told["max_batches"] == f"{own['max_batches']})"
    assert told["budget_s"].startswith(f"{own['budget_s']:.0f})")
    assert told["quiet_s"] == f"{own['quiet_s']:.0f})"
    assert told["keep_bytes"] == f"{own['keep_bytes'] // 2**20} MiB)"


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_shown_in_a_terminal_only(asked, monkeypatch, terminal):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    run("checked_it:sound")
    assert asked[0][2]["progress"] is terminal


@pytest.mark.usefixtures("project")
def test_a_model_may_be_made_and_a_model_that_is_there_is_not_called(asked):
    assert run("checked_it:sound", "--model", "checked_it:make_model")[0] == 0
    made = sys.modules["checked_it"].model = asked[0][1]
    assert isinstance(made, keras.Model)
    assert run("checked_it:sound", "--model", "checked_it:model")[0] == 0
    assert asked[1][1] is made


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "required: SOURCE"),
        (["checked_it"], "module:name"),
        (["checked_it:sound", "--epochs", "many"], "--epochs: invalid int value: 'many'"),
        (["checked_it:sound", "--budget", "inf"], "inf: it must be above 0, and finite"),
        (["checked_it:sound", "--quiet-s", "nan"], "nan: it must be above 0, and finite"),
        (["checked_it:sound", "--max-batches", "0"], "0: it must be above 0"),
        (["checked_it:sound", "--fail-on", "never"], "invalid choice: 'never'"),
        (["checked_it:sound", "--model", "model"], "module:name"),
        (["checked_it:sound", "--step", "3"], "unrecognized arguments: --step 3"),
    ],
)
def test_what_it_does_not_understand_is_refused_with_the_usage(arguments, told, capsys):
    with pytest.raises(SystemExit) as caught:
        parsed(*arguments)
    assert caught.value.code == 2
    assert told in capsys.readouterr().err


# ---------------------------------------------------------------------- what it gives
@pytest.mark.parametrize(
    ("severity", "codes"),
    [("error", (True, True, True)), ("warning", (False, True, True)), ("note", (False, False, True))],
)
def test_a_finding_counts_from_its_level_on(severity, codes):
    diagnosis = plain(3, finding(1, severity=severity))
    assert tuple(is_found(diagnosis, level) for level in ("error", "warning", "note")) == codes


@pytest.mark.parametrize("verdict", ["raises", "never ends"])
def test_a_fit_that_does_not_come_through_always_counts(verdict):
    assert is_found(replace(plain(3), verdict=verdict), "error")


def test_a_warning_counts_unless_something_else_is_asked_for():
    assert parsed("a:b").fail_on == "warning"


@pytest.mark.usefixtures("project")
def test_it_prints_the_report_and_tells_by_its_code_whether_something_was_found(capsys):
    code, shown = run("checked_it:cast", "--model", "checked_it:make_model")
    assert code == 1
    assert "[silent-cast]" in shown
    assert "generator made by cast · sequential" in shown
    assert run("checked_it:cast", "--fail-on", "error")[0] == 0
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.usefixtures("project")
def test_validation_data_may_be_a_function_that_makes_arrays():
    code, shown = run("checked_it:sound", "--validation-data", "checked_it:arrays", "--json")
    assert code == 0
    assert json.loads(shown)["rehearsal"]["validation_steps"] == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["no_such_it:x"], ["there is no module 'no_such_it'"]),
        (["checked_it:soun"], ["Did you mean 'sound'?"]),
        (["checked_it:nothing"], ["checked_it:nothing is None", "Name a function"]),
        (["checked_it:wanting"], ["it wants folder", "def checked(): return wanting(folder)", "checked_it:checked"]),
        (["checked_it:sound", "--model", "checked_it:no_return"], ["gives a NoneType", "lack a `return`"]),
        (["checked_it:sound", "--model", "checked_it:sound"], ["gives a generator, no keras.Model"]),
        (["checked_it:sound", "--model", "checked_it:nothing"], ["checked_it:nothing is None"]),
        (
            ["checked_it:sound", "--model", "checked_it:raising"],
            ["checked_it:raising raised: FileNotFound", "in raising"],
        ),
        (
            ["checked_it:raising"],
            ["your code raised", "FileNotFoundError", "in raising", "    raise FileNotFoundError("],
        ),
        (["checked_it:sound", "--validation-data", "checked_it:raising"], ["your code raised", "in raising"]),
        (["checked_it:no_return"], ["cannot diagnose a NoneType", "lack a `return`"]),
    ],
)
@pytest.mark.usefixtures("project")
def test_a_mistake_is_said_without_a_traceback_of_ours(arguments, told, capsys):
    code, shown = run(*arguments)
    said = capsys.readouterr().err
    assert (code, shown) == (2, "")
    assert all(part in said for part in told), said
    assert "Traceback" not in said
    assert "gendiag/" not in said
    assert "\x1b" not in said


@pytest.mark.usefixtures("project")
def test_a_bug_of_ours_is_no_finding(monkeypatch, capsys):
    monkeypatch.setattr(report, "diagnose", lambda *_, **__: {}["bug"])
    monkeypatch.setattr(module, "users_place", lambda _: None)  # else this very line would be the user's
    assert run("checked_it:sound") == (2, "")
    said = capsys.readouterr().err
    assert "bug of gendiag" in said
    assert "KeyError: 'bug'" in said


@pytest.mark.usefixtures("project")
def test_an_error_raised_on_purpose_is_said_as_it_is(monkeypatch, capsys):
    def refuse(*_, **__):
        raise BadSourceError("no such thing")  # noqa: EM101, TRY003  (a test's)

    monkeypatch.setattr(report, "diagnose", refuse)
    assert run("checked_it:sound") == (2, "")
    assert capsys.readouterr().err.endswith("python -m gendiag check: no such thing\n")


# ---------------------------------------------------------------------- Ctrl-C
@pytest.fixture
def interruptible():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("project", "interruptible")
def test_stopped_before_there_is_a_report(monkeypatch, capsys):
    monkeypatch.setattr(report, "diagnose", lambda *_, **__: signal.raise_signal(signal.SIGINT))
    assert run("checked_it:sound") == (130, "")
    assert "stopped before" in capsys.readouterr().err


@pytest.mark.usefixtures("project", "interruptible")
def test_stopped_behind_the_rehearsal_there_is_a_report_and_still_its_own_code(asked, monkeypatch):
    whole = report.diagnose

    def stopped(*arguments, **options):
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        return whole(*arguments, **options)

    monkeypatch.setattr(report, "diagnose", stopped)
    code, shown = run("checked_it:sound", "--json")
    assert code == 130
    assert json.loads(shown)["verdict"] == "trains"
    assert len(asked) == 1


@pytest.mark.parametrize(("room", "stage"), [(model_run, "through_fit"), (trials, "try_batch"), (trials, "shrink")])
@pytest.mark.usefixtures("project", "interruptible")
def test_stopped_between_two_stages_there_is_what_is_known_by_then(monkeypatch, capsys, room, stage):
    monkeypatch.setattr(room, stage, lambda *_, **__: signal.raise_signal(signal.SIGINT))
    code, shown = run("checked_it:labels", "--model", "checked_it:make_classifier")
    assert code == 130
    assert shown.startswith("▲ model not tried\n  So far: " if stage == "through_fit" else "✖ raises at batch 2\n")
    assert "constant-labels" in shown
    assert "Stopped while the model was tried" in shown
    assert ("Trial of batch 2" in shown) == (stage == "shrink")
    assert "Traceback" not in capsys.readouterr().err


# ---------------------------------------------------------------------- in processes of their own
@pytest.mark.proof
def test_a_sound_source_exits_with_0_and_stdout_is_the_object_alone(project):
    (project / "checked_it.py").write_text(CODE + PRINTING)
    done = fresh(project, "checked_it:sound", "--model", "checked_it:make_model", "--json")
    shown, said = done.communicate(timeout=120)
    assert done.returncode == 0, said
    assert json.loads(shown)["verdict"] == "trains"
    for printed in ("when imported", "by a child", "by the source", "when closed", "at exit"):
        assert f"printed {printed}" in said
    assert "rehearsing" not in said


@pytest.mark.proof
def test_a_finding_exits_with_1_and_the_text_is_on_stdout(project):
    done = fresh(project, "./checked_it.py:sound", "--epochs", "3")
    shown, said = done.communicate(timeout=120)
    assert done.returncode == 1, said
    assert shown.startswith("▲ trains on altered data\n")
    assert "[exhausted]" in shown
    assert "printed" not in shown


@pytest.mark.proof
@pytest.mark.parametrize("arguments", [["--epochs", "x"], ["checked_it:no_such_name"], ["checked_it:no_return"]])
def test_without_a_diagnosis_it_exits_with_2_and_stdout_is_empty(project, arguments):
    done = fresh(project, *arguments)
    shown, said = done.communicate(timeout=120)
    assert (done.returncode, shown) == (2, "")
    assert "python -m gendiag check: " in said
    assert "Traceback" not in said


@pytest.mark.proof
def test_a_module_that_reads_the_command_line_sees_none_of_our_options(project):
    (project / "reading_it.py").write_text("import sys\nassert sys.argv[1:] == [], sys.argv\n")
    done = fresh(project, "reading_it:x")
    _, said = done.communicate(timeout=120)
    assert "has no 'x'" in said


@pytest.mark.proof
def test_ctrl_c_gives_the_report_of_what_was_rehearsed_and_exits_with_130(project):
    heeding = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.default_int_handler)}
    done = fresh(project, "checked_it:slow", "--json", "--max-batches", "10000", **heeding)
    until = time.monotonic() + 90
    while not (project / "begun.txt").exists() and time.monotonic() < until:
        time.sleep(0.1)
    done.send_signal(signal.SIGINT)
    shown, said = done.communicate(timeout=120)
    assert done.returncode == 130, said
    made = json.loads(shown)
    assert made["rehearsal"]["ended"] == "stopped"
    assert made["rehearsal"]["steps"] >= 5
    assert any("where it was stopped" in note for note in [*made["notes"], made["headline"]])


@pytest.mark.proof
def test_a_source_that_never_answers_does_not_hold_the_process_up(project):
    done = fresh(project, "checked_it:stuck", "--quiet-s", "3")
    shown, said = done.communicate(timeout=120)
    assert done.returncode == 1, said
    assert "never ends" in shown
