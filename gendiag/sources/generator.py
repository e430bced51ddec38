"""A generator object: read once, and only once."""

from __future__ import annotations

import inspect
import time
import types
from collections.abc import Callable, Iterator
from typing import Any

from gendiag.errors import SourceSpentError
from gendiag.sources.source import Source, Tap
from gendiag.sources.without_end import is_without_end, loops_for_ever

RETRIES, RETRY_S = 20, 0.05


class GeneratorSource(Source):
    """A true generator; fit takes no other iterator (keras 3.15.1, data_adapters/__init__.py)."""

    kind = "generator"
    one_shot = True
    restarts_each_epoch = False
    _proven = False  # kept: once the generator is closed, nobody can tell any more

    def __init__(self, value: Any, maker: Any = None) -> None:
        super().__init__(value, maker)
        self.read_before = _read_before(value)

    @classmethod
    def accepts(cls, value: object) -> bool:
        """Look at the type itself, as Keras does."""
        return isinstance(value, types.GeneratorType)

    def open(self, tap: Tap) -> dict[str, Any]:
        """Wrap it in a generator, because fit takes true generators only."""
        return {"x": tap.through(self.value)}

    def read(self) -> Iterator[Any]:
        """Yield what is left."""
        return iter(self.value)

    def drain(self, tap: Tap, is_enough: Callable[[], bool]) -> None:
        """Go on where fit stopped; the thread that read for fit may need a moment to let go."""
        for _ in range(RETRIES):
            if self._read_on(tap, is_enough):
                return
            tap.error = tap.failed_index = None
            time.sleep(RETRY_S)

    def _read_on(self, tap: Tap, is_enough: Callable[[], bool]) -> bool:
        """Read to the limit, the end or an exception; False if another thread is reading just now."""
        try:
            for _ in tap.through(self.value):
                if is_enough():
                    return True
        except ValueError as error:
            return "already executing" not in str(error)
        except BaseException:  # noqa: BLE001  (recorded by the tap; fit never came here)
            return True
        return True

    @property
    def is_endless(self) -> bool:
        """Whether it can only end by an exception; see without_end.py."""
        self._proven = self._proven or is_without_end(self.value)
        return self._proven

    @property
    def loops_for_ever(self) -> bool:
        """Whether there is a ``while True:`` in its code."""
        return loops_for_ever(self.value)

    def check(self, argument: str) -> None:
        """A closed generator yields nothing, and a running one belongs to another thread."""
        state = inspect.getgeneratorstate(self.value)
        name, anew = self.value.__name__, made_anew(self.value, argument)
        if state == inspect.GEN_CLOSED:
            msg = (
                f"the generator {name} was already read to its end (or was closed), so there is nothing left to "
                f"diagnose. {anew}"
            )
            raise SourceSpentError(msg)
        if state == inspect.GEN_RUNNING:
            msg = f"the generator {name} is being read by another thread. {anew}"
            raise SourceSpentError(msg)


def _read_before(generator: Any) -> str:
    """Name what was read before: the generator itself, or one that it holds and that is at its end."""
    state, frame = inspect.getgeneratorstate(generator), generator.gi_frame
    if state != inspect.GEN_CREATED or frame is None:
        return str(generator.__name__)
    held = [value for value in frame.f_locals.values() if isinstance(value, types.GeneratorType)]
    return next((each.__name__ for each in held if inspect.getgeneratorstate(each) == inspect.GEN_CLOSED), "")


def made_anew(generator: Any, argument: str = "") -> str:
    """Say what to pass in the place of a generator object, so that it can be made again; as which argument."""
    given = f"..., {argument}=" if argument else ""
    name, code = generator.__name__, getattr(generator, "gi_code", None)
    if not name.isidentifier():  # a generator expression
        return f"Pass a function that makes it: diagnose({given}lambda: (... for ...))."
    named = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] if code is not None else ()
    if named == ("self",):
        return f"Pass the method that makes it, without the parentheses: diagnose({given}your_object.{name})."
    if named[:1] == ("self",):
        return f"Pass a function that makes it with its arguments: diagnose({given}lambda: your_object.{name}(...))."
    if named or (code is not None and code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS)):
        return f"Pass a function that makes it with its arguments: diagnose({given}lambda: {name}(...))."
    return f"Pass the function that makes it, without the parentheses: diagnose({given}{name})."
