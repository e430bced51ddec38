"""An exception cut down to what helps: the telling line, the user's own line of code, the layer or the loss."""

from __future__ import annotations

import linecache
import os
import re
import sysconfig
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from gendiag.records import Failure
from gendiag.runtime.failing_line import FailingLine, function_of
from gendiag.runtime.failing_metric import failing_metric

FITS = ("fit", "evaluate", "predict")  # a callback may call one of them, and be called by another
LONGEST_LINE, LONGEST_TEXT, LONGEST_CHAIN, LONGEST_CODE = 300, 20_000, 10, 160
COMPILED = (".pyx", ".pxd", ".pxi", ".c", ".cc", ".cpp", ".h", ".rs")  # a line of a compiled library, by its source

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_BOLD = re.compile(r"\x1b\[1m(.*?)(?:\x1b\[0m|\Z)", re.DOTALL)
_FRAME = re.compile(
    r'^ *File "(?P<file>[^"\n]+)", line (?P<line>\d+)(?:, in (?P<name>[^\n]+))?(?:\n {4,}(?P<code>\S[^\n]*))?',
    re.MULTILINE,
)
_NODE = re.compile(r"^[ \t]*\[\[\{\{node (?P<node>[^}]*)\}\}\]\]", re.MULTILINE)
_CHAIN_OF = re.compile(r"^Traceback \(most recent call last\):", re.MULTILINE)
_RAISED = re.compile(r"^[A-Za-z_][\w.<>]*(?::[^\n]*)?$", re.MULTILINE)
# What TensorFlow says of its graph, which nobody wrote: functions, nodes and tensors by their path.
_OP_NOISE = re.compile(
    r"\{\{function_node [^}]*\}\}\s*|\s*\[Op:\w+\](?:\s*name:.*)?$|`(?:[\w.-]+/)+[\w.-]+:\d+` "
    r"|\{\{node [^}]*\}\} = |(?<=\w)\[\w+=[^']*?\](?=\()|\s*\[?\[?\{\{node [^}]*\}\}\]?\]?"
)
# A tensor printed in a message, whatever its values: its shape and dtype say more.
_TENSOR = re.compile(
    r"""(?:tf\.Tensor\(|<tf\.Tensor: |\bTensor\("[^"]*", |<KerasTensor )(?:(?!tf\.Tensor).)*?"""
    r"""shape=(?P<shape>\([^)]*\)), dtype=(?P<dtype>\w+)(?:\)|,[^>]*>|>)""",
    re.DOTALL,
)
# An array printed in the middle of a message, over many lines; what is behind it says more.
_NUMBERS = r"(?:[-+\d.eE\s\[\],]|nan|inf|True|False)*"
_ARRAY = re.compile(rf"(?<=[A-Za-z:=] )\[(?:\[{_NUMBERS}\](?=\]\s[a-z])|{_NUMBERS}(?=\](?:\swith\b|\.\s[A-Z])))\]")
# Where an array, or the specs of a whole batch, begin to be printed. Shapes such as [9,1] stay.
_DUMP = re.compile(
    r"(?:; (?:tuple|list|dict|namedtuple): |\[\[|\barray\(|<tf\.Tensor|\(?TensorSpec\(|\bLabel values: "
    r"|\[\s*[-+]?[\d.]+(?:e[-+]?\d+)?\s+[-+\d.]|\[(?!-?\d+, -?\d+\))[^\][]{80,}|\{'[^}]{80,})",
)
_DANGLING = re.compile(r"[\s,;:]*(?:\bReceived(?: \w+=)?|\bgot)?[\s,;:(]*$")
_OF_LAYER = re.compile(r"(?:of|on|calling) layer [\"']?([\w/.-]+)")
_CALLING = re.compile(r"Exception encountered when calling (\w+)\.")
PACKAGE = Path(__file__).parents[1]
_OWN = tuple(
    os.path.normcase(os.path.realpath(path)) + os.sep
    for path in (str(PACKAGE), sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"))
)


class Place(NamedTuple):
    """A line of somebody's code."""

    file: str
    line: int
    name: str
    code: str

    def __str__(self) -> str:
        """``file.py:12 in my_gen``; a notebook's cell has no file name worth showing."""
        file = "cell" if "ipykernel_" in self.file or self.file.startswith("<ipython") else Path(self.file).name
        return f"{file}:{self.line} in {self.name}"


def cut(error: BaseException) -> Failure:
    """Cut ``error`` down to a :class:`Failure`; never raises, whatever the exception is."""
    try:
        return _cut(error)
    except Exception:  # noqa: BLE001  (an odd exception must not hide itself behind one of ours)
        name = type(error).__name__
        return Failure(type=name, line=name)


def users_place(error: BaseException) -> Place | None:
    """Return the innermost line of the user's own code that an exception came through, or None."""
    return _users_place(error)[0]


def failing_line(error: BaseException | None) -> FailingLine | None:
    """Return the statement at that line with its values; None where it is known as text only, or not at all."""
    if error is None:
        return None
    try:
        return next((FailingLine(frame, line) for _, _, frame, line in _users_frames(error)), None)
    except Exception:  # noqa: BLE001  (an odd exception must not hide itself behind one of ours)
        return None


def _cut(error: BaseException) -> Failure:
    kind, text = type(error).__name__, _text(error)
    plain = _ANSI.sub("", text)
    node = _NODE.search(plain)
    if node is not None:
        line, place = _from_graph(plain[: node.start()], in_source="PyFunc" in node["node"])
        line = _OP_NOISE.sub("", line)
    else:
        line, place = _from_python(error, text)
    metric, output = failing_metric(error)
    return Failure(
        type=kind,
        line=_shorten(_OP_NOISE.sub("", line)) or kind,
        layer=_layer(error, plain, node["node"] if node else ""),
        frame=None if place is None else str(place),
        code=None if place is None else place.code or None,
        values=_values(error) if node is None else {},
        in_source=node is not None and "PyFunc" in node["node"] and "IteratorGetNext" in plain,
        details=plain[:LONGEST_TEXT],
        callback=_callback(error),
        metric=metric,
        output=output,
    )


def _values(error: BaseException) -> Mapping[str, str]:
    line = failing_line(error)
    return {} if line is None else line.shown


def _text(error: BaseException) -> str:
    try:
        return str(error).replace("\r\n", "\n")
    except Exception:  # noqa: BLE001  (a user's __str__ may raise anything)
        return ""


def _from_graph(before: str, *, in_source: bool) -> tuple[str, Place | None]:
    """Read what TensorFlow wrapped: the source's own traceback, or the line above the node of a failed op.

    Measured on tensorflow 2.18 to 2.21: the first line is always "Graph execution error:".
    """
    places = [place for match in _FRAME.finditer(before) if (place := _place_in_text(match)) is not None]
    place = places[-1] if places else None
    if not in_source:
        return next((line for line in reversed(before.splitlines()) if line.strip()), ""), place
    chain = list(_CHAIN_OF.finditer(before))
    raised = _RAISED.search(before, chain[-1].end()) if chain else None
    if raised is None:
        lines = [found for found in _RAISED.finditer(before) if ": " in found.group()]
        raised = lines[-1] if lines else None
    return "" if raised is None else _told(raised, before), place


def _told(raised: re.Match[str], text: str) -> str:
    """``RuntimeError: disk gone``, also where the message begins with an empty line."""
    line = raised.group().strip()
    rest = text[raised.end() :].split("Traceback (most recent call last)", 1)[0] if line.endswith(":") else ""
    more = next((each.strip() for each in rest.splitlines() if each.strip()), "")
    return f"{line} {more}".strip()


def _place_in_text(match: re.Match[str]) -> Place | None:
    file, line = match["file"], int(match["line"])
    if not is_users(file):
        return None
    code = match["code"] or linecache.getline(file, line).strip()
    return Place(file, line, (match["name"] or "?").strip(), "" if code.startswith("File ") else _short_code(code))


def _from_python(error: BaseException, text: str) -> tuple[str, Place | None]:
    bold = _BOLD.search(text)
    telling = _without_values(bold.group(1) if bold else _ANSI.sub("", text)).strip()
    if telling.startswith("in user code:"):  # AutoGraph puts the message last.
        telling = telling.splitlines()[-1].strip()
    line = next((each.strip() for each in telling.splitlines() if each.strip()), "")
    place, innermost = _users_place(error)
    if innermost or not line or isinstance(error, (LookupError, StopIteration)):
        line = f"{type(error).__name__}: {line}".rstrip(": ")
    return line, place


def _without_values(text: str) -> str:
    return _ARRAY.sub("…", _TENSOR.sub(r"\g<dtype> \g<shape>", text))


def _users_place(error: BaseException) -> tuple[Place | None, bool]:
    """Return the innermost line of the user's own code, and whether the exception was raised there itself."""
    for depth, back, frame, line in _users_frames(error):
        return place_of(frame, line), depth == back == 0
    return None, False


def _users_frames(error: BaseException) -> Iterator[tuple[int, int, FrameType, int]]:
    """Lines of the user's own code, the innermost first: how deep in the chain and in the stack, frame, number."""
    for depth, each in enumerate(causes(error)):
        frames = list(traceback.walk_tb(each.__traceback__))
        for back, (frame, line) in enumerate(reversed(frames)):
            if is_users(frame.f_code.co_filename, frame):
                yield depth, back, frame, line


def place_of(frame: FrameType, line: int) -> Place:
    """Name a line."""
    file = frame.f_code.co_filename
    code = linecache.getline(file, line, frame.f_globals).strip()
    return Place(file, line, function_of(frame), _short_code(code))


def _short_code(code: str) -> str:
    return code if len(code) <= LONGEST_CODE else f"{code[:LONGEST_CODE].rstrip()} …"


def causes(error: BaseException) -> Iterator[BaseException]:
    """Give an exception and what it came from, the outermost first."""
    seen: list[BaseException] = []
    each: BaseException | None = error
    while each is not None and len(seen) < LONGEST_CHAIN and not any(each is other for other in seen):
        yield each
        seen.append(each)
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)


