"""The commands, in a process of their own."""

import os
import subprocess
import sys

import pytest

from gendiag.__main__ import main


@pytest.mark.proof
def test_the_demo_prints_three_reports_and_writes_one_page(tmp_path):
    out = tmp_path / "demo.html"
    command = [sys.executable, "-m", "gendiag", "demo", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))
    assert done.stdout.count("=== ") == 3
    assert "✔ trains" in done.stdout
    assert "▲ trains on altered data" in done.stdout
    assert "[exhausted]" in done.stdout
    assert out.read_text(encoding="utf-8").count("gd-headline") >= 3


def test_the_lab_needs_the_notebook(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("gendiag.__main__.__file__", str(tmp_path / "gendiag" / "__main__.py"))
    assert main(["lab"]) == 1
    assert "checkout" in capsys.readouterr().err


def test_the_lab_opens_the_first_notebook_and_takes_options_of_jupyterlab(monkeypatch):
    ran = []
    monkeypatch.setattr(
        subprocess, "run", lambda command, **_: ran.append(command) or subprocess.CompletedProcess([], 0)
    )
    assert main(["lab", "--no-browser", "--port", "8901"]) == 0
    assert ran[0][1:3] == ["-m", "jupyterlab"]
    assert ran[0][3].endswith("01_first_look.ipynb")
    assert ran[0][4:] == ["--no-browser", "--port", "8901"]


@pytest.mark.parametrize("arguments", [[], ["demo", "--nonsense"], ["nonsense"]])
def test_a_command_that_is_not_known_is_refused(arguments):
    with pytest.raises(SystemExit):
        main(arguments)
