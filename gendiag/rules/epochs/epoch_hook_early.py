from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gendiag.records import Finding
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Rule, sound
from gendiag.sources.spot_check import SpotCheck


class EpochHookEarly(Rule):
    """``on_epoch_end`` runs before epoch 1, and what it counts is one ahead.

    What fit does
        Reads items 0 and 1 to learn the shapes, calls ``on_epoch_end``, and only then begins epoch 1. So the hook runs
        once more than there are epochs.

    Why it hurts
        Shuffling once more does no harm. A counter, a schedule or a curriculum is one epoch ahead: its first stage is
        never trained on.

    How to mend it
        Set the state in ``on_epoch_begin``, or start the counter one lower.

    Known limits
        A note, since a seed that counts up is no fault. Told by plain attributes (numbers, texts) that the hook changed
        before epoch 1, where item 0 was another before it and is the same each time it is asked for.

    Source
        measured on keras 3.15.1, 3.12.0, 3.10.0, 3.8.0 and 3.7.0. Keras 3.6.0 and 3.5.0 call it at the end of epochs
        only.
    """

    name, title = "epoch-hook-early", "on_epoch_end has run before epoch 1"
    since = "3.7"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        spot_check = seen.profile.spot_check
        if spot_check is None or not spot_check.hook or not _changes_the_data(seen, spot_check):
            return
        changed = ", ".join(f"self.{name} from {old!r} to {new!r}" for name, (old, new) in spot_check.hook.items())
        message = (
            f"`on_epoch_end` of the source ran before epoch 1 and changed {changed}; batch 0 as it was before is never "
            "trained on."
        )
        fix = "Count in `on_epoch_begin`, or start one lower, if epoch 1 is to be trained on the first state."
        yield self.finding("note", message, fix=fix, batches=[0], changed=dict(spot_check.hook))

    def broken(self) -> Any:
        return _items("on_epoch_end")

    def mended(self) -> Any:
        return _items("on_epoch_begin")


def _changes_the_data(seen: Evidence, spot_check: SpotCheck) -> bool:
    before = next((peek.digests for peek in seen.profile.peeks if peek.index == 0), ())
    delivered = {batch.digests for batch in seen.batches}
    is_read = any(batch.index == 0 for batch in seen.batches)
    return spot_check.repeatable and is_read and all(before) and bool(before) and before not in delivered


def _items(hook: str) -> Any:
    import keras

    class Items(keras.utils.PyDataset):
        def __init__(self) -> None:
            super().__init__()
            self.stage = 1

        def __len__(self) -> int:
            return 6

        def __getitem__(self, index: int) -> Any:
            x, y = list(sound())[index]
            return x * self.stage, y

    def advance(self: Any) -> None:
        self.stage += 1

    setattr(Items, hook, advance)
    return Items()
