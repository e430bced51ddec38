"""Edits of how samples make batches: which rows and batches are left out, and how they are cut."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from gendiag.rules.edits.edit import Edit
from gendiag.rules.edits.place import Place
from gendiag.rules.edits.templates import each_batch, edit, elements, function, good_batches, put


def finite_rows(place: Place, path: str, leaf_rank: int) -> Edit:
    """Leave out the rows in which a leaf is not finite."""
    finite = "tf.math.is_finite" if place.is_graph else "np.isfinite"
    whole = f"{finite}({path})"
    if leaf_rank > 1:
        axes = tuple(range(1, leaf_rank)) if leaf_rank > 2 else 1  # noqa: PLR2004  (a table has one axis behind rows)
        whole = f"tf.reduce_all({whole}, axis={axes})" if place.is_graph else f"{whole}.all(axis={axes})"
    cut = "tf.boolean_mask({path}, keep)" if place.is_graph else "{path}[keep]"
    lines = [f"keep = {whole}", *(put(each, cut.format(path=each)) for each in place.leaves)]
    title = f"Leave out the rows in which {path} is NaN or infinite"
    costs = f"drops the samples in which {path} is not finite"
    return edit(place, title, each_batch(place, lines), changes_meaning=costs, size=2)


def common_rows(place: Place) -> Edit | None:
    """Cut all leaves of a batch to as many rows as the shortest has."""
    if place.is_graph:
        return None
    lengths = ", ".join(f"len({path})" for path in place.leaves)
    lines = [f"rows = min({lengths})", *(put(path, f"{path}[:rows]") for path in place.leaves)]
    costs = "drops the surplus rows; right only if the rest still belongs together"
    return edit(place, "Cut x and y to their common length", each_batch(place, lines), changes_meaning=costs, size=2)


def without_none(place: Place) -> Edit | None:
    """Leave out batches that are None."""
    title = "Leave out the batches that are None"
    condition = "batch is not None and all(part is not None for part in batch)"
    return None if place.is_graph else edit(place, title, good_batches(place, condition), size=2)


def without_empty(place: Place) -> Edit:
    """Leave out batches without rows."""
    return _of_rows(place, "Leave out the batches without rows", "> 0")


def without_odd(place: Place, condition: str, what: str, batches: Sequence[int], rows: int) -> Edit | None:
    """Leave out the batches of another structure."""
    if place.is_graph:
        return None
    which = f"{'batch' if len(batches) == 1 else 'batches'} {', '.join(map(str, batches[:6]))}"
    costs = f"drops {which} ({rows} samples of those read)"
    return edit(place, f"Leave out {what}", good_batches(place, condition), changes_meaning=costs, size=3)


def like_first(place: Place, raw: Any, batches: Sequence[int], rows: int) -> Edit | None:
    """Leave out the batches that are nested otherwise than ``raw``, the first one."""
    tests = [f"len(batch) == {len(raw)}"] if isinstance(raw, (tuple, list)) else []
    for number, part in enumerate(raw) if tests else ():
        if isinstance(part, dict):
            tests.append(f"set(batch[{number}]) == {set(part)!r}")
        elif isinstance(part, (tuple, list)):
            tests.append(f"len(batch[{number}]) == {len(part)}")
        else:
            tests.append(f"not isinstance(batch[{number}], (tuple, list, dict))")
    if not tests:
        return None
    return without_odd(place, " and ".join(tests), "the batches that are nested otherwise", batches, rows)


def full_batches(place: Place, rows: int, lost: int) -> Edit:
    """Leave out batches of another number of rows."""
    title, costs = f"Leave out the batches that have not {rows} rows", f"drops {lost} samples of those read"
    return _of_rows(place, title, f"== {rows}", changes_meaning=costs)


def known_size(place: Place, rows: int) -> Edit | None:
    """Make batches whose size the graph knows."""
    if not place.is_graph:
        return None
    code = function("dataset", [f"return dataset.unbatch().batch({rows}, drop_remainder=True)"])
    return edit(place, f"Make batches that are known to have {rows} rows (drop_remainder=True)", code)


def _of_rows(place: Place, title: str, test: str, **told: Any) -> Edit:
    """Keep the batches whose number of rows passes a test such as ``> 0``."""
    path = next(iter(place.leaves), "x")
    first = path.replace("x", "batch[0]" if place.is_tuple else "batch", 1)
    code = good_batches(place, f"len({first}) {test}", f"tf.shape({path})[0] {test}")
    return edit(place, title, code, size=2, **told)


def without_last(place: Place, rows: int) -> Edit:
    """Leave out the last rows of each batch."""
    lines = [put(path, f"{path}[:-{rows}]") for path in place.leaves]
    what = "last row" if rows == 1 else f"last {rows} rows"
    title, costs = f"Leave out the {what} of each batch", f"drops the {what} of the last batch too"
    return edit(place, title, each_batch(place, lines), changes_meaning=costs, size=2)


def split(place: Place, rows: int, steps: int | None) -> Edit | None:
    """Cut large batches into several of at most ``rows`` rows."""
    fit_args = {place.steps_argument: steps} if steps and place.steps else {}
    if place.is_graph:
        code = function("dataset", [f"return dataset.unbatch().batch({rows})"])
    elif place.kind in {"generator", "object"}:
        parts = [put(path, f"{path}[start : start + {rows}]") for path in place.leaves]
        keep = elements(place)
        lines = [
            f"for {keep} in batches:",
            f"    whole = {keep}",
            f"    for start in range(0, len({next(iter(place.leaves))}), {rows}):",
        ]
        lines += [f"        {keep} = whole", *(f"        {part}" for part in parts), f"        yield {keep}"]
        code = function("batches", lines)
    else:
        return None
    more = f" and take {steps} steps in an epoch" if fit_args else ""
    return edit(place, f"Cut the batches to {rows} rows{more}", code, size=2, fit_args=fit_args)


def unbatch(place: Place, paths: Iterable[str]) -> Edit:
    """Take away the outer one of two batch axes."""
    title = "Take away the outer one of two batch axes"
    if place.is_graph:
        return edit(place, title, function("dataset", ["return dataset.unbatch()"]))
    lines = [put(path, f"np.reshape({path}, (-1, *{path}.shape[2:]))") for path in paths]
    return edit(place, title, each_batch(place, lines))
