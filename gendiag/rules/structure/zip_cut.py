from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.records import Finding, Severity, counted
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Rule, sound
from gendiag.sources.dataset_chain import zipped
from gendiag.sources.dataset_zip import counts, is_repeated, pair_of

MISSING = 4


class ZipCut(Rule):
    """A dataset zips parts of different length, and ends where the shortest does.

    What fit does
        Gets as many samples as the shortest part has; the rest of the longer ones is never read.

    Why it hurts
        Samples are left out without a word; and where x and y should be of equal length, one of them lacks samples, so
        that the pairs behind the gap do not belong together.

    How to mend it
        Find which samples one part lacks, and leave them out of the other too.

    Known limits
        Only where TensorFlow knows both lengths. A warning where they are x and y and the model compares y with its
        output; else a note, since unpaired data may differ.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "zip-cut", "zip leaves out what the longer part has more"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        lengths = counts(seen.source.value) if seen.source.is_graph else ()
        known = [length for length in lengths if length is not None]
        if len(known) < 2 or len(set(known)) == 1:  # noqa: PLR2004  (there must be two to differ)
            return
        pair = pair_of(seen.source.value)
        names = ("x", "y") if pair is not None else tuple(f"part {number}" for number in range(len(lengths)))
        said = " and ".join(
            f"{name} {length}" for name, length in zip(names, lengths, strict=False) if length is not None
        )
        more = max(known) - min(known)
        message = (
            f"The dataset is a zip of parts of different length ({said}): it ends with the shortest, and "
            f"{counted(more, 'element')} of the longest {'are' if more > 1 else 'is'} left out in each pass over the "
            "source."
        )
        is_pair = pair is not None and bool(seen.batches) and bool(seen.model_facts.scored(seen.batches[0]))
        meant = any(is_repeated(part) for part in zipped(seen.source.value))
        severity: Severity = "warning" if is_pair and not meant else "note"
        fix = "Check which samples the shorter part lacks: pairs behind a gap do not belong together."
        yield self.finding(severity, message, fix=fix, lengths=lengths)

    def broken(self) -> Any:
        return _zip(MISSING)

    def mended(self) -> Any:
        return _zip(0)


def _zip(missing: int) -> Any:
    import tensorflow as tf

    x, y = (np.concatenate(part) for part in zip(*sound(), strict=True))
    parts = x, y[: len(y) - missing]
    return tf.data.Dataset.zip(tuple(tf.data.Dataset.from_tensor_slices(part) for part in parts)).batch(4)
