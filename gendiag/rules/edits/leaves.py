"""One leaf of every batch set to something else: what all edits of values stand on."""

from __future__ import annotations

from collections.abc import Iterable

from gendiag.rules.edits.edit import Edit
from gendiag.rules.edits.place import Place
from gendiag.rules.edits.templates import each_batch, edit, put


def set_leaf(  # noqa: PLR0913  (keyword-only options)
    place: Place, path: str, title: str, value: str, *, in_graph: str = "", costs: str = "", size: int = 1
) -> Edit | None:
    """Set one leaf of each batch to ``value``; nothing where a graph would need other code than there is."""
    if not is_reachable(place, path) or (place.is_graph and not in_graph):
        return None
    code = each_batch(place, [put(path, in_graph if place.is_graph else value)])
    return edit(place, title, code, changes_meaning=costs, size=size)


def set_leaves(
    place: Place, title: str, values: Iterable[tuple[str, str]], *, costs: str = "", size: int = 1
) -> Edit | None:
    """Set several leaves of each batch."""
    lines = [put(path, value) for path, value in values if is_reachable(place, path)]
    return edit(place, title, each_batch(place, lines), changes_meaning=costs, size=size) if lines else None


def is_reachable(place: Place, path: str) -> bool:
    """Whether the leaf has a name in the code."""
    return path.split("[", maxsplit=1)[0] in place.names


def array(place: Place, path: str) -> str:
    """Return the leaf as an expression that is an array."""
    leaf = place.leaves.get(path)
    return path if leaf is not None and leaf.kind == "array" else f"np.asarray({path})"