def is_users(file: str, frame: FrameType | None = None) -> bool:
    """Whether a line is of the user's own code: of no library, compiled or not, and not of ours."""
    if file.startswith("<"):
        is_command = file == "<string>" and frame is not None and frame.f_globals.get("__name__") == "__main__"
        return is_command or file.startswith(("<stdin>", "<ipython"))
    path = os.path.normcase(os.path.realpath(file))
    foreign = ("site-packages", "dist-packages", "__autograph_generated_file")
    return not (file.endswith(COMPILED) or path.startswith(_OWN) or any(word in path for word in foreign))


def _shorten(line: str) -> str:
    line = line.strip()
    dump = _DUMP.search(line)
    if dump is not None:
        line = _DANGLING.sub("", line[: dump.start()]) or line[: dump.start()].strip()
        line = line if line.endswith((".", ")", "!")) else f"{line} …"
    if len(line) <= LONGEST_LINE:
        return line
    sentence = line[:LONGEST_LINE].rfind(". ") + 1
    return line[:sentence] if sentence > LONGEST_LINE // 3 else f"{line[: LONGEST_LINE - 2].rstrip()} …"


def _callback(error: BaseException) -> str | None:
    """Return the callback that fit had called, as it was called.

    Keras cuts its own frames out of the traceback, but not out of the chain of callers.
    """
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    for frame, _ in traceback.walk_stack(frames[-1]) if frames else ():
        path, known = frame.f_code.co_filename.replace(os.sep, "/"), frame.f_locals
        if path.endswith("/trainer.py") and frame.f_code.co_name in FITS:
            return None
        if path.endswith("/keras/src/callbacks/callback_list.py") and "callback" in known:
            at = next((f"{name}={known[name]}" for name in ("batch", "epoch") if isinstance(known.get(name), int)), "")
            return f"{type(known['callback']).__name__}.{frame.f_code.co_name.lstrip('_')}({at})"
    return None


def _layer(error: BaseException, text: str, node: str) -> str | None:
    named = _OF_LAYER.search(text)
    if named is not None:
        return named.group(1)
    parts = [part for part in node.split("/") if part not in ("gradient_tape", "StatefulPartitionedCall")]
    if "PyFunc" not in node and len(parts) > 1:
        return parts[1] if len(parts) > 2 else parts[0]  # noqa: PLR2004  (model/layer/op, or layer/op)
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    by_frame = next((name for frame in reversed(frames) if (name := _layer_of(frame))), None)
    calling = _CALLING.search(text)
    return by_frame or (calling.group(1) if calling else None)


def _layer_of(frame: FrameType) -> str | None:
    path, function = frame.f_code.co_filename.replace(os.sep, "/"), frame.f_code.co_name
    if path.endswith("/keras/src/losses/losses.py") and function != "call":
        return function
    if "/keras/src/" in path and function.endswith("crossentropy"):
        return function
    mine = frame.f_locals.get("self") if function in ("__call__", "call", "build") else None
    is_layer = any(cls.__name__ == "Layer" for cls in type(mine).__mro__)
    name = getattr(mine, "name", None) if is_layer else None
    return name if isinstance(name, str) else None
