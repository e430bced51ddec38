"""What the page may tell the kernel, and what it may not."""

import re
from importlib.resources import files

import pytest

from gendiag.views.bridge import Bridge

SCRIPT = files("gendiag.views").joinpath("bridge.js").read_text(encoding="utf-8")


@pytest.fixture
def heard():
    return []


@pytest.fixture
def bridge(heard):
    return Bridge(
        {31: "batch 31 · 10 rows"},
        {"next": lambda: heard.append("next"), "first": lambda: heard.append("first")},
        heard.append,
        lambda across, down: heard.append((across, down)),
    )


def send(bridge, message):
    """As a message of the page arrives."""
    bridge._handle_custom_msg(message, [])


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ({"action": "next"}, ["next"]),
        ({"action": "first"}, ["first"]),
        ({"batch": 31}, [31]),
        ({"place": [0.25, 0]}, [(0.25, 0.0)]),
    ],
)
def test_what_is_expected_is_done(bridge, heard, message, told):
    send(bridge, message)
    assert heard == told


@pytest.mark.parametrize(
    "message",
    [
        {}, {"action": "delete"}, {"action": "__init__"}, {"action": ["next"]}, {"action": None}, {"other": 1},
        {"batch": "31"}, {"batch": 3.5}, {"batch": True}, {"batch": None}, {"batch": [31]}, {"batch": float("nan")},
        {"place": []}, {"place": [0.5]}, {"place": [0.1, 0.2, 0.3]}, {"place": "ab"}, {"place": ["a", "b"]},
        {"place": [float("nan"), 0.5]}, {"place": [0.5, float("inf")]}, {"place": [-1, 0.5]}, {"place": {"0": 1}},
        [], ["action"], "next", 3, None,
    ],
)  # fmt: skip
def test_what_is_unknown_or_malformed_does_nothing(bridge, heard, message):
    bridge._heard(bridge, message, [])
    assert heard == []


def test_the_script_is_served_as_text_with_the_marks(bridge):
    state = bridge.get_state()
    assert state["_esm"] == SCRIPT
    assert state["marks"] == {"31": "batch 31 · 10 rows"}
    assert {"gd-cursor", "gd-brush"} <= set(state["handles"])


def test_the_script_makes_no_markup_runs_no_text_and_fetches_nothing():
    forbidden = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "import(")
    for part in (*forbidden, "fetch(", "XMLHttpRequest", "http:", "https:"):
        assert part not in SCRIPT
    assert not re.search(r"""\bon(click|key\w*|focus\w*|load|error|toggle)\s*=\s*["'`]""", SCRIPT), "an inline handler"
    assert not re.search(r"setAttribute\(\s*['\"`]on", SCRIPT)


def test_each_action_of_the_script_is_one_of_the_dashboard(silent_cast):
    from gendiag.views.dashboard import Dashboard

    table = re.findall(r"const (?:STEPS|ARROWS) = \{(.*?)\};", SCRIPT)
    named = {action for row in table for action in re.findall(r": '([^']+)'", row)}
    assert named == set(Dashboard(silent_cast).bridge._actions)
    assert len(named) == 6
