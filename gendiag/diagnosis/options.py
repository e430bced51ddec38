"""How far a diagnosis goes, and how it shows that it is under way."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from gendiag.errors import BadArgumentError
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

    def bar(self, what: str, total: int | None, unit: str = "batches") -> AbstractContextManager[Callable[[int], None]]:
        """Show the progress of long work, unless the user wants none."""
        return bar(what, total, shown=self.progress, unit=unit)
