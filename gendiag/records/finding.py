"""What was concluded, and what was made of it: a finding, a repair, a reproducer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gendiag.records.batch import NOTHING
from gendiag.records.face import Face
from gendiag.records.ranges import listed

Severity = Literal["error", "warning", "note"]
Verdict = Literal["trains", "trains on altered data", "trains to NaN", "raises", "never ends"]


@dataclass(frozen=True, slots=True, repr=False)
class Finding(Face):
    """A cause that a rule found, with its evidence.

    Attributes
    ----------
    rule
        Name of the rule, such as ``silent-cast``.
    severity
        ``error``: fit does not come through (it raises or never ends). ``warning``: fit comes through and trains on
        something else than was meant. ``note``: worth knowing, nothing is wrong.
    title
        The fault in a few words.
    message
        What was measured, with the values, in one or two sentences.
    why
        Why it hurts.
    fix
        What to type next.
    batches
        The batches concerned, the first bad one first. They count batches of ``validation_data`` where ``evidence``
        has ``{"source": "validation"}``.
    leaf
        Path of the leaf concerned, or None.
    evidence
        The figures behind the message.
    """

    rule: str
    severity: Severity
    title: str
    message: str
    why: str = ""
    fix: str = ""
    batches: tuple[int, ...] = ()
    leaf: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=lambda: NOTHING)

    @property
    def in_validation(self) -> bool:
        """Whether ``batches`` counts batches of the validation data."""
        return self.evidence.get("source") == "validation"

    @property
    def _brief(self) -> str:
        where = f", {listed(self.batches)}{' of the validation data' * self.in_validation}" if self.batches else ""
        return f"{self.severity}, {self.rule}{where}: {self.title}"


@dataclass(frozen=True, slots=True, repr=False)
class Repair(Face):
    """A change to the source or to fit's arguments that was run before it is shown.

    Attributes
    ----------
    title
        What it does.
    snippet
        Code to paste; its last line is the call of fit.
    apply
        Makes what fit is given from the source, or from the function that makes it. Arrays come back as a tuple.
    verified
        Whether the repaired source was rehearsed and the failing batch tried again, without the finding.
    proof
        Figures ``before`` and ``after``: verdict, fails_at, steps, samples, findings, and of the trial of the batch
        concerned its outcome and loss. ``read``: what was read, if not the source itself. ``not run``: why not.
    rule
        Name of the rule whose finding it is for.
    changes_meaning
        What it costs, such as ``drops 3 samples``; empty where fit trains on the same data.
    fit_args
        Arguments of fit that must change with it; None stands for one to leave out.
    target
        The argument of fit that ``apply`` is for: ``x`` or ``validation_data``.
    """

    title: str
    snippet: str
    apply: Callable[[Any], Any]
    verified: bool = False
    proof: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    rule: str = ""
    changes_meaning: str = ""
    fit_args: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    target: Literal["x", "validation_data"] = "x"

    @property
    def _brief(self) -> str:
        costs = f", {self.changes_meaning}" if self.changes_meaning else ""
        return f"{self.title} ({'verified' if self.verified else 'not run'}{costs})"


@dataclass(frozen=True, slots=True, repr=False)
class Reproducer(Face):
    """A folder with a script that raises what fit raised, and how far that was tried.

    Attributes
    ----------
    path
        The folder: ``reproduce.py``, ``batches.npz`` (without pickle) and ``model.json``.
    error
        Type and first line of what it raises.
    model
        Whose config ``model.json`` is.
    verified
        Whether the script raised the same type and first line in a fresh process.
    samples
        The rows of the failing batch that were kept; empty for all.
    replaced
        Paths of the leaves whose values are random ones now.
    """

    path: str
    error: str
    model: str
    verified: bool
    samples: tuple[int, ...] = ()
    replaced: tuple[str, ...] = ()

    @property
    def _brief(self) -> str:
        return f"{self.path}, {'verified' if self.verified else 'not verified'}: {self.error}"
