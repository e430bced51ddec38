"""Where an edit goes: around the source, or around the validation data, and how their batches are nested."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gendiag.records import NOTHING, Finding, Leaf
from gendiag.rehearsal.profile import Profile
from gendiag.rules.edits.edit import Target
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import period
from gendiag.sources import recognise


@dataclass(frozen=True, slots=True)
class Place:
    """What an edit is put around.

    Attributes
    ----------
    kind
        Of the source.
    names
        Of the elements of a batch: ``x``, ``y``, ``sample_weight``.
    is_tuple
        Whether a batch has elements at all; else it is ``x`` itself.
    leaves
        Of the first batch, by path.
    length
        Batches in one pass, as far as the source says it.
    maker
        Name of the function that makes the source, or empty.
    fit_args
        As given.
    period
        After how many batches they repeat, or None.
    target
        The argument of fit that the source is.
    """

    kind: str
    names: tuple[str, ...] = ("x", "y")
    is_tuple: bool = True
    leaves: Mapping[str, Leaf] = field(default_factory=lambda: NOTHING)
    length: int | None = None
    maker: str = ""
    fit_args: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    period: int | None = None
    target: Target = "x"

    @property
    def steps_argument(self) -> str:
        """Fit's argument for the number of batches to take."""
        return "steps_per_epoch" if self.target == "x" else "validation_steps"

    @property
    def steps(self) -> int | None:
        """What is given for it."""
        return self.fit_args.get(self.steps_argument)

    @property
    def is_graph(self) -> bool:
        """Whether batches are tensors of a graph."""
        return self.kind == "tf.data.Dataset"


def at(seen: Evidence, finding: Finding, *, validation: bool = False) -> Place:
    """Say where an edit for this finding goes: around the source, or around the validation data."""
    if not (finding.in_validation or validation):
        return _place(seen.source, seen.profile, seen.fit_args, "x")
    given = seen.fit_args.get("validation_data")
    origin = seen.validation_source or recognise(tuple(given) if isinstance(given, list) else given)
    return _place(origin, seen.validation, seen.fit_args, "validation_data")


def _place(origin: Any, profile: Profile, fit_args: Mapping[str, Any], target: Target) -> Place:
    """Read off the first batch how the batches of a source are nested."""
    first = next((batch for batch in profile.batches if batch.leaves and batch.structure != "None"), None)
    common = {
        "kind": origin.kind,
        "length": origin.length,
        "maker": _name(origin),
        "target": target,
        "period": period(profile.batches, at_least_one_whole=True),
        "fit_args": fit_args,
    }
    if first is None:
        names = ("x", "y", "sample_weight")[: len(origin.value)] if isinstance(origin.value, tuple) else ("x", "y")
        return Place(names=names, **common)
    roles = tuple(dict.fromkeys(leaf.role for leaf in first.leaves if leaf.role != "batch"))
    leaves = {leaf.path: leaf for leaf in first.leaves}
    is_tuple = first.structure[0] in "([" and not first.structure.startswith("[]")
    return Place(names=roles, is_tuple=is_tuple, leaves=leaves, **common)


def _name(origin: Any) -> str:
    if origin.maker is None:
        return ""
    name = str(getattr(origin.maker, "__name__", ""))
    return name if name.isidentifier() else "make_source"
