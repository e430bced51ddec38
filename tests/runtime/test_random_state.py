"""Work inside ``kept_seeds`` leaves every random state where it was."""

import random
import subprocess
import sys

import numpy as np
import pytest

from gendiag.runtime.random_state import kept_seeds


def drawn_of_python():
    return random.random()  # noqa: S311  (no secret)


def drawn_of_numpy():
    return np.random.random()  # noqa: NPY002  (the legacy state is what is global)


def drawn_of_tensorflow():
    return float(pytest.importorskip("tensorflow").random.uniform(()))


def drawn_of_the_global_generator():
    return float(pytest.importorskip("tensorflow").random.get_global_generator().uniform(()))


def drawn_of_keras():
    return float(pytest.importorskip("keras").random.uniform(()))


def named_by_keras():
    return pytest.importorskip("keras").layers.Dense(1).name


def made_by_keras():
    """Kernel of a layer that was given no seed: the seed is drawn from Python's ``random``."""
    layer = pytest.importorskip("keras").layers.Dense(1)
    layer.build((None, 3))
    return layer.get_weights()[0].tolist()


SOURCES = (
    drawn_of_python,
    drawn_of_numpy,
    drawn_of_tensorflow,
    drawn_of_the_global_generator,
    drawn_of_keras,
    named_by_keras,
    made_by_keras,
)


def seeded():
    keras, tf = pytest.importorskip("keras"), pytest.importorskip("tensorflow")
    keras.backend.clear_session()
    keras.utils.set_random_seed(3)
    tf.random.set_global_generator(tf.random.Generator.from_seed(3))


@pytest.mark.parametrize("draw", SOURCES)
@pytest.mark.parametrize("first", [False, True], ids=["first draw inside", "drawn before"])
def test_what_is_drawn_next_does_not_depend_on_what_was_drawn_inside(draw, first):
    expected = []
    for inside in (False, True):
        seeded()
        if first:
            draw()
        if inside:
            with kept_seeds():
                for other in SOURCES:
                    other(), other()
        expected.append([draw(), draw()])
    assert expected[0] == expected[1]
    assert expected[0][0] != expected[0][1], "nothing was drawn"


def test_an_exception_inside_does_not_lose_the_seeds():
    random.seed(3)
    state = random.getstate()
    with pytest.raises(ZeroDivisionError), kept_seeds():  # noqa: PT012  (the exception comes late)
        random.seed(4)
        raise ZeroDivisionError
    assert random.getstate() == state


def test_a_seed_set_inside_is_taken_back():
    tf = pytest.importorskip("tensorflow")
    seeded()
    expected = [float(tf.random.uniform(())) for _ in range(2)]
    seeded()
    with kept_seeds():
        tf.random.set_seed(99)
        tf.random.uniform(())
    assert [float(tf.random.uniform(())) for _ in range(2)] == expected


def test_nothing_is_imported_for_it():
    code = (
        "import sys; from gendiag.runtime.random_state import kept_seeds\n"
        "with kept_seeds(): pass\n"
        "assert not {'numpy', 'keras', 'tensorflow'} & set(sys.modules), 'imported'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
