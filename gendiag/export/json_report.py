"""A diagnosis as one JSON object.

======================  =====================================================================================
``format``              ``"gendiag-report"``
``format_version``      1. It grows by one if a key goes or changes its meaning; keys may be added any time.
``versions``            object: of ``gendiag``, and of the ``keras`` and ``tensorflow`` that the verdict is about
``source``, ``model``   texts: what was diagnosed; ``model`` is null where none was given
``fit_args``            object: the arguments of fit, as code
``verdict``             ``trains``, ``trains on altered data``, ``trains to NaN``, ``raises``, ``never ends``
``fails_at``            number of the batch that fit cannot take, or null
``headline``            text: the verdict's cause in one sentence
``findings``            array, the root cause first: ``rule``, ``severity`` (``error``, ``warning``, ``note``),
                        ``title``, ``message``, ``why``, ``fix``, ``batches``, ``leaf``, ``evidence`` (object),
                        ``in_validation`` (whether ``batches`` counts those of the validation data)
``notes``               array of texts: what to know beside the findings
``profile``             object, what was yielded: ``batches`` (how many), ``ended``, ``failed_index``, ``seconds``,
                        ``rows`` (array: the sizes that occur), ``leaves``: ``leaf``, ``batches``, ``dtypes`` (object
                        of dtype, or of kind where there is none, to batches), ``shapes`` (array of ``shape``,
                        ``batches``), ``low``, ``high``, ``n_nan``, ``n_inf``, ``nbytes``
``validation``          the same of the validation data; null where none was read
``rehearsal``           object, what fit did: ``epochs``, ``epochs_run``, ``steps_per_epoch``, ``steps``,
                        ``validation_steps``, ``delivered`` (object of leaf to the dtypes that arrived), ``changed``
                        (object of leaf to the number of values that arrived as others), ``ended``, ``failed_in``,
                        ``failed_batch``, ``failure``, ``warnings``, ``seconds``
``trials``              array: ``batch``, ``outcome``, ``loss``, ``metrics``, ``grad_norm``, ``error``, ``layer``,
                        ``seconds``, ``shrunk`` (null, or ``samples``, ``alone``, ``values``, ``minimal``, ``note``)
======================  =====================================================================================

Batches and epochs count from 0, sizes are bytes, times are seconds. NaN and infinity are the texts ``"NaN"``,
``"Infinity"`` and ``"-Infinity"``. Characters beyond ASCII are escaped, so that no terminal or log can spoil them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from gendiag._version import __version__
from gendiag.export.json_values import plain
from gendiag.records import Finding

if TYPE_CHECKING:
    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.records import Batch, Leaf, Rehearsal, Shrunk, Trial
    from gendiag.rehearsal.profile import Profile

FORMAT, FORMAT_VERSION = "gendiag-report", 1
SUMMED = ("n_nan", "n_inf", "nbytes")
OF_TRIAL = ("batch", "outcome", "loss", "metrics", "grad_norm", "error", "layer", "seconds")
OF_SHRUNK = ("samples", "alone", "values", "minimal", "note")


def to_json(diagnosis: Diagnosis) -> str:
    """Write the diagnosis as one JSON object, in ASCII; see the head of this module."""
    return json.dumps(as_object(diagnosis), indent=2, allow_nan=False)


def as_object(diagnosis: Diagnosis) -> dict[str, Any]:
    """Put the diagnosis into dicts, lists, texts and numbers; see the head of this module."""
    read = diagnosis.validation.batches
    described = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "versions": {"gendiag": __version__, **_versions(diagnosis.versions)},
        "source": diagnosis.source,
        "model": diagnosis.model,
        "fit_args": diagnosis.fit_args,
        "verdict": diagnosis.verdict,
        "fails_at": diagnosis.fails_at,
        "headline": diagnosis.headline,
        "findings": [_finding(finding) for finding in diagnosis.findings],
        "notes": diagnosis.notes,
        "profile": _profile(diagnosis.profile),
        "validation": _profile(diagnosis.validation) if read else None,
        "rehearsal": _rehearsal(diagnosis.rehearsal),
        "trials": [_trial(diagnosis.trials[batch], diagnosis.shrunk.get(batch)) for batch in sorted(diagnosis.trials)],
    }
    made: dict[str, Any] = plain(described)
    return made


def _versions(said: str) -> dict[str, str]:
    """``keras 3.15.1, tensorflow 2.21.0`` by name."""
    return dict(part.split(" ", 1) for part in said.split(", ") if " " in part)


def _finding(finding: Finding) -> dict[str, Any]:
    return _chosen(finding, *(field.name for field in fields(Finding))) | {"in_validation": finding.in_validation}


def _profile(profile: Profile) -> dict[str, Any]:
    return {
        "batches": len(profile.batches),
        **_chosen(profile, "ended", "failed_index", "seconds"),
        "rows": sorted({batch.rows for batch in profile.batches if batch.rows is not None}),
        "leaves": _leaves(profile.batches),
    }


def _leaves(batches: Iterable[Batch]) -> list[dict[str, Any]]:
    """Sum up each leaf; from the records, because a frame rounds whole numbers above 2**53."""
    grouped: dict[str, list[Leaf]] = {}
    for batch in batches:
        for leaf in batch.leaves:
            grouped.setdefault(leaf.path, []).append(leaf)
    return [_leaf(path, leaves) for path, leaves in grouped.items()]


def _leaf(path: str, leaves: list[Leaf]) -> dict[str, Any]:
    shapes = Counter(leaf.shape for leaf in leaves)
    return {
        "leaf": path,
        "batches": len(leaves),
        "dtypes": Counter(leaf.dtype or leaf.kind for leaf in leaves),
        "shapes": [{"shape": shape, "batches": count} for shape, count in shapes.items()],
        "low": min((leaf.low for leaf in leaves if leaf.low is not None), default=None),
        "high": max((leaf.high for leaf in leaves if leaf.high is not None), default=None),
        **{name: sum(getattr(leaf, name) for leaf in leaves) for name in SUMMED},
    }


def _rehearsal(run: Rehearsal) -> dict[str, Any]:
    delivered: dict[str, dict[str, None]] = {}
    changed: dict[str, int] = {}
    for delivery in run.deliveries:
        for leaf in delivery.leaves:
            delivered.setdefault(leaf.path, {})[leaf.dtype] = None
        for path, count in delivery.changed.items():
            changed[path] = changed.get(path, 0) + count
    return {
        **_chosen(run, "epochs", "epochs_run", "steps_per_epoch"),
        "steps": len(run.deliveries),
        "validation_steps": len(run.validation),
        "delivered": {path: list(dtypes) for path, dtypes in delivered.items()},
        "changed": changed,
        **_chosen(run, "ended", "failed_in", "failed_batch", "failure", "warnings", "seconds"),
    }


def _trial(trial: Trial, shrunk: Shrunk | None) -> dict[str, Any]:
    return _chosen(trial, *OF_TRIAL) | {"shrunk": None if shrunk is None else _chosen(shrunk, *OF_SHRUNK)}


def _chosen(record: object, *names: str) -> dict[str, Any]:
    return {name: getattr(record, name) for name in names}
