"""What the scaffold begins can be imported and is listed; what it cannot begin, it refuses and says what to type."""

import shutil
import subprocess
import sys

import pytest

from tests import scaffold

ASKED = """
from gendiag.rules.registry import BY_NAME, RULES
from gendiag.sources import KINDS
from gendiag.views import class_chart

assert RULES[-1] is BY_NAME["too-quiet"] and RULES[-1].family == "values"
assert [kind.__name__ for kind in KINDS][-2:] == ["GrainLoaderSource", "ForeignSource"]
assert class_chart.to_html and class_chart.to_text
"""


@pytest.fixture
def package(tmp_path):
    copy = tmp_path / "gendiag"
    shutil.copytree(scaffold.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def test_what_is_begun_is_listed_and_can_be_imported_and_is_well_formed(package):
    for words in ("rule values too-quiet", "source grain-loader", "view class-chart"):
        scaffold.main(words.split(), package)
    subprocess.run([sys.executable, "-c", ASKED], cwd=package.parent, check=True)
    pytest.importorskip("ruff")
    config = scaffold.PACKAGE.with_name("pyproject.toml")
    for command in (["check"], ["format", "--check"]):
        subprocess.run([sys.executable, "-m", "ruff", *command, "--config", config], cwd=package.parent, check=True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("rule values nan-inf", "gendiag/rules/values/nan_inf.py exists: type another name, or edit that file"),
        ("view recording", "gendiag/rehearsal/recording.py exists"),
        ("rule nowhere too-quiet", "there is no family 'nowhere': type one of structure, shapes"),
        ("source GrainLoader", "'GrainLoader' is not in kebab case: type small letters and hyphens"),
    ],
)
def test_what_cannot_be_begun_is_refused(package, capsys, words, said):
    before = sorted(package.rglob("*.py"))
    with pytest.raises(SystemExit):
        scaffold.main(words.split(), package)
    assert said in capsys.readouterr().err
    assert sorted(package.rglob("*.py")) == before
