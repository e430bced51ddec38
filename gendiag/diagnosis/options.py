"""How far a diagnosis goes, and how it shows that it is under way."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from gendiag.runtime.progress import bar


@dataclass(frozen=True, slots=True)
class Options:
    """How far a diagnosis goes; see ``gendiag.diagnose``."""

    rehearse_epochs: int | None
    max_batches: int
    budget_s: float
    quiet_s: float
    keep_bytes: int
    progress: bool

    def bar(self, what: str, total: int | None, unit: str = "batches") -> AbstractContextManager[Callable[[int], None]]:
        """Show the progress of long work, unless the user wants none."""
        return bar(what, total, shown=self.progress, unit=unit)
