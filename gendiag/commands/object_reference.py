"""``module:name`` and ``path/to/file.py:name`` -> the object: how a command is told of a source or a model."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import os
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from gendiag.errors import BadArgumentError
from gendiag.runtime.tracebacks import PACKAGE, Place, users_place

MOST_SHOWN = 8


def split(reference: str) -> tuple[str, str]:
    """``train:make_batches`` in two; the last colon counts, since a path may have one too.

    Raises
    ------
    BadArgumentError
        If one of the two is missing, or the name is none.
    """
    module, colon, name = reference.rpartition(":")
    if colon and module and all(part.isidentifier() for part in name.split(".")):
        return module, name
    guess = _guess(reference, bool(colon))
    msg = f"{reference!r} names no object: it must be module:name, or path/to/file.py:name. {guess}"
    raise BadArgumentError(msg)


def _guess(reference: str, has_colon: bool) -> str:  # noqa: FBT001  (private, one caller)
    if not has_colon and "." in reference and not reference.endswith(".py"):
        return f"Did you mean {':'.join(reference.rsplit('.', 1))!r}?"
    return f"Type for example {reference.rstrip(':')}:make_batches." if reference.strip(":()") else ""


def named(reference: str) -> Any:
    """Import the module and return what it has under that name.

    The module is searched from the current folder first, as ``python -m`` does; what is beside a file given by its
    path can be imported by it, as when it is run.

    Raises
    ------
    BadArgumentError
        If there is no such module or name, or if the module raises when it is imported.
    """
    module, name = split(reference)
    try:
        made = _file(Path(module)) if _is_path(module) else _module(module)
        return _attribute(made, name)
    except BadArgumentError:
        raise
    except (Exception, SystemExit) as error:
        raise BadArgumentError(raised(f"{module} cannot be imported", error)) from error


def raised(what: str, error: BaseException) -> str:
    """Say what an exception of the user's code is, and the last line of that code that it came through."""
    lines = [f"{what}: {''.join(traceback.format_exception_only(error)).strip()}"]
    place = None if isinstance(error, SyntaxError) else users_place(error) or _last_place(error)
    if place is not None:
        lines.append(f'  File "{place.file}", line {place.line}, in {place.name}')
        lines += [f"    {place.code}"] if place.code else []
    if isinstance(error, SystemExit):
        lines.append('Put what is meant for the command line behind `if __name__ == "__main__":`.')
    if isinstance(error, ImportError) and "relative import" in str(error):
        lines.append("A file in a package is given by its module: package.module:name.")
    return "\n".join(lines)


def _last_place(error: BaseException) -> Place | None:
    """The last line of all, for a module that is installed; None where that is one of ours or of Python's import."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith("<frozen")]
    if not frames or PACKAGE in Path(frames[-1].filename).parents:
        return None
    return Place(frames[-1].filename, frames[-1].lineno or 0, frames[-1].name, frames[-1].line or "")


def _is_path(module: str) -> bool:
    return module.endswith(".py") or os.sep in module or "/" in module


def _module(name: str) -> ModuleType:
    _searchable(Path.cwd())
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise  # it is there, and imports another one that is not
        file = f"{error.name.rsplit('.', maxsplit=1)[-1]}.py"
        msg = (
            f"there is no module {error.name!r}, neither in {Path.cwd()} nor installed. "
            f"Go to the folder that it is in, or give the file: path/to/{file}:name."
        )
        raise BadArgumentError(msg) from None


def _file(path: Path) -> ModuleType:
    """Import a file once, under the name that it has for the modules beside it."""
    file = path.resolve()
    if not file.is_file():
        msg = f"there is no file {str(path)!r} in {Path.cwd()}."
        raise BadArgumentError(msg)
    _searchable(Path.cwd())
    _searchable(file.parent)
    known = sys.modules.get(file.stem)
    if known is not None and _is_of(known, file):
        return known
    name = file.stem if known is None else f"{file.stem} ({file.parent})"  # the name belongs to another module
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        msg = f"{str(path)!r} is no Python file. Give it the ending .py."
        raise BadArgumentError(msg)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _is_of(module: ModuleType, file: Path) -> bool:
    origin = getattr(module, "__file__", None)
    return origin is not None and Path(origin).resolve() == file


def _searchable(folder: Path) -> None:
    if not any(Path(entry).resolve() == folder.resolve() for entry in sys.path):
        sys.path.insert(0, str(folder))


def _attribute(module: ModuleType, dotted: str) -> Any:
    value, part = module, ""
    try:
        for part in dotted.split("."):
            value = getattr(value, part)
    except AttributeError:
        raise BadArgumentError(_unknown(module, value, part)) from None
    return value


def _unknown(module: ModuleType, owner: Any, part: str) -> str:
    where = f"the module {module.__name__}" if owner is module else getattr(owner, "__name__", type(owner).__name__)
    own = [name for name, value in getattr(owner, "__dict__", {}).items() if _is_own(module, name, value)]
    near = difflib.get_close_matches(part, own, n=1)
    shown = ", ".join(own[:MOST_SHOWN]) + (", …" if len(own) > MOST_SHOWN else "")
    hint = f"Did you mean {near[0]!r}?" if near else f"It has: {shown}." if own else "It makes no names of its own."
    return f"{where} has no {part!r}. {hint}"


def _is_own(module: ModuleType, name: str, value: Any) -> bool:
    """Whether a name is made in the module, and not imported into it."""
    is_import = isinstance(value, ModuleType) or getattr(value, "__module__", module.__name__) != module.__name__
    return not name.startswith("_") and (not is_import or not (callable(value) or isinstance(value, ModuleType)))
