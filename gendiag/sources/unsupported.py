"""Anything else: fit refuses it, and the rehearsal lets fit say so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gendiag.errors import BadSourceError
from gendiag.sources.source import Source, Tap, describe_type


class ForeignSource(Source):
    """An iterable or iterator that is no generator, or an object that is neither."""

    kind = "object"
    tapped = False
    is_foreign = True

    @classmethod
    def accepts(cls, value: object) -> bool:
        """Take what could have been meant as a source."""
        return value is not None and not isinstance(value, (bool, int, float, complex, str, bytes))

    def open(self, tap: Tap) -> dict[str, Any]:  # noqa: ARG002  (nothing is read)
        """Pass it as it is."""
        return {"x": self.value}

    def read(self) -> Iterator[Any]:
        """Yield its batches, if it has any."""
        if not hasattr(self.value, "__iter__"):
            msg = (
                f"cannot read batches from {describe_type(self.value)}: it is not iterable. "
                "Pass a generator function, a PyDataset, a tf.data.Dataset or arrays."
            )
            raise BadSourceError(msg)
        return iter(self.value)

    def describe(self) -> str:
        """Name the class."""
        return describe_type(self.value)
