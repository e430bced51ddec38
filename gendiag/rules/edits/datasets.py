"""Edits of a PyDataset: its length and its workers."""

from __future__ import annotations

from gendiag.rules.edits.edit import Edits, Place
from gendiag.rules.edits.templates import dataset, edit


def length(place: Place, count: int, *, costs: str = "") -> Edits:
    """Say another number of batches."""
    if place.kind != "PyDataset":
        return ()
    code = dataset(place, ["return self.dataset[index]"], length=str(count))
    return (edit(place, f"Let __len__ be {count}", code, changes_meaning=costs, size=2),)


def one_worker(place: Place) -> Edits:
    """Ask for one item at a time."""
    if place.kind != "PyDataset":
        return ()
    code = dataset(place, ["return self.dataset[index]"], workers="1", processes="False")
    return (edit(place, "Use one worker", code),)


def threads(place: Place) -> Edits:
    """Use threads in the place of processes."""
    if place.kind != "PyDataset":
        return ()
    code = dataset(place, ["return self.dataset[index]"], processes="False")
    return (edit(place, "Use threads instead of processes", code),)
