"""What differs between the versions of Keras that are supported."""

from typing import Any

import keras
import pytest
from packaging.version import Version

KERAS = Version(keras.__version__)
# What each epoch of a spent generator trains on: epochs without a step leave no delivery.
AFTER_ITS_END = [[0, 1]] if Version("3.7") <= KERAS else []


def since(version: str) -> Any:
    """Mark what older versions do otherwise."""
    return pytest.mark.skipif(Version(version) > KERAS, reason=f"since keras {version}")
