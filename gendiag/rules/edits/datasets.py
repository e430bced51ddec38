"""Edits of a PyDataset: its length and its workers."""

from __future__ import annotations

from typing import Any

from gendiag.rules.edits.edit import Edit
from gendiag.rules.edits.place import Place
from gendiag.rules.edits.templates import dataset, edit


def length(place: Place, count: int, *, costs: str = "") -> Edit | None:
    """Say another number of batches."""
    return _served(place, f"Let __len__ be {count}", {"length": str(count)}, changes_meaning=costs, size=2)


def one_worker(place: Place) -> Edit | None:
    """Ask for one item at a time."""
    return _served(place, "Use one worker", {"workers": "1", "processes": "False"})


def threads(place: Place) -> Edit | None:
    """Use threads in the place of processes."""
    return _served(place, "Use threads instead of processes", {"processes": "False"})


def _served(place: Place, title: str, options: dict[str, str], **told: Any) -> Edit | None:
    """Serve the same items from a dataset with other options."""
    if place.kind != "PyDataset":
        return None
    return edit(place, title, dataset(place, ["return self.dataset[index]"], **options), **told)
