"""``diagnose`` and the Report it gives: one source, rehearsed, judged, and open to further trials."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gendiag.batches.store import MIB
from gendiag.diagnosis.judge import Judged, judge
from gendiag.diagnosis.options import Options
from gendiag.diagnosis.rehearsing import case_of
from gendiag.diagnosis.repairs import Fixes, OnFound, OnTry, nobody, repaired
from gendiag.diagnosis.trials import is_stopped, shrink_batch, try_on_model
from gendiag.errors import BadArgumentError
from gendiag.model.requirements import check_model
from gendiag.runtime.estimate import Phase
from gendiag.runtime.leftovers import collect
from gendiag.views.drawings import Drawings

if TYPE_CHECKING:
    from gendiag.export.python_source import Code
    from gendiag.records import Finding, Repair, Reproducer, Shrunk, Trial, Verdict
    from gendiag.rehearsal.profile import Profile
    from gendiag.views.dashboard import Dashboard


class Report(Drawings):
    """What fit does with a source, and why. Made by ``gendiag.diagnose``.

    In a notebook it shows itself as a dashboard, without widgets as static HTML, in a terminal as text.
    """

    def __init__(self, judged: Judged) -> None:
        self._judged = judged
        self.diagnosis = judged.diagnosis
        self._fixes = Fixes(judged)
        self._trials: dict[int, Trial] = dict(self.diagnosis.trials)
        self._fresh_trials: dict[int, Trial] = {}
        self._shrunk: dict[int, Shrunk] = dict(self.diagnosis.shrunk)

    @property
    def verdict(self) -> Verdict:
        """``trains``, ``trains on altered data``, ``trains to NaN``, ``raises`` or ``never ends``."""
        return self.diagnosis.verdict

    @property
    def fails_at(self) -> int | None:
        """Index of the batch that fit cannot take, or None."""
        return self.diagnosis.fails_at

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The root cause first; empty when all is well."""
        return self.diagnosis.findings

    @property
    def profile(self) -> Profile:
        """What the source yielded."""
        return self.diagnosis.profile

    def trial(self, batch: int, *, fresh_weights: bool = False) -> Trial:
        """Say what fit does with this batch on a copy of the model, and what goes on inside in one step of training.

        The model itself, its optimizer, metrics and all random states are as before.

        Parameters
        ----------
        fresh_weights
            Whether to try it on weights and an optimizer as they are made for a new model, in place of those that the
            model has now. Layers that do not train keep what they hold.

        Raises
        ------
        NotKeptError
            If the batch was never read, or is no longer held.
        BadModelError
            If no model was given; ``NoFreshWeightsError`` if it cannot be made again from its config.
        """
        trials = self._fresh_trials if fresh_weights else self._trials
        if batch not in trials:
            case, evidence = self._judged.case, self._judged.evidence
            trial = try_on_model(case, evidence, batch, fresh_weights=fresh_weights)
            return trial if is_stopped(trial) else trials.setdefault(batch, trial)
        return trials[batch]

    def repairs(
        self, *, budget_s: float = 60.0, on_try: OnTry = nobody, on_found: OnFound = nobody
    ) -> tuple[Repair, ...]:
        """Search for changes to the source or to fit's arguments that repair what was found, and run each.

        Every one is applied to the source made anew (or to the batches that were read, where it cannot be), rehearsed
        and judged with your model, which stays as it was. The best comes first. The result is kept.

        Parameters
        ----------
        budget_s
            No further change is tried after so many seconds. Ctrl-C ends the search too, with what was found.
        on_try, on_found
            Called before each change is run, with its number and what it does; and with each repair once it is proven.
        """
        return self._fixes.search(budget_s, on_try, on_found)

    def shrink(self, batch: int, *, max_trials: int = 60) -> Shrunk:
        """Reduce a batch that the model does not take to the samples, and the values in them, that make it so.

        Each trial is one training step on a copy of the model with a part of the batch. Ctrl-C ends it with what is
        known by then. The model and all random states are as before.

        Parameters
        ----------
        max_trials
            Most steps to run.

        Raises
        ------
        NotKeptError
            If the batch was never read, or is no longer held.
        BadModelError
            If no model was given.
        BadArgumentError
            If ``max_trials`` is not positive.
        """
        if max_trials <= 0:
            msg = f"max_trials={max_trials}: it must be above 0."
            raise BadArgumentError(msg)
        known = self._shrunk.get(batch)
        if known is None or not (known.minimal or known.trials >= max_trials):
            case, evidence = self._judged.case, self._judged.evidence
            self._shrunk[batch] = shrink_batch(case, evidence, batch, max_trials=max_trials)
        return self._shrunk[batch]

    def after(self, repair: Repair) -> Report:
        """Diagnose the repaired source, made anew, with the same model and the arguments that go with it.

        Raises
        ------
        SourceSpentError
            If the source cannot be read again.
        """
        return Report(repaired(self._judged, repair))

    def output_signature(self) -> Code:
        """Write the ``from_generator`` code and the PyDataset that fit the profile, both tried on the batches held.

        Raises
        ------
        BadSourceError
            If nothing was read, the nesting changes, or a leaf has no place in a signature.
        """
        from gendiag.export.output_signature import output_signature

        return output_signature(self.profile)

    def reproducer(self, path: str | Path, *, only_guilty: bool = False, anonymous: bool = False) -> Reproducer:
        """Write a folder whose script raises in a fresh process what fit raised, and run it to make sure.

        Parameters
        ----------
        path
            The folder: ``reproduce.py``, ``batches.npz`` (the failing batch and the first two, without pickle) and
            ``model.json``. Files of these names are overwritten.
        only_guilty
            Keep only the samples of the failing batch that ``shrink`` finds to fail.
        anonymous
            Replace values by random ones of the same dtype, shape and range, leaf by leaf, wherever the failure
            survives it. ``replaced`` of the result names these leaves; all others hold your data.

        Raises
        ------
        NotReproducibleError
            If fit raised nothing, or what it raised does not come from a batch.
        NotKeptError
            If the failing batch is no longer held.
        """
        from gendiag.export.reproducer import reproduce

        case, evidence, at, failure = self._judged.case, self._judged.evidence, self.fails_at, None
        if at is not None and case.model is not None and at in self.profile.store:
            failure = next((step.failure for step in self.trial(at).steps), None)
        samples = self.shrink(at).samples if only_guilty and at is not None else ()
        with case.options.bar(Phase("running the script", ("run", "runs"))) as show:
            return reproduce(
                evidence, case.model, path, versions=self.diagnosis.versions, failure=failure,
                samples=samples, anonymous=anonymous, on_run=show,
            )  # fmt: skip

    def save(self, path: str | Path, *, stable: bool = False) -> Path:
        """Write one HTML file that needs nothing else; ``stable`` leaves out what differs from run to run."""
        from gendiag.views.page import page

        target = Path(path)
        target.write_text(page(self.diagnosis, stable=stable), encoding="utf-8")
        return target

    @cached_property
    def dashboard(self) -> Dashboard:
        """The widget."""
        from gendiag.views.dashboard import Dashboard

        is_faulty = any(finding.severity != "note" for finding in self.findings)
        return Dashboard(
            self.diagnosis,
            self.trial if self._judged.case.model is not None else None,
            self.repairs if is_faulty else None,
            self._fixes.after,
        )

    @property
    def selected(self) -> int:
        """The batch that is selected in the dashboard; ``report.dashboard.select(31)`` selects another."""
        return self.dashboard.selection.batch

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return self.dashboard._repr_mimebundle_(**kwargs)

    def __repr__(self) -> str:
        from gendiag.views.terminal import render

        return render(self.diagnosis)


