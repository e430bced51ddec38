"""What a person does and sees in JupyterLab, as functions over a Playwright page."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Locator, Page

# Console errors that are not about us, each with its reason.
HARMLESS: tuple[re.Pattern, ...] = ()

LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"
OPEN = ".jp-NotebookPanel:not(.lm-mod-hidden)"

# The conditions below are never async: Playwright takes any Promise for a yes, even one of false.
IDLE = """() => {
    const session = window.jupyterapp?.shell?.currentWidget?.sessionContext;
    return !!session?.isReady && session.session?.kernel?.status === 'idle';
}"""

CODE_CELLS = """const cells = window.jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model)
    .filter(cell => cell.type === 'code' && cell.sharedModel.source.trim());
const raised = cells.flatMap(cell => cell.sharedModel.outputs).filter(output => output.output_type === 'error')
    .map(output => `${output.ename}: ${output.evalue}`);"""

# Run All stops at the first cell that raises.
ALL_RUN = f"() => {{ {CODE_CELLS} return raised.length > 0 || cells.every(cell => cell.executionCount); }}"
RAISED = f"() => {{ {CODE_CELLS} return raised; }}"

# Every piece of text in sight, with the WCAG 2 contrast of its ink against the first ground behind it that is not
# transparent.
CONTRASTS = """elements => {
    const rgba = colour => (colour.match(/[\\d.]+/g) ?? []).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
        .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = element => {
        for (let behind = element; behind; behind = behind.parentElement) {
            const colour = rgba(getComputedStyle(behind).backgroundColor);
            if ((colour[3] ?? 1) > 0.5) return colour;
        }
        return [255, 255, 255];
    };
    const ratio = element => {
        const lights = [light(rgba(getComputedStyle(element).color)), light(ground(element))];
        return (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05);
    };
    const own = element => [...element.childNodes].filter(node => node.nodeType === Node.TEXT_NODE)
        .map(node => node.textContent.trim()).join(' ').trim();
    return elements.filter(element => own(element) && element.checkVisibility({visibilityProperty: true}))
        .map(element => [own(element), ratio(element)]);
}"""


def write_notebook(path: Path, *sources: str) -> None:
    """Write a notebook of these code cells."""
    import nbformat  # late: what it loads takes seconds in every process that collects the tests

    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)


class Lab:
    """One notebook in one page; ``complaints`` collects the errors of page and console."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        page.on("console", self._listen)

    def _listen(self, message: ConsoleMessage) -> None:
        said = f"{message.text} ({message.location.get('url', '')})"
        if message.type == "error" and not any(pattern.search(said) for pattern in HARMLESS):
            self.complaints.append(f"console error: {said}")

    def open(self, notebook: str) -> None:
        self.page.goto(f"{self.url}/lab/tree/{notebook}?reset")
        self.page.locator(f"{OPEN} .jp-Cell").first.wait_for(timeout=60_000)
        self.wait_idle()

    def wait_idle(self, timeout_ms: float = 60_000) -> None:
        """Kernel there and idle. The dot in the toolbar is no proof: it is idle before there is a kernel."""
        self.page.wait_for_function(IDLE, timeout=timeout_ms)

    def run_all(self, timeout_ms: float) -> None:
        """Run > Run All Cells, to the end; no cell may raise."""
        self.begin_all()
        self.page.wait_for_function(ALL_RUN, timeout=timeout_ms)
        raised = self.page.evaluate(RAISED)
        assert not raised, raised
        self.wait_idle(timeout_ms)

    def begin_all(self) -> None:
        """Run > Run All Cells, and do not wait."""
        self.page.locator(".lm-MenuBar-itemLabel", has_text="Run").first.click()
        self.page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click()

    def told(self) -> list[str]:
        """Return the complaints since the last call."""
        complaints, self.complaints = self.complaints, []
        return complaints

    def outputs(self, mime: str) -> Locator:
        return self.page.locator(f'{OPEN} .jp-OutputArea-output[data-mime-type="{mime}"]')

    @contextlib.contextmanager
    def theme(self, name: str) -> Iterator[None]:
        """Change the theme, and back again: the server remembers it."""
        self._change_theme(name)
        try:
            yield
        finally:
            self._change_theme(LIGHT)

    def _change_theme(self, name: str) -> None:
        if self.page.evaluate("() => document.body.dataset.jpThemeName") == name:
            return
        self.page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", name)
        light = str(name == LIGHT).lower()
        # <body> counts as hidden, and a change of theme is covered by the loading animation.
        self.page.locator(f'body[data-jp-theme-light="{light}"]').wait_for(state="attached")
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")

    def shut_down(self) -> None:
        """End the kernel, so that runs do not pile kernels up."""
        self.page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")


def contrasts(root: Locator) -> list[tuple[str, float]]:
    """Each visible text below ``root`` with its contrast, 1 to 21."""
    return [(text, ratio) for text, ratio in root.locator("*:not(style, script)").evaluate_all(CONTRASTS)]
