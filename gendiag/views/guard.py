"""What a callback raises, on the screen: ipywidgets 8.1.9 drops it."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable

from gendiag.errors import GendiagError
from gendiag.views.markup import Html, chip, join, tag


def guarded(action: Callable[[], object], show: Callable[[str], None]) -> Callable[..., None]:
    """Wrap ``action`` as a callback whose error is shown, and whose success wipes the error before."""

    @functools.wraps(action)
    def call(*_: object) -> None:
        try:
            show("")
            action()
        except Exception as error:  # noqa: BLE001  (nobody above would see it)
            show(error_html(error))

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
