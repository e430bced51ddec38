"""How far a diagnosis goes, and how it shows that it is under way."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass

from gendiag.errors import BadArgumentError
from gendiag.runtime.estimate import Phase
from gendiag.runtime.progress import Place, Progress, bar, under_way


@dataclass(frozen=True, slots=True)
class Options:
    """How far a diagnosis goes; see ``gendiag.diagnose``."""

    rehearse_epochs: int | None
    max_batches: int
    budget_s: float
    quiet_s: float
    keep_bytes: int
    progress: bool

    def check(self) -> None:
        """Refuse limits that are none.

        Raises
        ------
        BadArgumentError
            If one is not positive.
        """
        for name in ("rehearse_epochs", "max_batches", "budget_s", "quiet_s", "keep_bytes"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                msg = f"{name}={value}: it must be above 0."
                raise BadArgumentError(msg)

    def bar(self, phase: Phase) -> AbstractContextManager[Progress]:
        """Show the progress of long work, unless the user wants none."""
        return bar(phase, shown=self.progress)

    def under_way(self) -> AbstractContextManager[Place]:
        """Show the phases within in one place."""
        return under_way(shown=self.progress)
