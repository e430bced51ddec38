"""What a row of the surface is: the smallest broken call of fit, what must be said of it, and sound look-alikes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any


class Call:
    """One call of fit. A factory makes it, so that each run gets a fresh source and a fresh model."""

    def __init__(self, source: Any, model: Any, **fit: Any) -> None:
        self.source, self.model, self.fit = source, model, fit


Make = Callable[[], Call]


@dataclass
class Row:
    """A kind of fault in its smallest form.

    Attributes
    ----------
    area, name
        The module that it stands in, and the name of the function; ``name[variant]`` where there are several.
    make
        Makes the broken call.
    verdict
        What the real fit does, in the words of ``Report.verdict``.
    first
        The rule of the first finding; None where silence is expected.
    batch
        A batch that the first finding must name.
    says
        Regular expressions, each of which must match the first finding's message or fix.
    because
        Why nothing can be told from the data; set where silence is expected.
    live
        Whether it is run through ``watch`` too; else the reason why not.
    sound
        Factories of look-alikes with nothing wrong.
    method
        What is called: ``fit``, or ``evaluate`` or ``predict``, which ``watch`` alone knows.
    """

    area: str
    name: str
    make: Make
    verdict: str
    first: str | None = None
    batch: int | None = None
    says: tuple[str, ...] = ()
    because: str = ""
    live: bool | str = True
    sound: list[Make] = field(default_factory=list)
    method: str = "fit"


ROWS: list[Row] = []


@dataclass(frozen=True)
class Look:
    """What ``@fault`` makes of a function: it takes the look-alikes."""

    rows: tuple[Row, ...]

    def sound(self, make: Make) -> Make:
        """Register a look-alike with nothing wrong."""
        self.rows[0].sound.append(make)
        return make


def fault(  # noqa: PLR0913  (keyword-only options)
    *,
    first: str,
    verdict: str = "trains",
    batch: int | None = None,
    says: str | tuple[str, ...] = (),
    live: bool | str = True,
    variants: Iterable[Any] = (),
    method: str = "fit",
) -> Callable[[Callable[..., Call]], Look]:
    """Register the function below as a row, or as one for each variant that it is called with."""
    words = (says,) if isinstance(says, str) else tuple(says)

    def register(make: Callable[..., Call]) -> Look:
        rows = tuple(
            Row(_area(make), name, each, verdict, first, batch, words, live=live, method=method)
            for name, each in _each(make, variants)
        )
        ROWS.extend(rows)
        return Look(rows)

    return register


def silent(*, because: str, verdict: str = "trains") -> Callable[[Make], Look]:
    """Register a fault that the data cannot tell from what is sound: nothing above a note is expected."""

    def register(make: Make) -> Look:
        row = Row(_area(make), make.__name__, make, verdict, because=because)
        ROWS.append(row)
        return Look((row,))

    return register


def _area(make: Callable[..., Call]) -> str:
    return make.__module__.rpartition(".")[2]


def _each(make: Callable[..., Call], variants: Iterable[Any]) -> Iterator[tuple[str, Make]]:
    named = {f"{make.__name__}[{getattr(one, '__name__', one)}]": one for one in variants}
    if not named:
        yield make.__name__, make
    for name, one in named.items():
        yield name, lambda one=one: make(one)
