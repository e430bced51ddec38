"""The diagnoses made by hand that the views are tested with."""

from tests.views.conftest import hostile, nothing, raises, silent_cast

__all__ = ["hostile", "nothing", "raises", "silent_cast"]
