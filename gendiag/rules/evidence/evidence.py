"""What the rules read: the two records side by side, and a few questions to them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from gendiag.batches.signature import PEEKED
from gendiag.model.facts import Input, ModelFacts, Output
from gendiag.records import NOTHING, Batch, Delivery, Failure, Leaf, ModelRun, Paired, Rehearsal, Trial
from gendiag.rehearsal.profile import Profile
from gendiag.sources.source import Source

_COUNTED = re.compile(r"(_\d+)+$")


@dataclass(frozen=True)
class Evidence:
    """One source as it was profiled, rehearsed, and tried.

    Attributes
    ----------
    source, validation_source
        What was read; the second is None where ``validation_data`` is absent or arrays.
    fit_args
        As given by the user.
    profile, validation, rehearsal
        What was yielded, and what fit delivered.
    model, model_run
        The model in a few words, and what it did; None where no model was given, or nothing was delivered.
    model_facts
        What was known of the model beforehand; nothing where no model was given.
    called_facts
        What was known of the model of which evaluate or predict was called; None for fit.
    trials
        By batch; empty while suspects are sought.
    paired
        What a loss of the user's own does with an axis that y lacks or has too many; None where that is no matter.
    evaluates
        Whether these are the validation data, in the place of the training data.
    cut_short
        Whether it was stopped behind the rehearsal, while the model was run or tried.
    """

    source: Source
    profile: Profile
    rehearsal: Rehearsal
    fit_args: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    validation: Profile = field(default_factory=Profile)
    validation_source: Source | None = None
    model: str | None = None
    model_run: ModelRun | None = None
    model_facts: ModelFacts = field(default_factory=ModelFacts)
    called_facts: ModelFacts | None = None
    trials: Mapping[int, Trial] = field(default_factory=dict)
    paired: Paired | None = None
    evaluates: bool = False
    cut_short: bool = False

    @property
    def batches(self) -> tuple[Batch, ...]:
        """Every batch yielded for training."""
        return self.profile.batches

    @cached_property
    def leaves(self) -> Mapping[str, tuple[tuple[int, Leaf], ...]]:
        """Per leaf path: the batches that have it, and what it is there."""
        columns: dict[str, list[tuple[int, Leaf]]] = defaultdict(list)
        for batch in self.batches:
            for leaf in batch.leaves:
                columns[leaf.path].append((batch.index, leaf))
        return {path: tuple(column) for path, column in columns.items()}

    @cached_property
    def by_epoch(self) -> tuple[tuple[Delivery, ...], ...]:
        """Training steps of each epoch that was rehearsed; an epoch without a step is empty."""
        return split_by_epoch(self.rehearsal, self.rehearsal.deliveries)

    @cached_property
    def validation_by_epoch(self) -> tuple[tuple[Delivery, ...], ...]:
        """Evaluation steps of each epoch that was rehearsed."""
        return split_by_epoch(self.rehearsal, self.rehearsal.validation)

    def fed(self) -> Iterator[tuple[Batch, Leaf, Input]]:
        """Give every leaf of x with the input that takes it, as far as the model is known."""
        return ((batch, leaf, port) for batch in self.batches for leaf, port in self.model_facts.fed(batch))

    def scored(self) -> Iterator[tuple[Batch, Leaf, Output]]:
        """Give every leaf of y with the output that it is compared with, as far as the model is known."""
        return ((batch, leaf, port) for batch in self.batches for leaf, port in self.model_facts.scored(batch))

    @property
    def failure(self) -> Failure | None:
        """What fit raised: the model comes first, since it is given only batches that fit delivered before."""
        if self.model_run is not None and self.model_run.failure is not None:
            return self.model_run.failure
        return self.rehearsal.failure

    @property
    def fails_at(self) -> int | None:
        """The batch that fit cannot take, as far as a step tells."""
        if self.model_run is not None and self.model_run.failure is not None:
            return self.model_run.failed_batch
        return self.rehearsal.failed_batch

    @property
    def never_ends(self) -> bool:
        """Whether fit gave no answer on the probe, which takes whatever is delivered."""
        return self.rehearsal.ended == "no answer"

    @property
    def waits_for_ever(self) -> bool:
        """Whether fit gave no answer, and with this model too: none of the batches before makes it raise."""
        model_raises = self.model_run is not None and self.model_run.failed_batch is not None
        return self.never_ends and not model_raises

    def refused(self, index: int) -> bool:
        """Whether fit raised at batch ``index``, or would have come to it had it not raised before."""
        if self.failure is None or self.waits_for_ever:
            return False
        if self.fails_at is not None:
            return index >= self.fails_at
        return self.rehearsal.failed_in == "start" and index < PEEKED

    def model_raised_at(self, indices: Collection[int]) -> bool:
        """Whether the model raised on one of these, or while it was traced for fit's signature with one of them."""
        run = self.model_run
        if run is None or run.failure is None or run.failed_batch is None:
            return False
        return run.failed_batch in indices or (
            run.steps == 0 and any(index in indices for index in run.batches[:PEEKED])
        )

    def raised_in_layer(self) -> bool:
        """Whether a layer of the model raised, and so not its loss."""
        failure = self.model_run.failure if self.model_run is not None else None
        stems = {
            _COUNTED.sub("", name) for name in self.model_facts.layers
        }  # The copy counts anew: functional_4 is functional_5 there.
        return failure is not None and failure.layer is not None and _COUNTED.sub("", failure.layer) in stems

    def trained_on(self, index: int) -> bool:
        """Whether the model took the batch; of none where no model was given (then ask whether fit ``refused`` it)."""
        return self.model_run is not None and index in self.model_run.batches[: self.model_run.steps]

    @property
    def first_epoch(self) -> int:
        """The epoch in which training began: ``initial_epoch``."""
        return self.rehearsal.deliveries[0].epoch if self.rehearsal.deliveries else 0

    def place(self, index: int) -> str:
        """``batch 3 (epoch 1/3)``, the form in which messages name a batch."""
        read = self.profile.find(index)  # fit stands at what was not read
        epoch = max(0, self.first_epoch + self.rehearsal.epochs_run - 1) if read is None else read.epoch
        return (
            f"batch {index} (epoch {epoch + 1}/{self.rehearsal.epochs})"
            if self.rehearsal.epochs > 1
            else f"batch {index}"
        )


def split_by_epoch(rehearsal: Rehearsal, deliveries: tuple[Delivery, ...]) -> tuple[tuple[Delivery, ...], ...]:
    """Group by epoch, from ``initial_epoch`` on."""
    if not rehearsal.epochs_run:
        return ()
    first = deliveries[0].epoch if deliveries else 0
    return tuple(
        tuple(delivery for delivery in deliveries if delivery.epoch == epoch)
        for epoch in range(first, first + rehearsal.epochs_run)
    )
