"""What to type next after an exception of the user's own code, by its kind and by the values in its line."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from gendiag.batches.values import as_array
from gendiag.records import Failure
from gendiag.rules.evidence.exception_texts import BY_TEXT
from gendiag.rules.evidence.missing_items import no_index, no_key
from gendiag.runtime.failing_line import FailingLine, counted_shapes
from gendiag.runtime.short_value import short
from gendiag.runtime.tracebacks import causes, failing_line

Advice = Callable[[BaseException, FailingLine], str]


def advice(failure: Failure, error: BaseException | None) -> str:
    """Return what to do about it, or an empty text where its kind says nothing special."""
    for each in reversed(list(causes(error)) if error is not None else []):
        line = failing_line(each)
        told = _by_kind(each, line) if line is not None else ""
        if told:
            return told
    texts = [str(failure), *_texts(error)]
    return next((told for mark, told in BY_TEXT.items() if any(mark in text for text in texts)), "")


def because(error: BaseException | None) -> str:
    """`` Its cause: KeyError: 'b'.``, where the user's own code raised another exception about it."""
    chain = list(causes(error)) if error is not None else []
    if len(chain) < 2:  # noqa: PLR2004  (itself and its cause)
        return ""
    root = chain[-1]
    try:
        text = str(root).strip().splitlines()
    except Exception:  # noqa: BLE001  (a user's __str__ may raise anything)
        text = []
    return f" Its cause: {type(root).__name__}{': ' + text[0][:200] if text else ''}."


def _texts(error: BaseException | None) -> Iterator[str]:
    for each in causes(error) if error is not None else ():
        try:
            yield f"{type(each).__name__}: {each}"
        except Exception:  # noqa: BLE001, PERF203  (a user's __str__ may raise anything)
            yield type(each).__name__


def _by_kind(error: BaseException, line: FailingLine) -> str:
    kinds: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], Advice], ...] = (
        (KeyError, no_key),
        (IndexError, no_index),
        (FileNotFoundError, _no_file),
        (ZeroDivisionError, _zero),
        ((AttributeError, TypeError), _none),
        (TypeError, _float_index),
        (NameError, _no_name),
        (ValueError, _sizes),
    )
    try:
        found = (told for kind, advise in kinds if isinstance(error, kind) and (told := advise(error, line)))
        return next(found, "")
    except Exception:  # noqa: BLE001  (values of the user's may be as odd as they like)
        return ""


def _no_file(error: BaseException, _line: FailingLine) -> str:
    name = getattr(error, "filename", None)
    if not isinstance(name, (str, bytes)) or not name:
        return ""
    path = Path(name.decode(errors="replace") if isinstance(name, bytes) else name)
    missing = path if path.is_absolute() else Path.cwd() / path
    there = next((parent for parent in missing.parents if parent.is_dir()), None)
    start = (
        ""
        if path.is_absolute()
        else f" A path without a leading / starts at the current folder, {short(str(Path.cwd()))}."
    )
    if there is None or there == missing.parent:
        return f"The folder is there, the file {short(path.name)} is not: compare the names letter by letter.{start}"
    return f"The folder {short(str(missing.parent))} is not there; the path exists up to {short(str(there))}.{start}"


def _zero(_error: BaseException, line: FailingLine) -> str:
    divisors = [node.right for node in line.find(ast.BinOp) if isinstance(node.op, (ast.Div, ast.FloorDiv, ast.Mod))]
    zero = next((ast.unparse(node) for node in divisors if _is_zero(line.value(node))), None)
    return f"`{zero}` is 0 there: say what is meant in that case, or leave such a sample out." if zero else ""


def _is_zero(value: Any) -> bool:
    return type(value) in {int, float} and value == 0


def _none(error: BaseException, line: FailingLine) -> str:
    if "NoneType" not in str(error):
        return ""
    used = [node.value for node in line.find(ast.Attribute, ast.Subscript)]
    name = next((ast.unparse(node) for node in used if line.value(node) is None), None)
    name = name or next((name for name, value in line.names.items() if value is None), None)
    call = next((ast.unparse(node) for node in used if isinstance(node, ast.Call)), None)
    what = f"`{name}` is None" if name else f"`{call}` gives None" if call else "A value is None"
    return (
        f"{what}: look at what makes it. A reader such as cv2.imread gives None for a file that it cannot read, "
        "dict.get for a missing key, and a function without `return` always."
    )


def _float_index(error: BaseException, line: FailingLine) -> str:
    text = str(error)
    if "indices must be integers" not in text and "cannot be interpreted as an integer" not in text:
        return ""
    name = next((name for name, value in line.names.items() if isinstance(value, float)), None)
    return f"{f'`{name}` is' if name else 'An index is'} a float: divide with `//` instead of `/`, or use `int(...)`."


def _no_name(error: BaseException, _line: FailingLine) -> str:
    name = getattr(error, "name", None)
    if isinstance(error, UnboundLocalError):
        return "The name is only given a value in a branch or a loop that did not run: give it one before."
    return f"Nothing is called {name!r} there: a name mistyped, or an import that is missing." if name else ""


def _sizes(error: BaseException, line: FailingLine) -> str:
    text = str(error)
    if not any(mark in text for mark in ("same shape", "inhomogeneous", "must match exactly", "number of dimensions")):
        return ""
    lists = {name: value for name, value in line.names.items() if type(value) in {list, tuple}}
    for name, values in lists.items():
        shapes = counted_shapes(values)
        if len(shapes) > 1:
            usual, odd = shapes[0][0], shapes[-1][0]
            at = next(i for i, each in enumerate(values) if str(getattr(each, "shape", "")) == odd)
            return (
                f"`{name}` holds arrays of other shapes: {shapes[0][1]} of {usual}, and `{name}[{at}]` is {odd}. "
                "Bring all to one size first (pad, crop or resize)."
            )
        lengths = {len(each) for each in values if type(each) in {list, tuple} or as_array(each) is not None}
        if len(lengths) > 1:
            few = f"{min(lengths)} to {max(lengths)} long"
            return f"What `{name}` holds is {few}: pad or cut all to one length first."
    return ""
