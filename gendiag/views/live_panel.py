"""A recorded cell while it runs: how far it is, what was found so far, and a button that stops it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from gendiag.records import counted
from gendiag.runtime.cell_output import CellOutput
from gendiag.views import markup, page, wording
from gendiag.views.background import in_thread

if TYPE_CHECKING:
    from gendiag.diagnosis.diagnosis import Diagnosis

PERIOD_S = 0.5
IDLE_SHARE = 9  # for each second spent on looking, so many are left to the training
# Messages of widgets wait until the cell is done on many versions of ipykernel; an interrupt by the server does not.
STOP = """const base = (JSON.parse(document.getElementById('jupyter-config-data')?.textContent ?? '{}').baseUrl) ?? '/';
const cookie = document.cookie.match(/(?:^|; )_xsrf=([^;]*)/);
fetch(`${base}api/kernels/%s/interrupt`, {method: 'POST', headers: cookie ? {'X-XSRFToken': cookie[1]} : {}})
.then(answer => { this.disabled = answer.ok; this.textContent = answer.ok ? 'Stopping after this step' :
'Stop failed: interrupt the kernel'; });"""
Progress = tuple[str, "Diagnosis"]


class Live:
    """To be held open while the cell runs; without a notebook it does nothing.

    Parameters
    ----------
    look
        Gives a line about the progress and the diagnosis so far; None before anything was called.
    kernel_id
        Of this kernel, for the button; there is none where it is empty.
    """

    def __init__(self, look: Callable[[], Progress | None], kernel_id: str) -> None:
        self._look, self._kernel_id = look, kernel_id
        self._over = threading.Event()
        self._work: Future[None] | None = None
        self._button, self._place = CellOutput(), CellOutput()

    def __enter__(self) -> Live:  # noqa: PYI034  (typing.Self is not in Python 3.10)
        if self._kernel_id:
            self._button.show(_button(self._kernel_id))
            self._place.show("")
            self._work = in_thread(self._draw_again_and_again)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._work is not None:
            self._work.exception()  # wait for it; what it raised is of no use here
        for output in (self._button, self._place):
            output.clear()

    def _draw_again_and_again(self) -> None:
        took, is_first = 0.0, True
        while not self._over.wait(max(PERIOD_S, IDLE_SHARE * took)):
            began = time.perf_counter()
            seen = self._look()
            if seen is not None:
                self._place.show(f"{_line(seen[0])}{page.render(seen[1])}")
            took = time.perf_counter() - began
            if seen is not None and is_first:  # it loads what draws
                took, is_first = 0.0, False


def _line(text: str) -> markup.Html:
    """Inside of ``gd``, whose style sheet comes with the report below."""
    return markup.tag("div", markup.tag("p", markup.chip("running"), " ", text, css_class="gd-live"), css_class="gd")


def _button(kernel_id: str) -> markup.Html:
    script = markup.esc(STOP % kernel_id)
    return markup.Html(
        f'<button class="gd-stop jupyter-button" type="button" onclick="{script}">Stop after this step</button>'
    )


def progress(method: str, place: tuple[int, int], steps: int, seconds: float) -> str:
    """``fit: epoch 2/10, 113 steps so far, 4.2 s``."""
    epoch, epochs = place
    where = f"epoch {epoch + 1}/{epochs}, " if method == "fit" else ""
    return f"{method}: {where}{counted(steps, 'step')} so far, {wording.duration(seconds)}"
