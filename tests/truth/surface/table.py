"""All rows: importing the areas registers them."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

from tests.truth.surface.row import ROWS, Row

NO_AREAS = {"row", "examine", "table", "__main__", "test_surface", "build", "folders"}


def rows() -> tuple[Row, ...]:
    """Every row, by area."""
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if module.name not in NO_AREAS:
            importlib.import_module(f"tests.truth.surface.{module.name}")
    return tuple(ROWS)
