"""What the pages say is so: README's code runs, its table of rules is up to date, examples give what they show."""

import ast
import contextlib
import doctest
import re

import numpy as np
import pytest

import gendiag
from tests.conftest import ROOT
from tests.readme_rules import BETWEEN, table
from tests.support.models import classifier

README = (ROOT / "README.md").read_text("utf-8")
PYTHON = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"(?:gendiag|tests|notebooks|\.ci|\.github|binder)/[\w./-]*\w")
CHECKOUT = pytest.mark.skipif(not (ROOT / ".github").is_dir(), reason="a source distribution has no .github")


def batches(last_label):
    """Six batches of a classifier with two classes; the last label of batch 4 is the given one."""
    random = np.random.default_rng(0)
    for step in range(6):
        y = random.integers(0, 2, 8)
        y[-1] = last_label if step == 4 else 0
        yield random.normal(size=(8, 3)).astype("float32"), y


def make_batches():
    return batches(0)


def make_broken_batches():
    return batches(2)


def run(code, names):
    """Run statement by statement, as a person does: where training dies, the report comes next."""
    for statement in ast.parse(code).body:
        with contextlib.suppress(Exception) if isinstance(statement, ast.With) else contextlib.nullcontext():
            exec(compile(ast.Module([statement], []), "README.md", "exec"), names)  # noqa: S102  (README's own code)


@pytest.mark.proof
def test_readmes_python_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"make_batches": make_broken_batches, "model": classifier()}
    for code in PYTHON.findall(README):
        run(code, names)
    assert names["report"].fails_at == names["flight"].report.fails_at == 4
    assert {path.name for path in tmp_path.iterdir()} == {"bug", "fit.png", "report.html"}


@pytest.mark.parametrize("name", ["diagnose", "profile", "watch", "explain"])
def test_the_example_of_a_public_function_gives_what_it_shows(name):
    names = {"gendiag": gendiag, "np": np, "make_batches": make_batches, "model": classifier()}
    (example,) = doctest.DocTestFinder(recurse=False).find(getattr(gendiag, name), name, module=False, globs=names)
    result = doctest.DocTestRunner().run(example)
    assert result.attempted > 1
    assert result.failed == 0


def test_readmes_table_of_rules_is_what_the_rules_say():
    assert BETWEEN.findall(README) == [table()], "type: python -m tests.readme_rules"


@CHECKOUT
@pytest.mark.parametrize("document", ["README.md", ".github/CONTRIBUTING.md"])
def test_every_file_that_a_page_names_is_there(document):
    named = set(FILE.findall((ROOT / document).read_text("utf-8")))
    assert len(named) > 5
    assert {name for name in named if not (ROOT / name).exists()} == set()


@CHECKOUT
def test_the_workflow_pins_the_oldest_keras_that_nox_does():
    pinned = re.findall(r"\w+==[\d.]+", (ROOT / ".ci/noxfile.py").read_text("utf-8"))
    assert pinned
    assert f"pinned: {' '.join(pinned)}" in (ROOT / ".github/workflows/tests.yml").read_text("utf-8")
