"""What every kind of source can do."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar, NamedTuple, Protocol

from gendiag.records import Batch, Failure
from gendiag.sources.generator_casts import SignatureCast
from gendiag.sources.hook_effect import HookEffect


class Tap(Protocol):
    """Who writes down what a source yields, as the source sees it.

    Attributes
    ----------
    batches
        What was yielded so far.
    training
        Whether fit has begun to train; before that it only looks at the first items.
    in_epochs
        Whether fit has begun its first epoch.
    early_hook
        Attributes that the epoch hook of an indexed source changed before training: before and after, by name.
    late_hook
        Attributes that the hook at the beginning of an epoch changed, by name, with the batches asked for before it.
    hooks
        What the epoch hooks of an indexed source do, by name.
    lengths
        Of an indexed source, after each of its epoch hooks.
    error, failed_index
        What the source raised, and which batch it was making.
    """

    batches: list[Batch]
    training: bool
    early_hook: dict[str, tuple[Any, Any]]
    late_hook: dict[str, tuple[int, ...]]
    hooks: dict[str, HookEffect]
    lengths: list[int | None]
    error: BaseException | None
    failed_index: int | None

    @property
    def in_epochs(self) -> bool:
        """See above."""

    def through(self, iterator: Iterator[Any]) -> Iterator[Any]:
        """Yield what ``iterator`` yields, written down."""

    def asking(self, index: int) -> AbstractContextManager[None]:
        """Note that the source is being asked for batch ``index``, and what it raises instead."""

    def yielded(self, raw: object, wait_s: float, index: int | None = None) -> Any:
        """Write down a batch; ``index`` where the source is asked by index."""

    def peeked(self, raw: object, index: int) -> None:
        """Write down what fit read only to learn the shapes."""

    def handed_out(self, raw: object, index: int) -> object:
        """Return what fit is to be given for the batch that an indexed source answered with."""

    def look_at(self, source: object) -> None:
        """Look at the source itself, now and then."""


class RefusedLength(NamedTuple):
    """What a source raises when fit asks for its length, and what ``__len__`` gave, alone in a tuple, if it did."""

    said: str
    given: tuple[object, ...] = ()

    def explains(self, failure: Failure) -> bool:
        """Whether fit raised this."""
        return bool(self.said) and self.said in failure.details


class Source(ABC):
    """Something that fit accepts as one argument.

    Attributes
    ----------
    kind
        What it is, in words for a sentence.
    value, maker
        What fit would get, and the function or class that made it, or None.
    one_shot
        Whether it can be read once only.
    restarts_each_epoch
        Whether fit reads it from the start in each epoch.
    is_indexed
        Whether it is asked for its batches by number: by fit in any order, by worker threads, and by us once more.
    is_graph
        Whether its batches are made in a graph, and held to an ``element_spec`` of its own.
    is_sliced
        Whether fit itself cuts the batches from it.
    is_foreign
        Whether it is of no kind that fit is known to read.
    read_before
        The generator that had been read, or closed, when this was first looked at: itself or one that it reads from.
    """

    kind: ClassVar[str]
    one_shot: ClassVar[bool] = False
    restarts_each_epoch: ClassVar[bool] = True
    is_indexed: ClassVar[bool] = False
    is_graph: ClassVar[bool] = False
    is_sliced: ClassVar[bool] = False
    is_foreign: ClassVar[bool] = False

    def __init__(self, value: Any, maker: Any = None) -> None:
        self.value, self.maker = value, maker
        self.read_before = ""

    @classmethod
    @abstractmethod
    def accepts(cls, value: object) -> bool:
        """Whether ``value`` is of this kind; nothing heavy is imported to find out."""

    @abstractmethod
    def open(self, tap: Tap) -> dict[str, Any]:
        """Return fit's data arguments (``x``, and ``y`` for arrays), every batch recorded by ``tap``."""

    @property
    def tapped(self) -> bool:
        """Whether its yields are recorded before fit touches them; else they are recorded at delivery."""
        return True

    @property
    def is_batched(self) -> bool:
        """Whether it brings batches of its own, for which fit needs no ``batch_size``."""
        return not (self.is_sliced or self.is_foreign)

    @property
    def keeps_order(self) -> bool:
        """Whether fit takes its batches in the order in which they come, whatever ``shuffle`` says."""
        return self.is_batched and not self.is_indexed

    @property
    def workers(self) -> int:
        """How many threads or processes ask it for batches at the same time."""
        return 1

    @property
    def in_processes(self) -> bool:
        """Whether its workers are processes, with memory of their own."""
        return False

    def check(self, argument: str) -> None:  # noqa: B027  (most kinds can always be read)
        """Raise a SourceSpentError if there is nothing left to read; called before anything else."""

    @abstractmethod
    def read(self) -> Iterator[Any]:
        """Yield the raw batches of one pass, without Keras."""

    def drain(self, tap: Tap, is_enough: Callable[[], bool]) -> None:  # noqa: B027  (most kinds end there)
        """Read on behind the batch at which fit raised, for the profile, until ``is_enough()``."""

    def close(self) -> None:  # noqa: B027  (most kinds leave nothing behind)
        """Take back what fit, when it raised, left behind of this source."""

    def release(self) -> None:  # noqa: B027  (most kinds are not looked into)
        """Take away what ``open`` put into the source; called when fit is over."""

    @property
    def casts(self) -> tuple[SignatureCast, ...]:
        """Values that the source's own signature changed before fit was given them."""
        return ()

    def replay(self, batches: Sequence[Any], fit_args: Mapping[str, Any]) -> Any:  # noqa: ARG002  (see ArraysSource)
        """Return a source of the same kind, which fit holds to the same signature, made of these raw batches."""
        return (batch for batch in batches)

    def packed(self, raw: object) -> Any:
        """Return a batch in the structure in which fit hands it to ``train_step``."""
        return raw

    def replay_args(self, fit_args: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002  (see PyDatasetSource)
        """Return those of fit's arguments that a replay needs to make of a batch what fit makes of it."""
        return {}

    def split_off(self, fit_args: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002  (arrays alone can be split)
        """Return as ``validation_data`` what fit sets aside for a ``validation_split``."""
        return {}

    def dtypes(self, fit_args: Mapping[str, Any]) -> dict[str, str]:  # noqa: ARG002  (of what fit cuts itself)
        """Return by path the dtypes that were given, where fit casts before it makes batches."""
        return {}

    @property
    def length(self) -> int | None:
        """Batches in one pass, as far as the source itself says it."""
        return None

    @property
    def refused_length(self) -> RefusedLength | None:
        """Why it cannot be asked for its length; None where it can, or is not asked."""
        return None

    @property
    def is_endless(self) -> bool:
        """Whether it provably has no end of its own."""
        return False

    @property
    def loops_for_ever(self) -> bool:
        """Whether its code has a loop that only a ``return`` or ``break`` inside, if any, can end."""
        return False

    def describe(self) -> str:
        """The source in a few words."""
        if self.maker is not None:
            return f"{self.kind} made by {getattr(self.maker, '__name__', type(self.maker).__name__)}"
        return f"{self.kind} {getattr(self.value, '__name__', type(self.value).__name__)}"


def without_maker(source: Source) -> Source:
    """Return the same source as one of which nobody knows how it was made."""
    alike = copy.copy(source)
    alike.maker = None
    return alike


def class_names(value: object) -> set[str]:
    """Names of the classes along the MRO: kinds are recognised by these, so that no library is imported."""
    return {cls.__name__ for cls in type(value).__mro__}


def defined_in(value: object, package: str) -> bool:
    """Whether a class along the MRO comes from ``package``."""
    return any(cls.__module__.split(".")[0] == package for cls in type(value).__mro__)


def describe_type(value: object) -> str:
    """``a list``, ``an Iterator (module tools)``: the class, with its module where that is no built-in."""
    kind = type(value)
    article = "an" if kind.__name__[0].lower() in "aeio" else "a"
    return f"{article} {kind.__name__}" + ("" if kind.__module__ == "builtins" else f" (module {kind.__module__})")
