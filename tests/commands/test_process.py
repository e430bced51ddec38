"""What a command does to its process, tried in processes of their own."""

import _thread
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gendiag.commands.process import counted_interrupts

ROOT = Path(__file__).parents[2]


def run(code, **options):
    code = f"from gendiag.commands.process import leave, take_stdout, write\n{code}"
    command = [sys.executable, "-c", code]
    options["env"] = {**os.environ, "PYTHONUNBUFFERED": "", **options.pop("env", {})}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60, **options)


def test_stdout_has_the_report_alone():
    done = run(
        "import atexit, ctypes, os, subprocess, sys\n"
        "print('before')\n"
        "out = take_stdout()\n"
        "atexit.register(print, 'at exit')\n"
        "def batches():\n"
        "    try: yield\n"
        "    finally: print('closed')\n"
        "left_open = batches(); next(left_open)\n"
        "print('printed'); sys.__stdout__.write('by hand\\n'); sys.__stdout__.flush(); os.write(1, b'in C\\n')\n"
        "subprocess.run(['echo', 'by a child'])\n"
        "write(out, 'the report\\n')\n"
        "print('later'); os.write(1, b'in C again\\n')"
    )
    assert done.stdout == "before\nthe report\n"
    said = ["printed", "by hand", "in C", "by a child", "later", "in C again", "at exit", "closed"]
    assert done.stderr.splitlines() == said


def test_what_the_encoding_has_no_sign_for_is_no_error():
    done = run("write(take_stdout(), '✔ trains')", env={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stdout, done.stderr) == (0, "? trains", "")


def test_a_reader_that_has_gone_is_no_error():
    code = "import time\nout = take_stdout()\nwrite(out, 'a')\ntime.sleep(1)\nwrite(out, 'b')\nleave(7)"
    command = f'"{sys.executable}" -c "$CODE" | head -c 1; exit "${{PIPESTATUS[0]}}"'
    strict = {"PYTHONDEVMODE": "1", "PYTHONWARNINGS": "ignore::ResourceWarning"}  # as Python 3.13 always does
    env = {**os.environ, **strict, "CODE": f"from gendiag.commands.process import leave, take_stdout, write\n{code}"}
    done = subprocess.run(["/bin/bash", "-c", command], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("a", "", 7)


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_stream_that_is_closed_goes_nowhere(closed):
    code = "from gendiag.commands.process import leave, take_stdout, write\n"
    code += "write(take_stdout(), 'x')\nprint('y')\nleave(7)"
    command = f'"{sys.executable}" -c "$CODE" {closed}'
    env = {**os.environ, "CODE": code}
    done = subprocess.run(["/bin/bash", "-c", command], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 7
    assert "Error" not in done.stderr


def test_it_leaves_as_python_does():
    done = run("import atexit\natexit.register(print, 'at exit')\nleave(3)")
    assert (done.returncode, done.stdout) == (3, "at exit\n")


@pytest.mark.parametrize(
    "thread",
    ["Thread(target=time.sleep, args=(100,))", "Thread(target=time.sleep, args=(100,), daemon=True, name='gendiag')"],
)
def test_no_thread_holds_the_process_up(thread):
    began = time.monotonic()
    assert run(f"import time\nfrom threading import Thread\n{thread}.start()\nleave(3)").returncode == 3
    assert time.monotonic() - began < 30


def test_a_thread_that_comes_to_its_end_is_waited_for():
    code = "import time\nfrom threading import Thread\n"
    code += "def work(): time.sleep(1); print('done', flush=True)\nThread(target=work).start()\nleave(3)"
    done = run(code)
    assert (done.returncode, done.stdout) == (3, "done\n")


def test_an_interrupt_is_counted_and_raises_as_always():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with counted_interrupts() as counted:
            assert not counted
            with pytest.raises(KeyboardInterrupt):
                _thread.interrupt_main()
            assert len(counted) == 1
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_handler_that_is_not_pythons_is_left_alone():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with counted_interrupts() as counted:
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        assert not counted
    finally:
        signal.signal(signal.SIGINT, before)
