"""fit-refuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from gendiag.evidence import Evidence
from gendiag.records import Finding
from gendiag.rules.base import Rule, sound


class FitRefuses(Rule):
    """fit raises, before the model sees the batch, for a reason that no other rule names.

    What fit does
        Raises what the finding quotes.

    Why it hurts
        Training does not begin, or breaks off.

    How to mend it
        Read Keras's own sentence in the finding; it is quoted without the graph traceback.

    Known limits
        This is what is left when no other rule speaks.

    Source
        quoted from the very run.
    """

    name, title = "fit-refuses", "fit raises"
    fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"class_weight": MappingProxyType({0: 1.0, 1: 2.0})})

    def check(self, seen: Evidence) -> Iterator[Finding]:
        failure = seen.rehearsal.failure
        if failure is None or seen.never_ends:
            return
        index, place = seen.rehearsal.failed_batch, seen.rehearsal.failed_in
        where = (
            f"at {seen.place(index)}"
            if index is not None
            else "in the validation"
            if place == "validation"
            else "before the first step"
        )
        message = f"fit raises {where}: {failure.line}{'' if failure.line.endswith('.') else '.'}"
        evidence = {"source": "validation"} if place == "validation" else {}
        fix = "Do as Keras's sentence says; the full text is in the evidence."
        yield self.finding(
            "error",
            message,
            fix=fix,
            batches=[] if index is None else [index],
            type=failure.type,
            text=failure.details,
            **evidence,
        )

    def broken(self) -> Iterator[Any]:
        return sound()

    def mended(self) -> Any:
        import keras

        class Items(keras.utils.PyDataset):  # type: ignore[misc, name-defined]  # keras is untyped
            def __len__(self) -> int:
                return 6

            def __getitem__(self, index: int) -> Any:
                x, y = list(sound())[index]
                return x, (y > 0).astype("int64")

        return Items(workers=1)