def diagnose(  # noqa: PLR0913  (keyword-only options)
    source: Any,
    model: Any = None,
    *,
    rehearse_epochs: int | None = None,
    max_batches: int = 2000,
    budget_s: float = 60.0,
    quiet_s: float = 30.0,
    keep_bytes: int = 256 * MIB,
    progress: bool = True,
    **fit_args: Any,
) -> Report:
    """Find out what ``model.fit`` does with a source, by rehearsing the real fit.

    Parameters
    ----------
    source
        Anything fit accepts, or a function (or class) that makes it, which is best: it can be called again. An
        ``(x, y)`` tuple of arrays stands for ``fit(x, y)``.
    model
        The compiled ``keras.Model``. It is copied; afterwards it is bit for bit as it was. Without it the source alone
        is rehearsed.
    rehearse_epochs
        Exactly how many epochs to rehearse. By default 3 of those asked for, and more as long as it is quick.
    max_batches, budget_s
        Where the rehearsal ends at the latest: training steps, seconds.
    quiet_s
        How long fit may give no sign of life before the answer is that it never ends; seconds.
    keep_bytes
        Most bytes of raw batches held for trials.
    progress
        Whether to show a progress bar after the first second.
    **fit_args
        The arguments that you pass to fit: ``epochs``, ``steps_per_epoch``, ``validation_data``, ...  ``callbacks`` and
        ``verbose`` are accepted and left out.

    Returns
    -------
    Report
        Stopped by Ctrl-C or the notebook's stop, it is about what was rehearsed so far.

    Raises
    ------
    BadSourceError, SourceSpentError
        If there is nothing to read. Nothing was read then.
    BadModelError
        If ``model`` is no compiled ``keras.Model`` on the TensorFlow backend. Nothing was read then.
    BadArgumentError
        If a limit is not positive.

    Examples
    --------
    >>> def make_batches():
    ...     for step in range(3):
    ...         x = np.full((4, 2), step, "float32")
    ...         yield x, np.array([0, 1, 1, 0]) if step < 2 else np.array([0.7, 0.2, 0.9, 0.4])
    >>> report = gendiag.diagnose(make_batches)
    >>> report.verdict
    'trains on altered data'
    >>> report.findings[0].rule, report.findings[0].batches
    ('silent-cast', (2,))
    """
    options = Options(rehearse_epochs, max_batches, budget_s, quiet_s, keep_bytes, progress)
    options.check()
    check_model(model)
    collect()
    return Report(judge(case_of(source, model, fit_args, options)))
