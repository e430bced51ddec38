"""`import gendiag` is light, and its front door has exactly the names agreed on."""

import subprocess
import sys
from pathlib import Path

import pytest

import gendiag

ROOT = Path(__file__).parents[1]
HEAVY = {"tensorflow", "keras", "matplotlib", "ipywidgets", "IPython"}
PUBLIC = {
    *("diagnose", "profile", "watch", "explain", "rules"),
    *("Report", "Profile", "Finding", "Trial", "Repair"),
    *("GendiagError", "load_ipython_extension", "__version__"),
}
TO_COME: set[str] = set()


def heavy_after(code: str) -> set[str]:
    """Heavy packages that this code loads; in a fresh process, since pytest has loaded some of its own."""
    code += "\nimport sys\nprint(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return HEAVY & set(done.stdout.split())


def test_importing_gendiag_loads_nothing_heavy():
    assert heavy_after("import gendiag") == set()


@pytest.mark.parametrize("package", ["matplotlib", "ipywidgets"])
def test_the_check_for_heavy_imports_can_fail(package):
    assert package in heavy_after(f"import gendiag, {package}")


def test_no_name_is_public_that_was_not_agreed_on():
    assert set(gendiag.__all__) <= PUBLIC


def test_the_agreed_names_are_public():
    assert set(gendiag.__all__) >= PUBLIC - TO_COME


@pytest.mark.parametrize("name", sorted(PUBLIC - TO_COME))
def test_a_public_name_can_be_had(name):
    assert getattr(gendiag, name) is not None


def test_the_rules_are_offered_to_whoever_completes_their_name():
    assert "RULES" in dir(gendiag.rules)
