"""A Stop button for a busy cell: it interrupts the kernel through its server.

Messages of widgets wait until the cell is done on many versions of ipykernel; an interrupt does not. Loaded in a
notebook alone: it imports the widgets.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from gendiag.runtime.cell_output import CellOutput

HINT = "Interrupt the kernel to stop."


class StopButton(anywidget.AnyWidget):
    """Says at once that it was pressed; ``said`` is what it says where the stop came from elsewhere."""

    _esm = Path(__file__).with_name("stop_button.js")
    _css = Path(__file__).with_name("stop_button.css")
    kernel = traitlets.Unicode().tag(sync=True)
    said = traitlets.Unicode().tag(sync=True)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Where no widget is shown there is a word in its place."""
        bundle = super()._repr_mimebundle_(**kwargs)
        if not isinstance(bundle, tuple):
            return bundle
        data, metadata = bundle
        return {**data, "text/html": f"<p>{HINT}</p>", "text/plain": HINT}, metadata


def stop_button(place: CellOutput) -> Callable[[str], None]:
    """Show a button in ``place``; the result makes it say that the stop is under way, and rest."""
    button = StopButton(kernel=kernel_id())
    place.show(button)
    place.on_clear(button.close)

    def say(text: str) -> None:
        button.said = text

    return say


def kernel_id() -> str:
    """The kernel's id as the server knows it; empty where there is no server."""
    connect = sys.modules.get("ipykernel.connect")
    if connect is None:
        return ""
    try:
        name = str(connect.get_connection_file())
    except RuntimeError:
        return ""
    return name.rpartition("kernel-")[2].removesuffix(".json")
