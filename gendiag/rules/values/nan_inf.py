from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from gendiag.records import Finding, Leaf, Severity, counted, listed
from gendiag.rules.edits import batching, numbers
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import epoch_of, size_of
from gendiag.rules.evidence.to_type import code
from gendiag.rules.rule import BAD, Edits, Rule, sound
from gendiag.sources.source import Source

FINITE = " Loss, gradients and weights stay finite on it: the model or its loss leaves these values out, or fills them."
MEANT = "Nothing needs fixing if the values are missing on purpose; else look at where they come from."


HARMLESS = "It does not, as long as the model or its loss leaves these values out on purpose."


class NanInf(Rule):
    """A leaf holds NaN or infinity.

    What fit does
        Trains on it: weights turn NaN for good. The loss mostly too, but a fused layer may keep it finite. A NaN label
        in an integer leaf has become a huge negative number before it arrives.

    Why it hurts
        The log shows ``loss: nan`` from some epoch on, or nothing at all, and never says which batch brought it.

    How to mend it
        Drop or fill the rows where they come from; clip before a logarithm or a division. ``np.nan_to_num`` makes 0 of
        NaN, but of infinity the largest number there is: pass ``posinf=0, neginf=0``.

    Known limits
        Where the loss and the weights were measured to stay finite, by a model or a loss that leaves NaN out, it is a
        note. Without a model that is not known.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0, on CPU with and without oneDNN.
    """

    name, title = "nan-inf", "A batch holds NaN or infinity"
    consequence_of = ("silent-cast",)
    reads_trials = True

    def check(self, seen: Evidence) -> Iterator[Finding]:
        for path, column in seen.leaves.items():
            odd = [(index, leaf) for index, leaf in column if leaf.n_nan or leaf.n_inf]
            if odd:
                yield self._finding(seen, path, odd)

    def _finding(self, seen: Evidence, path: str, odd: list[tuple[int, Leaf]]) -> Finding:
        index, leaf = odd[0]
        batches = [i for i, _ in odd]
        is_meant = _stays_finite(seen, index)
        severity: Severity = "error" if seen.refused(index) else "note" if is_meant else "warning"
        message = (
            f"{seen.place(index).capitalize()}: {_noun(leaf)}{path} contains {_what(leaf)} of "
            f"{counted(size_of(leaf), 'value')}{_more(odd)}.{_earlier(seen, index)}"
            f"{FINITE if is_meant else _effect(seen, index)}"
        )
        fix = MEANT if is_meant else _fix(seen.source, path, leaf, batches, any(each.n_nan for _, each in odd))
        n_nan, n_inf = sum(leaf.n_nan for _, leaf in odd), sum(leaf.n_inf for _, leaf in odd)
        found = self.finding(severity, message, fix=fix, batches=batches, leaf=path, n_nan=n_nan, n_inf=n_inf)
        return replace(found, why=HARMLESS) if is_meant else found

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        place = at(seen, finding)
        path = finding.leaf or ""
        rank = len(place.leaves[path].shape or ()) if path in place.leaves else 1
        yield batching.finite_rows(place, path, rank)
        yield numbers.no_nan(place, path)

    def broken(self) -> Iterator[Any]:
        for step, (x, y) in enumerate(sound()):
            if step == BAD:
                x[1, 2] = float("nan")
            yield x, y

    def mended(self) -> Iterator[Any]:
        return sound()


def _stays_finite(seen: Evidence, index: int) -> bool:
    """Whether the step on it was measured to leave loss, gradients and weights finite."""
    trial, run = seen.trials.get(index), seen.model_run
    if trial is not None:
        return all(step.outcome == "trains" for step in trial.steps)
    return not seen.rehearsal.live and run is not None and run.non_finite is None and seen.trained_on(index)


def _fix(source: Source, path: str, leaf: Leaf, batches: list[int], has_nan: bool) -> str:  # noqa: FBT001  (of the odd leaves)
    start = f"Look at where {path} of {listed(batches)} comes from: "
    if not has_nan:
        return (
            f"{start}an infinity mostly comes from a division by 0 or a logarithm of 0, so clip before it "
            f"({code(source, 'np.clip(v, 1e-6, None)', 'tf.maximum(v, 1e-6)')}), or drop those rows "
            f"({code(source, f'np.isfinite({path})', f'tf.math.is_finite({path})')})."
        )
    drop = "drop the rows without a label" if leaf.role == "y" else "drop those rows"
    found = code(source, f"np.isnan({path})", f"tf.math.is_nan({path})")
    filled = f"np.nan_to_num({path}, posinf=0, neginf=0)"
    in_graph = f"tf.where(tf.math.is_finite({path}), {path}, 0)"
    return f"{start}{drop} ({found}), or put a number there, {code(source, filled, in_graph)}."


def _what(leaf: Leaf) -> str:
    return " and ".join(f"{count} {word}" for count, word in ((leaf.n_nan, "NaN"), (leaf.n_inf, "inf")) if count)


def _noun(leaf: Leaf) -> str:
    return {"y": "the target ", "sample_weight": "the weight "}.get(leaf.role, "")


def _more(odd: list[tuple[int, Leaf]]) -> str:
    return f" (and so do {listed(i for i, _ in odd[1:])})" if len(odd) > 1 else ""


def _earlier(seen: Evidence, index: int) -> str:
    """Say that the first epoch was sound, where it was: the fault then lies in what changes later."""
    late = epoch_of(seen, index)
    if not late or not seen.by_epoch:
        return ""
    said = "Epoch 1 was" if late == 1 else f"Epochs 1-{late} were"
    return f" {said} sound: what yields it changes later, or was not reached before."


def _effect(seen: Evidence, index: int) -> str:
    run = seen.model_run
    if run is not None and run.non_finite is not None and run.non_finite == index:
        return " After the step on it the model's weights or loss are NaN or infinite."
    return ""
