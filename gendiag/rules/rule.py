"""What every rule is: a name, a check, the smallest source that shows the fault, and a docstring that is the lesson."""

from __future__ import annotations

import inspect
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, TypeVar

import numpy as np

from gendiag.records import NOTHING, Batch, Finding, Leaf, Severity
from gendiag.rules.edits.edit import Edit
from gendiag.rules.evidence.evidence import Evidence

HEADINGS = ("What fit does", "Why it hurts", "How to mend it", "Known limits", "Source")
ROWS, FEATURES = 4, 3
Met = TypeVar("Met")
Edits = Iterator[Edit | None]  # None where one cannot be made
BAD = 3  # the batch at which the broken source of a rule goes wrong


class Rule(ABC):
    """A pitfall. The subclass's docstring is its lesson, under the headings of ``HEADINGS``.

    Attributes
    ----------
    name
        The fault in kebab case, never the remedy.
    title
        The fault in a few words.
    severity
        How bad it is in ``broken``; in another source the rule may find it milder, or worse.
    alters
        Whether a warning of this rule means that fit trains on something else than was yielded.
    batchwise
        Whether an error of this rule is about what a batch is, so that it is asked about validation data too.
    reads_trials
        Whether it is asked once more when its batch was tried, to say what the trial showed.
    consequence_of
        Rules whose finding, about the same leaf and batches, says why this one's is there; this one's is left out.
    quotes
        Whether an error of this rule only quotes what was raised; it is left out where another one comes first.
    stops_fit
        Whether an error of this rule means that fit raises in a callback, which a rehearsal leaves out.
    fit_args
        Arguments of fit under which ``broken`` shows the fault.
    mended_fit_args
        Those for ``mended``, where the fault is in them; None for the same.
    compares
        Whether it is about what the outputs are compared with, which predict does not read; all of ``labels`` are.
    since
        The first version of Keras that does so; empty for all that are supported.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    severity: ClassVar[Severity] = "warning"
    alters: ClassVar[bool] = False
    batchwise: ClassVar[bool] = False
    reads_trials: ClassVar[bool] = False
    consequence_of: ClassVar[tuple[str, ...]] = ()
    quotes: ClassVar[bool] = False
    stops_fit: ClassVar[bool] = False
    compares: ClassVar[bool] = False
    fit_args: ClassVar[Mapping[str, Any]] = NOTHING
    mended_fit_args: ClassVar[Mapping[str, Any] | None] = None
    since: ClassVar[str] = ""

    @property
    def family(self) -> str:
        """The folder that it stands in: a chapter of the lessons."""
        return type(self).__module__.split(".")[2]

    @abstractmethod
    def check(self, seen: Evidence) -> Iterator[Finding]:
        """Yield what is found, the worst first. Reads only."""

    @abstractmethod
    def broken(self) -> Any:
        """Make the smallest source with this fault and no other."""

    @abstractmethod
    def mended(self) -> Any:
        """Make the same source without the fault."""

    def edits(self, finding: Finding, seen: Evidence) -> Edits:  # noqa: ARG002  (a default)
        """Propose edits for what was found, the smallest first; each is run before it is shown."""
        return iter(())

    def model(self) -> Any | None:
        """Make the compiled model on which ``broken`` shows the fault; None for any that takes ``sound``."""
        return None

    def mended_model(self) -> Any | None:
        """Make the model for ``mended``, where the fault is in the model."""
        return self.model()

    def finding(
        self,
        severity: Severity,
        message: str,
        *,
        fix: str,
        batches: Iterable[int] = (),
        leaf: str | None = None,
        **evidence: Any,
    ) -> Finding:
        """Make a finding of this rule; ``why`` comes from the lesson."""
        why = self.lesson()["Why it hurts"]
        return Finding(self.name, severity, self.title, message, why, fix, tuple(batches), leaf, evidence)

    @classmethod
    def lesson(cls) -> dict[str, str]:
        """The docstring's sections by heading, and its first sentence under an empty one."""
        text = inspect.cleandoc(cls.__doc__ or "")
        parts = re.split(rf"^({'|'.join(HEADINGS)})$", text, flags=re.MULTILINE)
        sections = {"": parts[0].strip()}
        for heading, body in zip(parts[1::2], parts[2::2], strict=True):
            sections[heading] = " ".join(inspect.cleandoc(body).split())
        return sections


def sound(count: int = 6, *, rows: int = ROWS) -> Iterator[tuple[Any, Any]]:
    """Yield batches with nothing wrong: ``x`` float32 ``(rows, 3)``, ``y`` float32 ``(rows, 1)``."""
    random = np.random.default_rng(0)
    for _ in range(count):
        x = random.normal(size=(rows, FEATURES)).astype("float32")
        yield x, x[:, :1] * 2


def dense(units: int = 1, *, loss: Any = "mse", activation: str | None = None, features: int = FEATURES) -> Any:
    """Make a compiled model of one dense layer, with fixed weights."""
    import keras

    start = keras.initializers.GlorotUniform(seed=0)
    layer = keras.layers.Dense(units, activation=activation, kernel_initializer=start)
    model = keras.Sequential([keras.Input((features,)), layer])
    model.compile("sgd", loss)
    return model


def by_leaf(odd: Iterable[tuple[Batch, Leaf, Met]]) -> list[dict[int, tuple[Leaf, Met]]]:
    """Group by path what is odd: a dict per leaf of what it is and what it meets, by batch."""
    found: dict[str, dict[int, tuple[Leaf, Met]]] = {}
    for batch, leaf, met in odd:
        found.setdefault(leaf.path, {})[batch.index] = (leaf, met)
    return list(found.values())
