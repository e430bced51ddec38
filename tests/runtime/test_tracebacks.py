"""An exception is cut down to what helps, whatever it is."""

import json
import linecache

import numpy as np
import pytest
from packaging.version import Version

from gendiag.runtime.tracebacks import LONGEST_LINE, cut
from tests.support.versions import KERAS

DRIFTED = (
    "ValueError: tuple arity mismatch; expected: 3, got: 2"
    if Version("3.8") <= KERAS
    else "ValueError: `a` and `b` don't have the same structure."
)


def caught(work):
    with pytest.raises(BaseException) as info:  # noqa: PT011  (any will do)
        work()
    return info.value


def fitted(source, *, loss="mse", units=1, **options):
    """Return what the real fit raises on this source."""
    from tests.support.small_models import dense

    model = dense(loss, units=units, **options)
    return caught(lambda: model.fit(source, verbose=0)), model


def pairs_then(suspect):
    from tests.support.small_models import pairs

    yield from pairs(3)
    yield suspect() if callable(suspect) else suspect


def divides_in_batch_3():
    from tests.support.small_models import pairs

    for number, batch in enumerate(pairs(6)):
        yield batch[0], batch[1] * (6 // (3 - number))


def test_the_users_own_line_is_named_where_the_generator_raised():
    error, _ = fitted(divides_in_batch_3())
    failure = cut(error)
    assert failure.type == "UnknownError"
    assert failure.line == "ZeroDivisionError: integer division or modulo by zero"
    line = divides_in_batch_3.__code__.co_firstlineno + 4
    assert failure.frame == f"test_tracebacks.py:{line} in divides_in_batch_3"
    assert failure.code == linecache.getline(__file__, line).strip()
    assert "Traceback" in failure.details


def test_an_exception_of_the_users_own_class_is_named_too():
    class Corrupt(Exception):  # noqa: N818  (people do name them so)
        pass

    def broken():
        msg = "record 17\nfile: a.bin"
        raise Corrupt(msg)

    failure = cut(fitted(pairs_then(broken))[0])
    assert failure.line.endswith("Corrupt: record 17")
    assert failure.frame.endswith("in broken")


def test_drift_of_structure_is_told_without_the_batch():
    failure = cut(fitted(pairs_then((np.ones((8, 4)), np.ones((8, 1)), np.ones(8))))[0])
    assert failure.line.startswith(DRIFTED)
    assert "TensorSpec" not in failure.line
    assert failure.frame is None, "the line that failed is Keras's"


def test_what_cannot_be_converted_is_told_without_the_array():
    failure = cut(fitted(pairs_then((np.ones((8, 4)), np.array([["a"]] * 8))))[0])
    assert "could not be converted to the expected type" in failure.line
    assert "'a'" not in failure.line


def test_drift_of_shape_is_told_with_both_shapes():
    failure = cut(fitted(pairs_then((np.ones((8, 5)), np.ones((8, 1)))))[0])
    assert "an element of shape (8, 5) where an element of shape (None, 4) was expected" in failure.line
    assert len(failure.line) <= LONGEST_LINE


@pytest.mark.parametrize("eagerly", [False, True])
def test_x_and_y_of_different_length_name_the_loss(eagerly):
    from tests.support.small_models import pairs

    broken = (np.ones((8, 4), "float32"), np.ones((5, 1), "float32"))
    failure = cut(fitted((each for each in [*pairs(2), broken]), loss="binary_crossentropy", run_eagerly=eagerly)[0])
    assert failure.layer == "binary_crossentropy"
    if eagerly:
        assert failure.line.endswith("target.shape=(5, 1), output.shape=(8, 1)")
    else:
        assert failure.line in ("Incompatible shapes: [5,1] vs. [8,1]", "Incompatible shapes: [8,1] vs. [5,1]")


@pytest.mark.parametrize("eagerly", [False, True])
def test_a_label_out_of_range_is_told_without_all_labels(eagerly):
    batches = ((np.ones((8, 4), "float32"), np.full(8, value)) for value in (1, 2, 7))
    failure = cut(fitted(batches, loss="sparse_categorical_crossentropy", units=3, run_eagerly=eagerly)[0])
    assert failure.line == "Received a label value of 7 which is outside the valid range of [0, 3)."


def test_a_wrong_feature_dimension_names_the_layer():
    error, model = fitted(each for each in [(np.ones((8, 5)), np.ones((8, 1)))] * 3)
    failure = cut(error)
    assert failure.type == "ValueError"
    assert failure.layer == model.layers[0].name
    assert failure.line.startswith("Input 0 ")
    assert "\x1b" not in failure.details


@pytest.mark.parametrize("eagerly", [False, True])
def test_a_wrong_rank_is_told_with_both_shapes_and_without_the_tensor(eagerly):
    error, _ = fitted((each for each in [(np.ones((2, 8, 4), "float32"), np.ones((2, 1)))] * 3), run_eagerly=eagerly)
    rows = 2 if eagerly else None
    line = cut(error).line
    shown = "…" if eagerly else "float32 (None, 8, 4)"
    assert line.startswith(f"Invalid input shape for input {shown}")
    assert line.endswith(f"Expected shape (None, 4), but input has incompatible shape ({rows}, 8, 4)")


@pytest.mark.parametrize("text", ["\n\n  disk gone\nreally", "\ndisk gone"])
def test_a_message_that_begins_with_an_empty_line_is_told(text):
    def broken():
        raise RuntimeError(text)

    failure = cut(fitted(pairs_then(broken))[0])
    assert failure.line == "RuntimeError: disk gone"
    assert failure.frame.endswith("in broken")


def test_a_first_batch_that_is_no_tuple_is_told_without_the_array():
    failure = cut(fitted(each for each in [np.ones((8, 4))])[0])
    assert failure.line.endswith("(inputs, targets, sample_weights).")


def test_the_users_own_exception_has_its_type_in_the_line():
    failure = cut(caught(lambda: {}["image"]))
    assert failure.line == "KeyError: 'image'"
    assert failure.frame.startswith("test_tracebacks.py:")
    assert "image" in failure.code


def test_the_standard_library_is_not_the_users_own_code():
    failure = cut(caught(lambda: json.loads("{")))
    assert failure.frame.startswith("test_tracebacks.py:")
    assert "json.loads" in failure.code


def test_the_cause_is_looked_into_for_the_users_line():
    def my_loader():
        msg = "disk gone"
        raise OSError(msg)

    inner = caught(my_loader)
    error = RuntimeError("reading failed")
    error.__cause__ = inner
    assert cut(error).frame.endswith("in my_loader")


def test_a_line_of_thousands_is_cut():
    failure = cut(ValueError("x" * 5000))
    assert len(failure.line) <= LONGEST_LINE
    assert len(failure.details) == 5000


def test_an_array_in_a_message_is_not_printed():
    for text in (
        f"bad batch: {np.ones((4, 3))}",
        f"bad batch: {np.ones((4, 3))!r}",
        f"bad batch {list(range(100))}",
        f"bad batch {np.linspace(0, 1, 5)}",
    ):
        assert cut(ValueError(text)).line == "bad batch …"


def test_a_range_before_many_labels_is_told():
    told = "Received a label value of 10 which is outside the valid range of [0, 10)."
    labels = "  Label values: " + " ".join(["8", "6", "5", "3"] * 64)
    assert cut(ValueError(told + labels)).line == told


def test_shapes_and_ranges_are_no_arrays():
    for text in ("Incompatible shapes: [9,1] vs. [10,1]", "not in [0, 5)", "got shape [8, 224, 224, 3]"):
        assert cut(ValueError(text)).line == text


class Mute(Exception):  # noqa: N818  (hostile on purpose)
    def __str__(self) -> str:
        raise ZeroDivisionError


class Liar(Exception):  # noqa: N818  (hostile on purpose)
    def __str__(self) -> str:
        return 3  # noqa: PLE0307  (hostile on purpose)


class Shy(Exception):  # noqa: N818  (hostile on purpose)
    @property
    def __traceback__(self):
        raise AttributeError

    @property
    def __cause__(self):
        return self


def ring():
    one, two = ValueError("one"), ValueError("two")
    one.__cause__, two.__cause__ = two, one
    return one


HOSTILE = (
    ValueError(),
    ValueError("\n\n  \n"),
    KeyboardInterrupt(),
    SystemExit(3),
    GeneratorExit(),
    StopIteration(),
    Mute(),
    Liar(),
    Shy(),
    ring(),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"),
    ValueError("Graph execution error:\n\n [[{{node PyFunc}}]]"),
    ValueError("Graph execution error:\n[[{{node }}]]"),
    ValueError("\x1b[1m"),
    ValueError("[" * 2000),
    ValueError('File "x", line 99999999999999999999, in y\n [[{{node PyFunc}}]]'),
)


@pytest.mark.parametrize("error", HOSTILE, ids=lambda error: type(error).__name__)
def test_no_exception_is_too_odd(error):
    failure = cut(error)
    assert failure.type == type(error).__name__
    assert failure.line
    assert "\n" not in failure.line
