"""An edit: a change to a source or to fit's arguments, as code that is both what is shown and what is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gendiag.errors import BadSourceError
from gendiag.records import NOTHING
from gendiag.sources.factory import is_maker, made_by

Target = Literal["x", "validation_data"]


@dataclass(frozen=True, slots=True)
class Edit:
    """A change proposed for a fault; nothing is known of whether it helps until it was run.

    Attributes
    ----------
    title
        What it does, as an order: ``Cast y to float32``.
    code
        Python code that defines ``mended(source)``; empty where only arguments of fit change.
    changes_meaning
        What it costs, such as ``drops samples``; empty where fit trains on the same data.
    size
        How far it reaches; the smallest is shown first.
    fit_args
        Arguments of fit to change; None leaves one out.
    target
        The argument of fit that it is applied to.
    calls_source
        Whether ``mended`` wants the function that makes the source, because it calls it again.
    """

    title: str
    code: str = ""
    changes_meaning: str = ""
    size: int = 1
    fit_args: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    target: Target = "x"
    calls_source: bool = False

    @property
    def parts(self) -> frozenset[str]:
        """The edits that it is made of, by their titles."""
        return frozenset(self.title.lower().split("; "))

    @property
    def defines(self) -> bool:
        """Whether it changes the source, and not arguments alone."""
        return bool(self.code)

    def apply(self, source: Any) -> Any:
        """Run the code, and return what ``mended`` makes of the source.

        Parameters
        ----------
        source
            What fit would be given, or the function that makes it.

        Raises
        ------
        BadSourceError
            If the edit calls the source again and ``source`` is no function.
        """
        if self.calls_source and not is_maker(source):
            msg = (
                f"cannot apply this repair to a {type(source).__name__}: it makes the source again whenever it was "
                "read to its end. Pass the function that makes it, without the parentheses: apply(make_batches)."
            )
            raise BadSourceError(msg)
        given = source if self.calls_source else made_by(source)
        if not self.defines:
            return given
        names: dict[str, Any] = {"__name__": "mended"}
        exec(compile(self.code, "<mended>", "exec"), names)  # noqa: S102  (our own text: what is shown is run)
        return names["mended"](given)
