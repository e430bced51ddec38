"""``watch``: the flight recorder of live calls of fit."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Literal

from gendiag.batches.store import MIB
from gendiag.diagnosis.diagnosis import Diagnosis
from gendiag.diagnosis.judge import judge
from gendiag.errors import BadArgumentError, NothingRecordedError
from gendiag.flight import patches
from gendiag.flight.call import Call
from gendiag.flight.callback import attach
from gendiag.flight.loop import Loop
from gendiag.flight.recorded_case import recorded_case
from gendiag.records.face import Face
from gendiag.rehearsal.rehearsal import count
from gendiag.report import Report
from gendiag.runtime.progress import is_under_way
from gendiag.views import faces, flight_card
from gendiag.views.flight_card import Told
from gendiag.views.live_panel import Stand

Level = Literal["light", "full"]
LEVELS = ("light", "full")


class Flight(Face):
    """What is recorded inside ``with gendiag.watch() as flight:``, and what it says afterwards.

    It shows itself, in a notebook and where it is printed: the calls on record, how far each came, and the verdict of
    those whose report was asked for.
    """

    def __init__(self, keep_bytes: int, level: Level) -> None:
        self._keep_bytes, self._full = keep_bytes, level == "full"
        self._calls: list[Call] = []
        self._reports: dict[int, Report] = {}
        self._lock = threading.RLock()

    def __enter__(self) -> Flight:  # noqa: PYI034  (typing.Self is not in Python 3.10)
        patches.begin(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        patches.end(self)
        for call in self._calls:
            if isinstance(call, Loop):
                call.left(error)

    # ------------------------------------------------------------------ for the patches
    def call(self, method: str, model: Any, given: dict[str, Any]) -> tuple[Call, dict[str, Any]]:
        """Begin the record of one call; with it come the arguments for Keras, the sources tapped."""
        call = Call(method, model, given, self._keep_bytes, full=self._full)
        arguments = call.opened()
        arguments["callbacks"] = attach(call, arguments.get("callbacks"))
        self._calls.append(call)
        return call, arguments

    def warned(self, text: str) -> None:
        """Take note of a warning for the calls under way."""
        for call in self._calls:
            if call.state == "running":
                call.warnings.append(text)

    # ------------------------------------------------------------------ for the notebook
    def stand(self) -> Stand | None:
        """Say where the call under way stands, which costs nothing; None while there is none."""
        call = self._under_way()
        if call is None:
            return None
        args, group = call.fit_args, call.steps_per_execution
        asked = count(args.get("steps_per_epoch", args.get("steps")), 0)
        each = asked or (call.train.source.length if call.steps else None)
        epochs, first = count(args.get("epochs"), 1), count(args.get("initial_epoch"), 0)
        total = each * max(0, epochs - first) if each else None
        return Stand(
            call.method, call.position.epoch, epochs, call.step * group, each, call.steps * group, total, call.seconds
        )

    def look(self) -> Diagnosis | None:
        """Say what is found so far of the call under way; None while there is none."""
        call = self._under_way()
        return None if call is None else self._report(call).diagnosis

    def _under_way(self) -> Call | None:
        call = next((call for call in reversed(self._calls) if call.state == "running"), None)
        return None if call is None or call.given_up or not call.train.epochs else call

    @property
    def is_empty(self) -> bool:
        """Whether nothing was called."""
        return not self._calls

    def stop(self) -> bool:
        """Let the calls under way end after their step; False where there is none, or they were told before."""
        running = [call for call in self._calls if call.state == "running" and not call.stop_asked]
        for call in running:
            call.stop()
        return bool(running)

    # ------------------------------------------------------------------ for the user
    @property
    def report(self) -> Report:
        """The report of the call that raised, else of the last fit, else of the last call.

        It is there after an exception, after Ctrl-C, and while fit runs in another thread: then about the steps so
        far, and the model is not tried.

        Raises
        ------
        NothingRecordedError
            If nothing was called inside the block, or the recording of it went wrong.
        """
        calls = self._recorded
        if not calls:
            raise NothingRecordedError(self._why_nothing())
        raised = [call for call in calls if call.state == "raised"]
        fits = [call for call in calls if call.method == "fit"]
        return self._report((raised or fits or calls)[-1])

    @property
    def reports(self) -> tuple[Report, ...]:
        """A report of every call that was recorded, in the order in which they began."""
        return tuple(self._report(call) for call in self._recorded)

    @property
    def _recorded(self) -> list[Call]:
        return [call for call in list(self._calls) if call.given_up is None]

    def _why_nothing(self) -> str:
        lost = [f"{call.method} ({call.given_up})" for call in self._calls if call.given_up]
        if lost:
            return (
                f"recording failed within {', '.join(lost)}; the call itself was left to go on. "
                "Type: with gendiag.watch(keep_bytes=16 * 2**20) as flight: model.fit(...), if memory was short."
            )
        return "no call of fit, evaluate or predict was recorded. Type: with gendiag.watch() as flight: model.fit(...)"

    def wrap(self, source: Any) -> Iterator[Any]:
        """Record a loop of your own: ``for batch in flight.wrap(source): ...``.

        It yields what iterating ``source`` yields. If the block is left by an exception, the batch worked on is the
        one named. Each ``wrap`` has its report; no model is known, so none is tried.
        """
        loop = Loop(source, self._keep_bytes, full=self._full)
        self._calls.append(loop)
        return loop.through()

    def _report(self, call: Call) -> Report:
        with self._lock:
            report = self._reports.get(id(call))
            if report is None:
                judged = judge(recorded_case(call, self._keep_bytes, progress=is_under_way()))
                report = Report(judged)
                if not judged.evidence.rehearsal.running:
                    self._reports[id(call)] = report
            return report

    # ------------------------------------------------------------------ its face
    def _told(self) -> list[Told]:
        return [self._told_of(call) for call in list(self._calls)]

    def _told_of(self, call: Call) -> Told:
        """What is known of a call; nothing is judged for it."""
        known = self._reports.get(id(call))
        asked = count(call.fit_args.get("epochs"), 1)
        epochs = f"{call.position.epochs_begun} of {asked}" if call.method == "fit" else ""
        model = str(getattr(call.model, "name", ""))
        diagnosis = known.diagnosis if known is not None else None
        # More steps are begun than taken: Keras finds only then that the data are at their end.
        steps = sum(at.group < call.steps for at in call.train.placed(call.steps_per_execution))
        return Told(
            call.method, model, call.state, epochs, steps or None, call.seconds, call.failure, call.given_up, diagnosis
        )

    def _repr_html_(self) -> str:
        return faces.framed(flight_card.to_html(self._told()))

    def __str__(self) -> str:
        return flight_card.to_text(self._told())

    @property
    def _brief(self) -> str:
        told = ", ".join(f"{call.method}: {call.state}" for call in self._calls)
        return f"{told or 'nothing recorded'}; see .report"


def watch(*, keep_bytes: int = 256 * MIB, level: Level = "light") -> Flight:
    """Record every call of ``fit``, ``evaluate`` and ``predict`` inside a ``with`` block, as it is.

    Parameters
    ----------
    keep_bytes
        Most bytes of raw batches held, for training and validation data each: the first two, those that look
        suspicious, and the newest.
    level
        ``light``: shape, dtype, bytes, range, NaN, infinities and a digest of each batch. ``full``: all figures, and
        what reaches the training step is measured too, which costs about half a millisecond a step.

    Returns
    -------
    Flight
        To be used as ``with gendiag.watch() as flight: model.fit(...)``; then ``flight.report``.

    Raises
    ------
    BadArgumentError
        If ``keep_bytes`` is not positive, or ``level`` is no level.

    Examples
    --------
    >>> with gendiag.watch() as flight:
    ...     history = model.fit(make_batches(), epochs=1, verbose=0)
    >>> flight
    <Flight: fit: finished; see .report>
    >>> flight.report.verdict, len(flight.report.deliveries)
    ('trains', 6)
    """
    if keep_bytes <= 0:
        msg = f"keep_bytes={keep_bytes}: it must be above 0."
        raise BadArgumentError(msg)
    if level not in LEVELS:
        msg = f"level={level!r}: it is one of {', '.join(map(repr, LEVELS))}."
        raise BadArgumentError(msg)
    return Flight(keep_bytes, level)
