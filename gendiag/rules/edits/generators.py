"""Edits of a generator: how it is read, what its batches are made of, and what happens where it raises."""

from __future__ import annotations

from collections.abc import Sequence

from gendiag.rules.edits.edit import Edit
from gendiag.rules.edits.place import Place
from gendiag.rules.edits.templates import edit, elements, function


def native(place: Place) -> Edit:
    """Read an iterator that is no generator through one."""
    code = function("batches", ["yield from batches"])
    return edit(place, "Read it through a generator", code)


def zipped(place: Place, iterators: Sequence[int], count: int) -> Edit:
    """Take a batch from each of several iterators for one tuple."""
    chosen = ", ".join(f"iter(parts[{number}])" for number in iterators)
    code = function("parts", [f"yield from zip({chosen}, strict=False)"])
    costs = "" if len(iterators) == count else "what is no iterator of batches (an array) is left out"
    return edit(place, "Take a batch from each for one tuple", code, changes_meaning=costs, size=2)


def regrouped(place: Place, count: int, *, several: bool) -> Edit | None:
    """Put the first ``count`` elements of a batch together as x."""
    if place.kind != "generator":
        return None
    x = f"tuple(batch[:{count}])" if count > 1 else "batch[0]"
    y = f"tuple(batch[{count}:])" if several else f"batch[{count}]"
    code = function("batches", ["for batch in batches:", f"    yield {x}, {y}"])
    return edit(place, f"Put the first {count} elements together as x", code, size=2)


def first_three(place: Place) -> Edit | None:
    """Leave out what fit has no name for."""
    if place.kind != "generator":
        return None
    code = function("batches", ["for batch in batches:", "    yield batch[:3]"])
    costs = "what stands behind x, y and sample_weight is left out"
    return edit(place, "Keep x, y and sample_weight only", code, changes_meaning=costs, size=2)


def pairs(place: Place, result: str, what: str, *, costs: str = "") -> Edit | None:
    """Yield a tuple made of what is yielded now."""
    if place.kind != "generator":
        return None
    code = function("batches", [f"for {elements(place)} in batches:", f"    yield {result}"])
    return edit(place, f"Yield {what}", code, changes_meaning=costs)


def tuples(place: Place) -> Edit | None:
    """Yield tuples where lists are yielded."""
    if place.kind != "generator":
        return None
    code = function("batches", ["for batch in batches:", "    yield tuple(batch)"])
    return edit(place, "Yield tuples instead of lists", code)


def restarted(place: Place, error: str, index: int) -> Edit | None:
    """Begin anew where the source raises."""
    if place.kind != "generator" or not place.maker or not place.steps or not error.isidentifier():
        return None
    lines = ["while True:", "    try:", f"        yield from {place.maker}()", f"    except {error} as error:"]
    lines.append('        warnings.warn(f"the source raised and is started anew: {error!r}")')
    costs = f"batch {index}, at which it raises, and what comes behind are not trained on"
    title = f"Start anew where the source raises {error}"
    return edit(place, title, function(place.maker, lines), calls_source=True, changes_meaning=costs, size=5)


def ended(place: Place, error: str, index: int) -> Edit | None:
    """End where the source raises."""
    if place.kind != "generator" or not error.isidentifier():
        return None
    lines = ["try:", "    yield from batches", f"except {error} as error:"]
    lines.append('    warnings.warn(f"the source raised and ends here: {error!r}")')
    costs = f"batch {index}, at which it raises, and what comes behind are not trained on"
    return edit(
        place, f"End where the source raises {error}", function("batches", lines), changes_meaning=costs, size=5
    )


def fresh_each_epoch(place: Place) -> Edit | None:
    """Call the function anew for each epoch, so that what it holds is let go."""
    if place.kind != "generator" or not place.maker or not place.steps:
        return None
    lines = ["while True:", f"    yield from itertools.islice({place.maker}(), {place.steps})"]
    costs = "each epoch begins again with the first batch"
    title = "Call the generator function anew in each epoch"
    return edit(place, title, function(place.maker, lines), calls_source=True, changes_meaning=costs, size=3)
