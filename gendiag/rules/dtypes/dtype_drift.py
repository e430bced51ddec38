from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from gendiag.records import Finding, Leaf, listed
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Rule, sound


class DtypeDrift(Rule):
    """The dtype of a leaf changes between batches; this time no value was lost.

    What fit does
        Casts every batch to the dtype of batch 0, without a word.

    Why it hurts
        It is harmless as long as the values survive the cast, and silent on the day they do not.

    How to mend it
        Give the leaf one dtype in the generator.

    Known limits
        Where values do change it is ``silent-cast``, and this rule keeps silent.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0; the same on 3.8.0 and 3.3.3.
    """

    name, title = "dtype-drift", "The dtype of a leaf changes between batches"
    severity = "note"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        lossy = {path for delivery in seen.rehearsal.deliveries for path in delivery.changed}
        for path, column in seen.leaves.items():
            dtypes = Counter(leaf.dtype for _, leaf in column if leaf.dtype and leaf.rows != 0)
            if len(dtypes) > 1 and path not in lossy:
                yield self._finding(seen, path, column, dtypes)

    def _finding(self, seen: Evidence, path: str, column: Sequence[tuple[int, Leaf]], dtypes: Counter[str]) -> Finding:
        usual = column[0][1].dtype
        odd = [index for index, leaf in column if leaf.dtype != usual and leaf.rows != 0]
        shares = " and ".join(f"{dtype} in {count}" for dtype, count in dtypes.most_common())
        message = (
            f"The dtype of {path} differs between batches ({shares} of {len(column)}, first in {listed(odd[:1])}); "
            f"fit casts all to {usual}, the dtype of batch 0.{'' if seen.failure else ' No value changed.'}"
        )
        fix = f"Give {path} one dtype in every batch, for example `{path}.astype('{usual}')`."
        return self.finding("note", message, fix=fix, batches=odd, leaf=path, dtypes=dict(dtypes))

    def broken(self) -> Iterator[Any]:
        return ((x, (y > 0).astype("float64" if step % 2 else "int64")) for step, (x, y) in enumerate(sound()))

    def mended(self) -> Iterator[Any]:
        return ((x, (y > 0).astype("int64")) for x, y in sound())
