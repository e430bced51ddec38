"""An edit as text to paste."""

from __future__ import annotations

from gendiag.rules.edits.edit import Edit
from gendiag.rules.edits.place import Place

PLAIN = (bool, int, float, str, type(None))


def snippet(edit: Edit, place: Place) -> str:
    """Return the code to paste, with the call of fit behind it as a comment."""
    plain = {"generator": "batches", "arrays": "arrays", "object": "batches"}.get(place.kind, "dataset")
    source = place.maker + ("" if edit.calls_source else "()") if place.maker else plain
    source = f"mended({source})" if edit.defines else source
    if place.target == "validation_data":
        arguments = ["source", *_arguments(edit, place, source)]
    else:
        arguments = [f"*{source}" if place.kind == "arrays" else source, *_arguments(edit, place, "validation_data")]
    left_out = [name for name, value in edit.fit_args.items() if value is None and name in place.fit_args]
    without = f"  # without {', '.join(left_out)}" if left_out else ""
    called = f"# model.fit({', '.join(arguments)}){without}"
    return f"{edit.code}\n\n\n{called}\n" if edit.defines else f"{called}\n"


def _arguments(edit: Edit, place: Place, validation: str) -> list[str]:
    given = {name: value for name, value in {**place.fit_args, **edit.fit_args}.items() if value is not None}
    return [
        f"{name}={validation if name == 'validation_data' else _shown(name, value)}" for name, value in given.items()
    ]


def _shown(name: str, value: object) -> str:
    return repr(value) if isinstance(value, PLAIN) else name
