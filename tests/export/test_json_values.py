"""Whatever a record holds becomes what JSON can say."""

import enum
import json
from dataclasses import dataclass

import ml_dtypes
import numpy as np
import pytest

from gendiag.export.json_values import plain


class Colour(enum.IntEnum):
    RED = 3


class Text(str):
    __slots__ = ()

    def __str__(self):
        raise AssertionError


@dataclass(frozen=True, slots=True)
class Record:
    name: str
    value: object


class Grumpy:
    def __repr__(self):
        raise AssertionError

    __str__ = __repr__


def nested(depth):
    value = "end"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        (np.float32("inf"), "Infinity"),
        (np.float64(0.5), 0.5),
        (np.longdouble(0.5), 0.5),
        (np.int64(2**62 + 1), 2**62 + 1),
        (np.uint8(200), 200),
        (np.bool_(1), True),
        (np.str_("a"), "a"),
        (np.datetime64("2026-01-02"), "2026-01-02"),
        (ml_dtypes.bfloat16(1.5), "1.5"),
        (1 + 2j, "(1+2j)"),
        (b"a\xff", "a\\xff"),
        (Colour.RED, 3),
        (Text("a"), "a"),
        (True, True),
        (None, None),
        (np.dtype("float32"), "<Float32DType>"),
        (np.array([1.0, np.nan]), [1.0, "NaN"]),
        (np.zeros((100, 3), "float32"), "float32 (100, 3)"),
        (np.array([None, Grumpy()]), "object (2,)"),
        ((1, [2, {3}]), [1, [2, [3]]]),
        (range(3), [0, 1, 2]),
        ({"b", "a"}, ["a", "b"]),
        ({1: np.int8(1), None: 2, ("a", 0): 3}, {"1": 1, "None": 2, "['a', 0]": 3}),
        (Record("a", Record("b", np.nan)), {"name": "a", "value": {"name": "b", "value": "NaN"}}),
        (Grumpy(), "<Grumpy>"),
        (Record, "<type>"),
    ],
)
def test_a_value_is_said_in_json(value, said):
    made = plain(value)
    assert made == said
    assert type(made) is type(said)
    assert json.loads(json.dumps(made, allow_nan=False)) == said


def test_what_contains_itself_comes_to_an_end():
    loop = []
    loop.append(loop)
    assert json.dumps(plain(loop)).count("[") < 50
    assert "end" in json.dumps(plain(nested(10)))
