"""One file per kind of source that fit accepts; ``recognise`` finds the kind, by class name and without imports.

A source knows how fit reads it, and what can be asked of it: whether it is indexed, ends, or can be read again.
Whatever it yields goes through a ``Tap``; who listens there, it does not know. A kind knows no other kind: what two
share is a file of its own beside them.

Endless is said of a generator only if its bytecode has no way to return, of a dataset if its cardinality is infinite,
or if the batches repeat; otherwise a source that outlasts the budget gets a note.
"""

from __future__ import annotations

from typing import Any

from gendiag.errors import BadSourceError
from gendiag.sources.arrays import ArraysSource
from gendiag.sources.factory import made_by
from gendiag.sources.generator import GeneratorSource
from gendiag.sources.pydataset import PyDatasetSource
from gendiag.sources.source import Source, describe_type
from gendiag.sources.tf_dataset import TfDatasetSource
from gendiag.sources.torch_loader import TorchLoaderSource
from gendiag.sources.unsupported import ForeignSource

KINDS: tuple[type[Source], ...] = (
    GeneratorSource,
    TfDatasetSource,
    PyDatasetSource,
    TorchLoaderSource,
    ArraysSource,
    ForeignSource,
)


def as_given(value: Any) -> Source | None:
    """Return the source that ``value`` itself is, read or not; None for what can be none."""
    return next((kind(value) for kind in KINDS if kind.accepts(value)), None)


def recognise(value: Any, argument: str = "") -> Source:
    """Return the source behind ``value``: one of the kinds, or what the function or class ``value`` makes.

    ``argument`` is that of fit in which it was given, if not the first.

    Raises
    ------
    BadSourceError
        For None, numbers and text, which can only be a mistake, and for a function that cannot be called.
    SourceSpentError
        For a generator that was read to its end, or is being read by another thread.
    """
    made = made_by(value)
    source = as_given(made)
    if source is not None:
        source.maker = value if made is not value else None
        source.check(argument)
        return source
    msg = (
        f"cannot diagnose {describe_type(made)} ({made!r:.60}): a source is a generator function, a generator, a "
        "PyDataset, a tf.data.Dataset, a torch DataLoader, or arrays. "
        + ("Does the function that made it lack a `return`?" if made is None else "Type diagnose(make_batches, model).")
    )
    raise BadSourceError(msg)
