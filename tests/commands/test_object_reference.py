"""What ``module:name`` and ``path/to/file.py:name`` stand for, and what is said where they stand for nothing."""

import sys

import pytest

from gendiag.commands.object_reference import named, split
from gendiag.errors import BadArgumentError

CODE = """\
import functools
from collections import OrderedDict

import {beside}

RUNS.append(__name__)


def make_batches():
    yield {beside}.ROWS


class Loader:
    @staticmethod
    def batches():
        yield 1
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with ``train_it.py``, which imports ``beside_it.py``, and ``sub/data_it.py``; forgotten afterwards."""
    before = set(sys.modules)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    monkeypatch.chdir(tmp_path)
    runs = []
    monkeypatch.setattr("builtins.RUNS", runs, raising=False)
    (tmp_path / "sub").mkdir()
    (tmp_path / "beside_it.py").write_text("ROWS = 3\n")
    (tmp_path / "train_it.py").write_text(CODE.format(beside="beside_it"))
    (tmp_path / "sub" / "beside_that.py").write_text("ROWS = 4\n")
    (tmp_path / "sub" / "data_it.py").write_text(CODE.format(beside="beside_that"))
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("reference", "rows"),
    [("train_it:make_batches", 3), ("train_it.py:make_batches", 3), ("sub/data_it.py:make_batches", 4)],
)
def test_a_function_stays_a_function_and_imports_what_is_beside_it(reference, rows):
    made = named(reference)
    assert made.__name__ == "make_batches"
    assert next(made()) == rows


@pytest.mark.usefixtures("project")
def test_an_attribute_may_be_dotted():
    assert next(named("train_it:Loader.batches")()) == 1


def test_a_path_may_be_absolute_and_have_a_colon(project):
    folder = project / "a:b"
    folder.mkdir()
    (folder / "other_it.py").write_text("x = 5\n")
    assert named(f"{folder}/other_it.py:x") == 5


@pytest.mark.usefixtures("project")
def test_a_module_is_run_once_however_it_is_given():
    assert named("train_it:make_batches") is named("./train_it.py:make_batches")
    assert named("sub/data_it.py:Loader") is named("data_it:Loader")
    assert RUNS == ["train_it", "data_it"]  # noqa: F821  (a builtin of the fixture)


def test_a_file_with_the_name_of_another_module_does_not_take_its_place(project):
    (project / "random.py").write_text("x = 6\n")
    import random

    assert named("random.py:x") == named("random.py:x") == 6
    assert sys.modules["random"] is random


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("train_it", "Type for example train_it:make_batches"),
        ("train_it.py", "Type for example train_it.py:make_batches"),
        ("train_it:", "Type for example train_it:make_batches"),
        ("train_it.make_batches", "Did you mean 'train_it:make_batches'?"),
        ("train_it:make_batches()", "must be module:name"),
        (":", "must be module:name"),
        ("", "must be module:name"),
    ],
)
def test_what_is_no_reference_is_refused_with_an_example(reference, told):
    with pytest.raises(BadArgumentError, match="names no object") as caught:
        split(reference)
    assert told in str(caught.value)


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("no_such_it:x", ["there is no module 'no_such_it'", "nor installed", "path/to/no_such_it.py:name"]),
        ("sub.no_such_it:x", ["there is no module 'sub.no_such_it'"]),
        ("no_such_it.py:x", ["there is no file 'no_such_it.py'"]),
        ("sub/:x", ["there is no file 'sub'"]),
        ("train_it:make_batch", ["the module train_it has no 'make_batch'. Did you mean 'make_batches'?"]),
        ("train_it:zzz", ["It has: make_batches, Loader."]),
        ("train_it:Loader.zzz", ["Loader has no 'zzz'. It has: batches."]),
        ("beside_it:ROWS.zzz", ["int has no 'zzz'"]),
    ],
)
def test_what_is_not_there_is_said_with_what_is(reference, told):
    with pytest.raises(BadArgumentError) as caught:
        named(reference)
    assert all(part in str(caught.value) for part in told), str(caught.value)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (
            "def load():\n    raise OSError('disk gone')\nload()\n",
            ["OSError: disk gone", "line 2, in load"],
        ),
        ("import no_such_that\n", ["ModuleNotFoundError: No module named 'no_such_that'", "line 1, in <module>"]),
        ("import json\njson.loads('{')\n", ["JSONDecodeError", "line 2, in <module>", "json.loads('{')"]),
        ("x = (\n", ["SyntaxError", "line 1"]),
        ("import sys\nsys.exit(3)\n", ["SystemExit: 3", "line 2", '`if __name__ == "__main__":`']),
        ("from . import y\n", ["relative import", "package.module:name"]),
        ("class Odd(Exception):\n    def __str__(self): raise ValueError\nraise Odd\n", ["Odd", "line 3"]),
    ],
)
@pytest.mark.parametrize("form", ["{}:x", "{}.py:x"])
def test_a_module_that_raises_shows_the_last_line_of_its_own(project, code, told, form):
    (project / "broken_it.py").write_text(code)
    for _ in range(2):  # not half imported the second time
        with pytest.raises(BadArgumentError, match=r"broken_it(\.py)? cannot be imported") as caught:
            named(form.format("broken_it"))
        shown = str(caught.value)
        assert all(part in shown for part in told), shown
        assert "gendiag" not in shown


def test_an_installed_module_that_raises_shows_its_last_line_too(project, monkeypatch):
    folder = project / "site-packages"
    folder.mkdir()
    (folder / "installed_it.py").write_text("raise OSError('disk gone')\n")
    monkeypatch.syspath_prepend(folder)
    with pytest.raises(BadArgumentError, match=r'installed_it.py", line 1, in <module>'):
        named("installed_it:x")
