from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from gendiag.records import Finding
from gendiag.rules.edits import arguments
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Edits, Rule, sound
from gendiag.runtime.short_value import short

EXAMPLES = {
    "steps_per_epoch": "`math.ceil(n_samples / batch_size)` or `n_samples // batch_size`",
    "validation_steps": "`math.ceil(n_validation / batch_size)` or `n_validation // batch_size`",
    "validation_freq": "validated after every epoch",
    "validation_split": "`validation_split=0.2` keeps the last fifth for validation",
}


LEAVES_NONE = "not sufficient to split it"  # keras 3.5.0 to 3.15.1


class ImpossibleArgument(Rule):
    """An argument of fit has a value of a kind that fit cannot work with.

    What fit does
        Checks no numbers. ``steps_per_epoch=6.0`` (mostly from ``n / batch_size``) raises "'float' object cannot be
        interpreted as an integer" where it begins to count, ``validation_steps=6.0`` after the whole first epoch;
        ``steps_per_epoch=-1`` with arrays "Invalid value in tensor used for shape".

    Why it hurts
        The message names no argument, and it comes from deep inside, so that it reads as if the data were at fault.

    How to mend it
        Pass a whole number: ``//`` or ``math.ceil`` in the place of ``/``.

    Known limits
        Only arguments whose values fit needs as plain numbers. A number of steps of 0 or below that fit takes for none
        given is another rule's (steps-not-positive).

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "impossible-argument", "An argument of fit has a value that fit cannot work with"
    fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"steps_per_epoch": 24 / 4})
    mended_fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"steps_per_epoch": 24 // 4})
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        failure = seen.failure
        if failure is None or failure.frame is not None or failure.layer is not None:
            return
        odd = [name for name, wrong in _DOMAINS.items() if name in seen.fit_args and wrong(seen.fit_args[name])]
        if LEAVES_NONE in failure.line and not odd:
            yield self._split(seen, failure.line)
        odd = [name for name in odd if _matters(name, seen)]
        if not odd:
            return
        name = odd[0]
        value, instead = seen.fit_args[name], _instead(name, seen.fit_args[name])
        message = (
            f"{name}={short(value)} {_what(name, value)}: fit raises {str(failure).rstrip('.')}. No batch is at "
            f"fault{'' if name in failure.line else ', and the message names no argument'}."
        )
        fix = (
            f"Pass `{name}={instead}`"
            if instead is not None
            else "Pass a share between 0 and 1"
            if name == "validation_split"
            else f"Pass a whole number of 1 or more for {name}"
        ) + (f" ({EXAMPLES[name]})." if name in EXAMPLES else ".")  # fmt: skip
        yield self.finding("error", message, fix=fix, argument=name, instead=instead)

    def _split(self, seen: Evidence, line: str) -> Finding:
        """Say which samples a share sets aside, where none is left for the other part."""
        share = seen.fit_args.get("validation_split")
        none = "to train on" if isinstance(share, (int, float)) and share > 0 else "to validate on"
        message = f"validation_split={short(share)} leaves no sample {none}: {line}"
        fix = "Pass a share that leaves both parts some samples, such as `validation_split=0.2`, or give fit more data."
        return self.finding("error", message, fix=fix, argument="validation_split", instead=None)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        argument, instead = finding.evidence["argument"], finding.evidence["instead"]
        if instead is not None:
            yield arguments.with_argument(at(seen, finding), argument, instead)
        elif argument != "epochs":
            yield arguments.without(at(seen, finding), argument, costs=f"{argument} is as if it were not given")

    def broken(self) -> Iterator[Any]:
        return sound()

    def mended(self) -> Iterator[Any]:
        return sound()


def is_whole(value: object) -> bool:
    """Whether Python takes it for a whole number (``operator.index``)."""
    try:
        operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return False
    return True


def _odd_count(value: object) -> bool:
    return value is not None and not (is_whole(value) and value >= 0)  # type: ignore[operator]


def _odd_epochs(value: object) -> bool:
    return not is_whole(value)


def _odd_frequency(value: object) -> bool:
    return not isinstance(value, (list, tuple, set, frozenset)) and not (is_whole(value) and value)


def _odd_share(value: object) -> bool:
    return value is not None and not (isinstance(value, (int, float)) and 0 <= value < 1)


_DOMAINS: Mapping[str, Callable[[object], bool]] = {
    "epochs": _odd_epochs,
    "initial_epoch": _odd_epochs,
    "steps_per_epoch": _odd_count,
    "batch_size": _odd_count,
    "validation_split": _odd_share,
    "validation_steps": _odd_count,
    "validation_batch_size": _odd_count,
    "validation_freq": _odd_frequency,
}


def _matters(name: str, seen: Evidence) -> bool:
    """Whether fit comes to use the argument: the training data before any step, those of the validation after."""
    trained, is_late = bool(seen.rehearsal.deliveries), name.startswith("validation_") and name != "validation_split"
    if name in {"batch_size", "validation_split"} and not seen.source.is_sliced:
        return False
    if is_late:
        return trained and seen.fit_args.get("validation_data") is not None
    return not trained


def _what(name: str, value: object) -> str:
    if name == "validation_split":
        return "is no share between 0 and 1"
    if is_whole(value):
        return "makes fit divide by 0" if not value else "is below 0"
    kind = type(value).__name__
    return f"is {'an' if kind[0] in 'aeiou' else 'a'} {kind}, where fit takes a whole number (int)"


def _instead(name: str, value: Any) -> int | None:
    """The whole number that was likely meant; None where that cannot be known."""
    if name == "validation_freq":
        return 1
    if name == "validation_split":
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return math.ceil(number) if math.isfinite(number) and number > 0 else None
