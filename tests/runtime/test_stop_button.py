"""The Stop button of a busy cell: which kernel it interrupts, and what stands there without widgets."""

import sys
from types import SimpleNamespace

import pytest

from gendiag.runtime.cell_output import CellOutput
from gendiag.runtime.stop_button import HINT, StopButton, kernel_id, stop_button


def test_the_kernel_is_named_as_the_server_knows_it(monkeypatch):
    module = SimpleNamespace(get_connection_file=lambda: "/run/kernel-ab-12.json")
    monkeypatch.setitem(sys.modules, "ipykernel.connect", module)
    assert kernel_id() == "ab-12"


def test_without_a_kernel_there_is_no_name_for_it(monkeypatch):
    def connection_file():
        message = "no kernel here"
        raise RuntimeError(message)

    monkeypatch.setitem(sys.modules, "ipykernel.connect", SimpleNamespace(get_connection_file=connection_file))
    assert kernel_id() == ""
    monkeypatch.delitem(sys.modules, "ipykernel.connect")
    assert kernel_id() == ""


def test_where_widgets_are_not_shown_it_says_what_to_do():
    data, _ = StopButton()._repr_mimebundle_()
    assert HINT in data["text/html"]
    assert data["text/plain"] == HINT


def test_its_script_writes_no_markup_and_reaches_no_other_server():
    script = StopButton()._esm
    assert "innerHTML" not in script
    assert "://" not in script


@pytest.fixture
def shown(monkeypatch):
    places = []

    def display(content, *, display_id):
        assert display_id
        places.append([content])
        return SimpleNamespace(update=places[-1].append)

    monkeypatch.setattr("IPython.display.display", display)
    return places


def test_it_is_told_of_a_stop_that_came_from_elsewhere_and_is_closed_with_its_place(shown, monkeypatch):
    closed = []
    monkeypatch.setattr(StopButton, "close", lambda _self: closed.append(1))
    place = CellOutput()
    say = stop_button(place)
    say("Stopping")
    ((button,),) = shown
    assert button.said == "Stopping"
    place.clear()
    assert shown[0][-1].data == ""
    assert closed == [1]
