"""Items asked for by several threads at once, against the same ones asked for one after the other."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from gendiag.batches.measure import measure
from gendiag.records import Batch

MOST_ITEMS, ROUNDS = 12, 4
PATIENCE_S = 1.0  # for all of them, asked for once


def disturbed(dataset: Any, length: int | None, workers: int) -> tuple[Batch, ...]:
    """Return items that come with other content side by side, and the same alone before and after.

    Nothing where they are not the same alone, or take long; where one raises it is no matter of content.
    """
    indices = range(min(length or 0, MOST_ITEMS))
    start = time.monotonic()
    try:
        alone = [_item(dataset, index) for index in indices]
        if time.monotonic() - start > PATIENCE_S:
            return ()
        together = [_together(dataset, indices, workers) for _ in range(ROUNDS)]
        after = [_item(dataset, index) for index in indices]
    except Exception:  # noqa: BLE001  (fit never asked for this)
        return ()
    if [each.digests for each in alone] != [each.digests for each in after]:
        return ()
    other = {batch.index: batch for items in together for batch in items if batch.digests != alone[batch.index].digests}
    return tuple(other[index] for index in sorted(other))


def _together(dataset: Any, indices: range, workers: int) -> list[Batch]:
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(lambda index: _item(dataset, index), indices))


def _item(dataset: Any, index: int) -> Batch:
    return measure(dataset[index], index=index, epoch=0)
