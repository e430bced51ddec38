"""What a callback raises, on the screen: ipywidgets 8.1.9 drops it."""

from __future__ import annotations

import functools
import threading
import traceback
from collections.abc import Callable
from contextvars import ContextVar

from gendiag.errors import GendiagError
from gendiag.views.markup import Html, chip, join, tag

TURN = threading.RLock()  # JupyterLab 4.4+ has messages handled in two threads: the main one and a subshell
INSIDE: ContextVar[bool] = ContextVar("inside", default=False)  # of a callback that set off this one


def guarded(action: Callable[[], object], show: Callable[[str], None]) -> Callable[..., None]:
    """Wrap ``action`` as a callback whose error is shown, and whose success wipes the error before.

    What it sets off wipes nothing: one view that fails would else be hidden by the next that does not. One is run at a
    time, so it must not wait for another thread that runs one.
    """

    @functools.wraps(action)
    def call(*_: object) -> None:
        with TURN:
            if not INSIDE.get():
                show("")
            before = INSIDE.set(True)
            try:
                action()
            except Exception as error:  # noqa: BLE001  (nobody above would see it)
                show(error_html(error))
            finally:
                INSIDE.reset(before)

    return call


def error_html(error: Exception) -> Html:
    """One clean line for what is raised on purpose, the traceback for a bug."""
    if isinstance(error, GendiagError):
        return _alert(chip("error"), " ", str(error))
    trace = "".join(traceback.format_exception(error))
    line = f"This is a bug in gendiag, not in your data: {type(error).__name__}: {error}"
    return _alert(chip("error"), " ", line, tag("pre", trace))


def _alert(*parts: str) -> Html:
    return Html(f'<div class="gd-alert" role="alert">{join(parts)}</div>')
