"""A profiled source: its batches as a pandas frame, and the raw batches still held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from gendiag.batches.store import Store
from gendiag.records import counted
from gendiag.records.face import Face

Record = TypeVar("Record", "Batch", "Delivery")

if TYPE_CHECKING:
    import pandas as pd

    from gendiag.records import Batch, Delivery, Failure, Leaf
    from gendiag.sources.hook_effect import HookEffect
    from gendiag.sources.spot_check import SpotCheck

READ = {
    "end": "the source came to its end",
    "budget": "until the budget of batches or time",
    "stopped": "until it was stopped",
    "raised": "until the source raised",
    "fit": "as far as fit read",
}
LEAF_COLUMNS = (
    "kind", "shape", "rows", "dtype", "nbytes", "low", "high", "mean", "std", "n_nan", "n_inf", "zeros", "distinct",
    "digest", "shared",
)  # fmt: skip
COLUMNS = ("epoch", "batch", "leaf", *LEAF_COLUMNS, "wait_s", "rss_bytes")


def with_dtypes(records: Iterable[Record], dtypes: Mapping[str, str]) -> tuple[Record, ...]:
    """Give leaves the dtypes in which they were given, where they were measured behind a cast."""
    if not dtypes:
        return tuple(records)
    return tuple(replace(record, leaves=tuple(_given(leaf, dtypes) for leaf in record.leaves)) for record in records)


def _given(leaf: Leaf, dtypes: Mapping[str, str]) -> Leaf:
    return replace(leaf, dtype=dtypes.get(leaf.path, leaf.dtype))


@dataclass(frozen=True, repr=False)
class Profile(Face):
    """What a source yielded, batch by batch.

    Attributes
    ----------
    batches
        Every batch read, by index.
    read_order
        Their indices in the order in which the source was done with them; an indexed source is asked in any order.
    ended
        ``end``: the source came to its end. ``budget``: the batch or time budget did. ``stopped``: the user did.
        ``raised``: the source raised. ``fit``: fit read no further.
    failure
        The source's own exception, or None.
    error
        That exception itself, with its traceback.
    failed_index
        The batch that the source was making then; it may lie behind the one at which fit raised.
    seconds
        Wall time of the reading.
    peeks
        Items that fit read before training only to learn the shapes, in the order read. It asks for them again.
    spot_check
        What an indexed source answered when it was asked again after fit; None for other kinds.
    early_hook
        Plain attributes that the epoch hook of an indexed source changed before training: name to before and after.
    late_hook
        What the hook at the beginning of an epoch changed when batches of it had been asked for: name to these.
    hooks
        What the epoch hooks of an indexed source do, by name.
    comes_alone
        Whether the item that raised in a worker thread came when it was asked for alone.
    lengths
        Batches in one pass as an indexed source said it after each of its epoch hooks.
    growth
        Containers that the source holds and that grow: name to its length at the batches looked at.
    source
        What was read, in a few words; empty where that is said elsewhere.
    length
        Batches in one pass, as far as the source itself says it.
    limit
        The argument at which the reading ended, such as ``max_batches=1000``; empty for none.
    """

    batches: tuple[Batch, ...] = ()
    read_order: tuple[int, ...] = ()
    ended: Literal["end", "budget", "stopped", "raised", "fit"] = "end"
    failure: Failure | None = None
    error: BaseException | None = None
    failed_index: int | None = None
    seconds: float = 0.0
    peeks: tuple[Batch, ...] = ()
    spot_check: SpotCheck | None = None
    comes_alone: bool = False
    early_hook: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    late_hook: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    hooks: Mapping[str, HookEffect] = field(default_factory=dict)
    lengths: tuple[int | None, ...] = ()
    growth: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    source: str = ""
    length: int | None = None
    limit: str = ""
    store: Store = field(default_factory=Store, repr=False)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row per leaf per batch.

        Columns: ``epoch``, ``batch`` (index), ``leaf`` (path), ``kind``, ``shape`` (tuple), ``rows`` (length of the
        batch axis), ``dtype``, ``nbytes``, ``low``, ``high``, ``mean``, ``std`` (over the finite values), ``n_nan``,
        ``n_inf``, ``zeros``, ``distinct`` (None above 65,536 values), ``digest`` (equal where the content is),
        ``shared`` (same memory as in the batch before), ``wait_s`` (time until the source yielded the batch),
        ``rss_bytes`` (memory of the process just after).
        """
        import pandas as pd

        rows = [_row(batch, leaf) for batch in self.batches for leaf in batch.leaves]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def summary(self) -> pd.DataFrame:
        """One row per leaf: its dtypes and shapes with their counts, range, NaN and Inf, bytes.

        Columns: ``leaf``, ``batches``, ``dtypes``, ``shapes`` (dicts of value to number of batches), ``low``,
        ``high``, ``n_nan``, ``n_inf``, ``nbytes`` (sum).
        """
        import pandas as pd

        grouped = self.frame.groupby("leaf", sort=False)
        rows = [
            {
                "leaf": leaf,
                "batches": len(part),
                "dtypes": part["dtype"].value_counts().to_dict(),
                "shapes": part["shape"].value_counts().to_dict(),
                "low": part["low"].min(),
                "high": part["high"].max(),
                "n_nan": int(part["n_nan"].sum()),
                "n_inf": int(part["n_inf"].sum()),
                "nbytes": int(part["nbytes"].sum()),
            }
            for leaf, part in grouped
        ]
        return pd.DataFrame(rows)

    def find(self, batch: int | None) -> Batch | None:
        """Return the record of the batch of that index, or None; its own place, where it mostly is, comes first."""
        if batch is not None and 0 <= batch < len(self.batches) and self.batches[batch].index == batch:
            return self.batches[batch]
        return next((one for one in self.batches if one.index == batch), None)

    def raw(self, batch: int) -> Any:
        """Return a copy of the batch as it was yielded.

        Raises
        ------
        NotKeptError
            If the batch was never read, or fell out of ``keep_bytes``.
        """
        return self.store.get(batch)

    @property
    def _brief(self) -> str:
        end = f"{self.limit} was reached" if self.limit else READ[self.ended]
        told = f"{counted(len(self.batches), 'batch', 'batches')} read, {end}, {self.seconds:.1f} s"
        return f"{told}; see .frame, or print it"


def _row(batch: Batch, leaf: Leaf) -> list[object]:
    return [
        batch.epoch, batch.index, leaf.path, *(getattr(leaf, name) for name in LEAF_COLUMNS),
        batch.wait_s, batch.rss_bytes,
    ]  # fmt: skip
