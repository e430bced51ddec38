"""A diagnosis that raises -> a folder whose script raises the same in a fresh process, without pickle or the source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gendiag.batches.samples import take
from gendiag.batches.signature import PEEKED
from gendiag.batches.tree import flatten
from gendiag.errors import BadSourceError, NotReproducibleError
from gendiag.export.anonymous import randomised
from gendiag.export.fresh_process import first_line, raised_by
from gendiag.export.npz import Portable
from gendiag.export.python_source import nested
from gendiag.export.reproducer_model import ITSELF, models_as_json
from gendiag.export.reproducer_script import DATA, MODEL, OWN, SCRIPT, Texts, literal, written
from gendiag.records import Failure, Reproducer
from gendiag.rules.evidence.evidence import Evidence

ARGUMENT = 1000  # where arrays among fit's arguments are numbered from
MOST_LINES = 12  # of batches in a script of under 40
NOT_JSON = "none: yours cannot be written as JSON and no stand-in raises the same; make it in the script yourself"
OTHER = "the model's own config, which raises something else on these batches: the cause is not in them alone"


class Picked(NamedTuple):
    """The batches that the script feeds to fit; of arrays the whole of them."""

    training: Any
    validation: Any = ()


def reproduce(  # noqa: PLR0913  (keyword-only options)
    evidence: Evidence,
    model: Any,
    path: str | Path,
    *,
    versions: str,
    failure: Failure | None = None,
    samples: Sequence[int] = (),
    anonymous: bool = False,
    on_run: Callable[[int], None] = lambda _runs: None,
) -> Reproducer:
    """Write the folder, run its script in a fresh process, and say whether it raises the same.

    Parameters
    ----------
    evidence
        Of a diagnosis in which fit raised at a batch that is held.
    model
        The user's, or None.
    path
        The folder; files of the same names are overwritten.
    versions
        Of Keras and TensorFlow, for the script's first lines.
    failure
        What the trial of the failing batch raised through fit; by default what the rehearsal or the model did.
    samples
        Rows of the failing batch to keep; all where empty.
    anonymous
        Replace values by random ones of the same dtype, shape and range, leaf by leaf, wherever the failure survives.
    on_run
        Called with the number of runs in a fresh process so far.

    Raises
    ------
    NotReproducibleError
        If fit raised nothing, or what it raised does not come from a batch.
    NotKeptError
        If the failing batch is no longer held.
    """
    told_first = _failure(evidence)
    folder = _Folder(evidence, Path(path), failure or told_first, versions, on_run)
    picked = _picked(evidence, samples)
    first = picked.training if folder.source.is_sliced else next(iter(picked.training), ())
    for told, config in models_as_json(model, evidence.model_facts, first):
        if folder.raises_the_same(picked, config):
            replaced = _anonymous(folder, picked, config) if anonymous else ()
            return folder.result(told, samples=samples, replaced=replaced)
        if told == ITSELF:
            return folder.result(OTHER, samples=samples)
    folder.write(picked, "{}")
    return folder.result(NOT_JSON, samples=samples)


class _Folder:
    """Writes and runs; the last one written is what is left."""

    def __init__(
        self, evidence: Evidence, path: Path, failure: Failure, versions: str, on_run: Callable[[int], None]
    ) -> None:
        self.failure = failure
        self.source = evidence.source
        self._fit_args = {name: value for name, value in evidence.fit_args.items() if name not in OWN}
        self._path, self._versions, self._on_run, self._runs = path, versions, on_run, 0
        self._verified = False

    def raises_the_same(self, picked: Picked, config: str) -> bool:
        """Write the folder and run its script."""
        self.write(picked, config)
        self._runs += 1
        self._on_run(self._runs)
        self._verified = raised_by(self._path / SCRIPT) == first_line(self.failure.type, self.failure.details)
        return self._verified

    def result(self, told: str, *, samples: Sequence[int], replaced: Sequence[str] = ()) -> Reproducer:
        """Say what stands in the folder now."""
        kind, line = first_line(self.failure.type, self.failure.details)
        return Reproducer(str(self._path), f"{kind}: {line}", told, self._verified, tuple(samples), tuple(replaced))

    def write(self, picked: Picked, config: str) -> None:
        """Write data, model and script."""
        portable = Portable()
        training = (
            _listed(portable, picked.training) if not self.source.is_sliced else portable.batch(0, picked.training)
        )
        texts = Texts(
            title=f"Raises {self.failure.type} in fit.",
            versions=self._versions,
            kind=self.source.kind,
            batches=training,
            validation=_listed(portable, picked.validation) if picked.validation else "",
            signature=self._signature(),
            fit_args=self._arguments(portable),
            imports=portable.imports,
        )
        self._path.mkdir(parents=True, exist_ok=True)
        np.savez(self._path / DATA, allow_pickle=False, **portable.arrays)
        (self._path / MODEL).write_text(config, encoding="utf-8")
        (self._path / SCRIPT).write_text(written(texts), encoding="utf-8")

    def _arguments(self, portable: Portable) -> dict[str, str]:
        """Write the arguments that are plain values or arrays; others, such as functions, are left out."""
        codes = {name: literal(value) for name, value in self._fit_args.items()}
        for name in [name for name, code in codes.items() if code is None]:
            with suppress(BadSourceError):
                codes[name] = portable.batch(ARGUMENT, self._fit_args[name])
        return {name: code for name, code in codes.items() if code is not None}

    def _signature(self) -> str:
        spec = self.source.value.element_spec if self.source.is_graph else None
        return "" if spec is None else nested(spec, lambda part: f"tf.{part.value!r}", indent=4)


def _listed(portable: Portable, batches: Sequence[Any]) -> str:
    """Write a list of batches; one line each where they would fill the script."""
    codes = [portable.batch(place, batch, indent=4) for place, batch in enumerate(batches)]
    if sum(len(code.splitlines()) for code in codes) > MOST_LINES:
        codes = [" ".join(line.strip() for line in code.splitlines()) for code in codes]
    return "[\n" + "".join(f"    {code},\n" for code in codes) + "]"


def _failure(evidence: Evidence) -> Failure:
    failure = evidence.failure
    own = evidence.profile.failure
    if failure is None or evidence.never_ends:
        msg = (
            "fit raises nothing on this source, so there is nothing to reproduce. `report.save(path)` keeps the report."
        )
        raise NotReproducibleError(msg)
    if own is not None and (evidence.profile.failed_index == evidence.fails_at or own.line in failure.line):
        msg = (
            f"the source itself raised {own.type} at batch {evidence.fails_at} ({own.frame or own.line}): that is in "
            "its code, not in a batch. Run that line alone to reproduce it."
        )
        raise NotReproducibleError(msg)
    if evidence.source.is_foreign:
        msg = "fit takes nothing from this source, so no batch reproduces it; see the first finding's fix."
        raise NotReproducibleError(msg)
    if not evidence.source.tapped and not evidence.source.is_sliced and _raised_before_the_model(evidence):
        msg = (
            f"the {evidence.source.kind} itself raised at batch {evidence.fails_at} ({failure.line}): there is no "
            "batch to keep. Read it alone to reproduce it: `for batch in source: pass`."
        )
        raise NotReproducibleError(msg)
    return failure


def _raised_before_the_model(evidence: Evidence) -> bool:
    """Whether fit raised while it read the source, before the model was given the batch."""
    return evidence.model_run is None or evidence.model_run.failure is None


def _picked(evidence: Evidence, samples: Sequence[int]) -> Picked:
    """The two batches that fit peeks at and the one at which it failed, in training or in validation."""
    if evidence.source.is_sliced:
        value = evidence.source.value
        return Picked(value if isinstance(value, tuple) else (value,))
    run = evidence.model_run
    in_validation = evidence.rehearsal.failed_in == "validation" or (run is not None and run.failed_in_validation)
    at = (run.failed_validation_batch if run is not None else None) if in_validation else evidence.fails_at
    profile = evidence.validation if in_validation else evidence.profile
    indices = dict.fromkeys([*(i for i in range(PEEKED) if i in profile.store), *([] if at is None else [at])])
    batches = [take(profile.raw(i), samples) if i == at and samples else profile.raw(i) for i in indices]
    if not in_validation:
        return Picked(batches)
    return Picked([evidence.profile.raw(i) for i in range(PEEKED) if i in evidence.profile.store], batches)


def _anonymous(folder: _Folder, picked: Picked, config: str) -> tuple[str, ...]:
    """Replace all values, else those of each leaf alone; leave the last one written that still raises the same."""
    batches = [picked.training] if folder.source.is_sliced else [*picked.training, *picked.validation]
    paths = list(dict.fromkeys(part.path for raw in batches for part in flatten(raw)))
    if folder.raises_the_same(_replaced(folder, picked, paths), config):
        return tuple(paths)
    done: list[str] = []
    for path in paths:
        if folder.raises_the_same(_replaced(folder, picked, [*done, path]), config):
            done.append(path)
    folder.raises_the_same(_replaced(folder, picked, done), config)
    return tuple(done)


def _replaced(folder: _Folder, picked: Picked, paths: Sequence[str]) -> Picked:
    random = np.random.default_rng(0)
    if folder.source.is_sliced:
        return Picked(randomised(picked.training, paths, random))
    training, validation = ([randomised(raw, paths, random) for raw in batches] for batches in picked)
    return Picked(training, validation)
