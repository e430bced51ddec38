"""The values of a failing line are told in a few words, and nothing of the user's is called for them."""

import numpy as np
import pytest

from gendiag.runtime.short_value import short
from gendiag.runtime.tracebacks import cut, failing_line, is_users


class Loud:
    """Whatever is asked of it raises."""

    def __repr__(self) -> str:
        raise AssertionError

    def __len__(self) -> int:
        raise AssertionError

    @property
    def size(self):
        raise AssertionError


class Holder:
    def __init__(self):
        self.files, self.size, self.loud = [f"{n}.png" for n in range(40)], 8, Loud()

    def item(self, index):
        return [self.files[index * self.size + k] for k in range(self.size)], self.loud.size


def caught(work):
    with pytest.raises(Exception) as info:  # noqa: PT011  (any will do)
        work()
    return info.value


def test_names_and_attributes_of_the_line_are_told_through_a_comprehension():
    failure = cut(caught(lambda: Holder().item(5)))
    assert failure.frame.endswith("in item")
    assert failure.values["self.files"] == "a list of 40"
    assert (failure.values["index"], failure.values["k"]) == ("5", "0")
    assert "self" not in failure.values


def test_what_is_assigned_to_has_its_old_value_and_is_not_told():
    def work():
        value = "old"
        value = int("x")
        return value + 1

    assert cut(caught(work)).values == {}


def test_a_statement_over_several_lines_is_one():
    def work():
        rows, count = np.ones((4, 3), "float32"), 5
        return np.stack(
            [
                rows[count],
            ],
        )

    assert cut(caught(work)).values == {"rows": "float32 (4, 3)", "count": "5"}


def test_an_expression_of_plain_numbers_is_worked_out():
    (index,) = (node.slice for node in failing_line(caught(lambda: Holder().item(5))).find(__import__("ast").Subscript))
    assert failing_line(caught(lambda: Holder().item(5))).value(index) == 40


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "None"),
        ("a\n`b", "'a\\n`b'"),
        ("x" * 100, f"{'x' * 60!r}… (100 long)"),
        (np.float32(0.5), "0.5"),
        (np.ones((4, 3), "int64"), "int64 (4, 3)"),
        (list(range(100)), "a list of 100"),
        ([], "an empty list"),
        ({"a": 1, 2: 2}, "a dict of 2 (keys 'a', 2)"),
        (Loud(), "a Loud"),
    ],
)
def test_values_are_short_and_escaped(value, told):
    assert short(value) == told


def test_a_compiled_library_is_not_the_users_code():
    assert not is_users("h5py/_selector.pyx")
    assert not is_users("src/reader.cpp")
    assert is_users("train.py")
