"""``python -m gendiag demo``, ``python -m gendiag lab`` and ``python -m gendiag check``."""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from gendiag._version import __version__
from gendiag.commands.check import check
from gendiag.commands.check_arguments import add_check
from gendiag.commands.process import leave, take_stdout

NOTEBOOK = Path("notebooks") / "01_first_look.ipynb"


def main(arguments: list[str] | None = None) -> int:
    """Run one of the commands and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m gendiag", description="Find out what model.fit does with your generator."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="diagnose three generators, print the reports, write one HTML file")
    demo.add_argument(
        "--out", type=Path, default=Path("gendiag-demo.html"), help="the HTML file (default: %(default)s)"
    )
    commands.add_parser("lab", help="open JupyterLab on the first notebook; options are passed on to it")
    add_check(commands)
    given, options = parser.parse_known_args(arguments)
    if given.command == "lab":
        return _lab(options)
    if options:
        getattr(given, "refuse", parser.error)(f"unrecognized arguments: {' '.join(options)}")
    return _check(given) if given.command == "check" else _demo(given.out)


def _check(given: argparse.Namespace) -> int:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # else TensorFlow's start-up lines come first
    sys.argv[1:] = []  # the options are ours: a module that reads them when it is imported would refuse them
    leave(check(given, take_stdout()))


def _demo(out: Path) -> int:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # else TensorFlow's start-up lines come first
    from gendiag.commands.demo import TOUR, make_model
    from gendiag.report import diagnose
    from gendiag.views.page import page

    reports = []
    for title, source, fit_args in TOUR:
        report = diagnose(source, make_model(), **fit_args)
        reports.append(report)
        shown = ", ".join(f"{name}={value}" for name, value in fit_args.items())
        sys.stdout.write(f"\n=== {title}: fit({source.__name__}(), {shown}) ===\n\n{report!r}\n")
    out.write_text(page(*(report.diagnosis for report in reports)), encoding="utf-8")
    sys.stdout.write(f"\nThe same as HTML: {out.resolve()}\n")
    return 0


def _lab(options: list[str]) -> int:
    if importlib.util.find_spec("jupyterlab") is None:
        sys.stderr.write('JupyterLab is not installed. Type: pip install "gendiag[lab]"\n')
        return 1
    notebook = next(
        (folder / NOTEBOOK for folder in (Path.cwd(), Path(__file__).parents[1]) if (folder / NOTEBOOK).exists()), None
    )
    if notebook is None:
        sys.stderr.write(f"{NOTEBOOK} is not here. Run this in a checkout of gendiag.\n")
        return 1
    return subprocess.run([sys.executable, "-m", "jupyterlab", str(notebook), *options], check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
