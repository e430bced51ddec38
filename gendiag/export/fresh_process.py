"""A script in a process of its own, and what it raised there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

LIMIT_S = 120
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
RUN = """\
import json, os, runpy, sys
said = []
try:
    runpy.run_path(sys.argv[1], run_name="__main__")
except BaseException as error:
    said = [type(error).__name__, str(error)]
with open(sys.argv[2], "w") as answer:
    json.dump(said, answer)
os._exit(0)  # threads of TensorFlow that still hold a generator would keep the process
"""


def raised_by(script: Path) -> tuple[str, str] | None:
    """Run the script in a fresh process, and return what it raised: type and first line."""
    with tempfile.TemporaryDirectory() as scratch:
        answer = Path(scratch) / "answer.json"
        env = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
        command = [sys.executable, "-c", RUN, str(script), str(answer)]
        try:
            subprocess.run(command, env=env, capture_output=True, timeout=LIMIT_S, check=False)  # noqa: S603  (ours)
            said = json.loads(answer.read_text(encoding="utf-8"))
        except (subprocess.TimeoutExpired, OSError, ValueError):
            return None
    return first_line(*said) if said else None


def first_line(kind: str, text: str) -> tuple[str, str]:
    """The type and the first line of an exception, without a terminal's colours."""
    return kind, _ANSI.sub("", text).split("\n", 1)[0]
