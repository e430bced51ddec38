"""Where fit stands; whoever follows it writes that down here, and the taps of its data read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Phase = Literal["start", "between", "training", "validation"]


@dataclass(slots=True)
class FitPosition:
    """One place for one fit.

    Attributes
    ----------
    phase
        ``start`` before any epoch; ``between`` where it is known that neither a training nor an evaluation step is
        under way.
    epoch, epochs_begun
        The epoch as fit numbers it, from ``initial_epoch`` on, and how many were begun.
    """

    phase: Phase = "start"
    epoch: int = 0
    epochs_begun: int = 0

    def begin_epoch(self, epoch: int, phase: Phase) -> None:
        """Go on to an epoch."""
        self.epoch, self.phase = epoch, phase
        self.epochs_begun += 1
