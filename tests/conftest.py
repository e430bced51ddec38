"""What every test shares: a quiet TensorFlow on the CPU, and a Jupyter without anybody's own settings."""

import gc
import os
import signal
from pathlib import Path

import pytest

# Before TensorFlow is imported anywhere; kernels and fresh processes inherit it.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

pytest_plugins = ["tests.support.diagnoses"]  # the fixtures that views and exports are tested with

ROOT = Path(__file__).parents[1]


def pytest_configure() -> None:
    """Heed interrupts, which a shell that starts the tests in the background has ignored."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module", autouse=True)
def _collect_only_what_is_new():
    """Spare the collector TensorFlow's own objects: each ``clear_session`` is a full round of half a second."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def jupyter_env(tmp_path_factory) -> dict[str, str]:
    """Environment of a Jupyter with folders of its own, whose kernels import this checkout."""
    home = tmp_path_factory.mktemp("jupyter")
    env = dict(os.environ)
    env.pop("MPLBACKEND", None)  # a kernel chooses its own
    env |= {
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "lab" / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "lab" / "workspaces"),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
    }
    return env
