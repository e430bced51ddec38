"""A JupyterLab on a free port with a throw-away copy of the notebooks, and the chromium that looks at it."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

CHROMIUM = os.environ.get("GENDIAG_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
CHROMIUM_ARGS = [
    "--no-sandbox",  # root has none, and the tests may run as root
    "--disable-dev-shm-usage",  # containers give 64 MB there
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LAB_OPTIONS = [
    "--no-browser",
    "--allow-root",
    "--ServerApp.ip=127.0.0.1",
    "--ServerApp.port_retries=0",
    "--IdentityProvider.token=",
    "--LabApp.expose_app_in_browser=True",  # window.jupyterapp, which labdriver asks what the page does not show
    "--ServerApp.shutdown_no_activity_timeout=900",  # no orphan, should pytest itself be killed
]
NO_NEWS = '{"fetchNews": "false", "checkForUpdates": false}'  # else a toast covers the page
ALL_CELLS = '{"windowingMode": "none"}'  # else what is out of sight may not be in the page
SERVER_UP_S, SERVER_DOWN_S = 90, 20


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    if not Path(CHROMIUM).exists():
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing(f"no chromium at {CHROMIUM}: apt-get install chromium, or set GENDIAG_CHROMIUM")
    return browser_type_launch_args | {"executable_path": CHROMIUM, "args": CHROMIUM_ARGS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return browser_context_args | {"viewport": {"width": 1280, "height": 1000}}


@pytest.fixture(scope="session")
def notebooks(tmp_path_factory) -> Path:
    """Return a copy without outputs: a run never dirties the checkout, and what the page shows was made by this run."""
    import nbformat  # late: what it loads takes seconds in every process that collects the tests

    folder = tmp_path_factory.mktemp("notebooks")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.update(outputs=[], execution_count=None)
        nbformat.write(notebook, folder / path.name)
    return folder


@pytest.fixture(scope="session")
def lab_url(browser, notebooks, jupyter_env, tmp_path_factory) -> Iterator[str]:  # noqa: ARG001 - no server without a browser
    settings = Path(jupyter_env["JUPYTERLAB_SETTINGS_DIR"]) / "@jupyterlab"
    for plugin, text in {
        "apputils-extension/notification": NO_NEWS,
        "notebook-extension/tracker": ALL_CELLS,
    }.items():
        path = settings / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "jupyterlab", *LAB_OPTIONS]
    command += [f"--ServerApp.port={port}", f"--ServerApp.root_dir={notebooks}"]
    log = tmp_path_factory.mktemp("log") / "lab.log"
    with log.open("wb") as sink:
        server = subprocess.Popen(command, cwd=notebooks, stdout=sink, stderr=subprocess.STDOUT, env=jupyter_env)
        with ended(server):
            wait_until_up(server, f"{url}/api/status", log)
            yield url


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def ended(server: subprocess.Popen) -> Iterator[None]:
    """On the way out end this process, which ends its kernels."""
    try:
        yield
    finally:
        server.terminate()
        try:
            server.wait(SERVER_DOWN_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_until_up(server: subprocess.Popen, url: str, log: Path) -> None:
    deadline = time.monotonic() + SERVER_UP_S
    while not answers(url):
        told = f"{' '.join(server.args)}\n{log.read_text()[-3000:]}"
        assert server.poll() is None, f"the server ended with {server.returncode}: {told}"
        assert time.monotonic() < deadline, f"the server is not up after {SERVER_UP_S} s: {told}"
        time.sleep(0.1)


def answers(url: str) -> bool:
    with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
        return urllib.request.urlopen(url, timeout=2).status == 200  # noqa: S310 - our own server
    return False
