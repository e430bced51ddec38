"""Questions that rules ask, tried by themselves: types that clash, callbacks as given, what to type."""

from __future__ import annotations

import numpy as np
import pytest

from gendiag.records import Failure
from gendiag.rules.arguments.callback_form import CALLS, _takes
from gendiag.rules.arguments.checkpoint_name import _fields
from gendiag.rules.evidence.callbacks import functions_of, given_callbacks
from gendiag.rules.evidence.dtype_clash import clash_of
from gendiag.rules.evidence.to_type import cast, give, one_hot
from gendiag.sources import recognise

GENERATOR, ARRAYS = recognise(lambda: iter(())), recognise((np.zeros((1, 1)), np.zeros(1)))


@pytest.mark.parametrize(
    ("line", "types"),
    [
        (
            "Input 'b' of 'MatMul' Op has type float32 that does not match type uint8 of argument 'a'.",
            ("float32", "uint8"),
        ),
        ("input #1(zero-based) was expected to be a int64 tensor but is a float tensor", ("int64", "float32")),
        ("Incompatible shapes: [3,1] vs. [8,1]", None),
    ],
)
def test_the_two_types_that_met_are_read_out_of_the_message(line, types):
    assert clash_of(Failure("TypeError", line)) == types


def test_a_clash_is_found_in_the_full_text_where_the_first_line_lacks_it():
    assert clash_of(Failure("TypeError", "raised", details="has type double that does not match type half")) == (
        "float64",
        "float16",
    )


class Container:
    """As ``keras.callbacks.CallbackList`` holds them."""

    def __init__(self, *callbacks):
        self.callbacks = list(callbacks)


@pytest.mark.parametrize("given", [None, [], ()])
def test_no_callbacks_are_none(given):
    assert given_callbacks({"callbacks": given}) == []


def test_callbacks_come_out_of_whatever_holds_them():
    assert given_callbacks({"callbacks": ("a", "b")}) == ["a", "b"]
    assert given_callbacks({"callbacks": Container("a", "b")}) == ["a", "b"]
    assert given_callbacks({"callbacks": "a"}) == ["a"]


def test_functions_of_a_callback_are_its_methods_and_those_it_holds():
    held = Container()
    held.told = lambda: None
    assert {function.__name__ for function in functions_of(held)} == {"__init__", "<lambda>"}


@pytest.mark.parametrize(
    ("method", "function", "takes"),
    [
        ("on_epoch_end", lambda epoch, logs: (epoch, logs), True),
        ("on_epoch_end", lambda number, figures: (number, figures), True),
        ("on_epoch_end", lambda epoch: epoch, False),
        ("on_train_batch_end", lambda batch, logs: (batch, logs), True),
        ("on_train_batch_end", lambda batch, figures: (batch, figures), False),
        ("on_train_begin", lambda *args, **named: (args, named), True),
    ],
)
def test_a_function_takes_what_fit_calls_it_with_or_not(method, function, takes):
    assert _takes(function, *CALLS[method]) is takes


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("{epoch:02d}-{val_loss:.2f}.keras", ["epoch", "val_loss"]),
        ("{logs[loss]}-{a.b}", ["logs", "a"]),
        ("best.keras", []),
        ("one { brace", []),
        ("{{literal}}.keras", []),
    ],
)
def test_a_file_name_asks_for_the_names_in_its_braces(path, fields):
    assert _fields(path) == fields


def test_what_to_type_is_in_the_words_of_the_source():
    assert give(GENERATOR, ["x", "y"]) == "`yield x, y`"
    assert give(ARRAYS, ["x", "y", "w"]) == "`fit(x, y, sample_weight=w)`"
    assert cast(GENERATOR, "y", "float32") == "`y.astype('float32')`"
    assert one_hot(GENERATOR, "y", 3) == "`keras.utils.to_categorical(y, num_classes=3)`"
