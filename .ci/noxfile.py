"""The tests and a share of the proof bench on the oldest and the newest supported Keras: ``nox -f .ci/noxfile.py``."""

import nox

nox.options.default_venv_backend = "venv"
OLDEST = ("tensorflow==2.18.0", "keras==3.5.0")  # tensorflow 2.18.0 asks for keras >= 3.5.0


@nox.session(python="3.10")
def oldest(session: nox.Session) -> None:
    """The oldest Python, TensorFlow and Keras."""
    _check(session, *OLDEST)


@nox.session(python="3.13")
def newest(session: nox.Session) -> None:
    """The newest of each that the package index has."""
    _check(session)


def _check(session: nox.Session, *pinned: str) -> None:
    session.chdir("..")
    session.install("-e", ".[test]", *pinned)
    session.run("pip", "list")
    session.run("python", "-m", "pytest", "-n", "2", "-m", "not browser", *session.posargs)
    session.run("python", "-m", "tests.truth", "--scenarios", "100", "--seed", "9")
