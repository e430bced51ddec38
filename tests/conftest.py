"""What every test shares: a quiet TensorFlow on the CPU, and a Jupyter without anybody's own settings."""

import gc
import os
import signal
from pathlib import Path

import pytest

# Before TensorFlow is imported anywhere; kernels and fresh processes inherit it.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

pytest_plugins = ["tests.support.diagnoses", "pytester"]  # fixtures for views and exports; pytest tested by pytest

ROOT = Path(__file__).parents[1]
LIMIT_S = 5.0  # of a test that is no proof
BEGAN_S = pytest.StashKey[float]()


def pytest_configure() -> None:
    """Heed interrupts, which a shell that starts the tests in the background has ignored."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item):
    """Note when the test began, before its fixtures are made."""
    item.stash[BEGAN_S] = computed_s()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Fail what passed but took so long that it is to be marked as a proof."""
    result = yield
    took_s = computed_s() - item.stash[BEGAN_S]
    if took_s > LIMIT_S and item.get_closest_marker("proof") is None:
        pytest.fail(f"took {took_s:.1f} s of {LIMIT_S:.1f}: do less, or mark it proof", pytrace=False)
    return result


def computed_s() -> float:
    """Seconds of computing so far, by every thread of this process and by the processes that it waited for.

    No other clock is fair: wall time grows with whatever else the machine does, and the time of one thread leaves out
    the threads that TensorFlow and the rehearsal compute in. Waiting costs nothing here.
    """
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


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
    env.pop("PYTEST_CURRENT_TEST", None)  # with it ipykernel leaves out what C++ writes to stderr, which people see
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
