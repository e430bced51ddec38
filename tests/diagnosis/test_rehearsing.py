"""How many steps are to come, as far as that is known, while the rehearsal runs."""

from types import SimpleNamespace

import pytest

from gendiag.diagnosis.rehearsing import _StepsToCome
from gendiag.rehearsal.probe import Limits

BEGUN, BEFORE = (SimpleNamespace(position=SimpleNamespace(epochs_begun=number)) for number in (1, 0))


def total(length=None, now=BEGUN, limits=Limits(), **fit_args):  # noqa: B008  (frozen)
    case = SimpleNamespace(fit_args=fit_args)
    return _StepsToCome(case, SimpleNamespace(length=length), limits).total(now)


@pytest.mark.parametrize(
    ("known", "steps"),
    [
        ({"length": 60, "epochs": 2}, 120),
        ({"length": 60, "epochs": 10}, 180),  # three epochs are rehearsed
        ({"length": 60, "epochs": 10, "initial_epoch": 9}, 60),
        ({"length": 60, "steps_per_epoch": 20, "epochs": 2}, 40),
        ({"length": 10_000}, 2000),  # the limit of steps
        ({}, None),
        ({"length": None, "epochs": 3}, None),
    ],
)
def test_the_steps_to_come_are_those_of_the_source_or_of_the_arguments_within_the_limits(known, steps):
    assert total(**known) == steps


def test_a_source_is_not_asked_for_its_length_before_fit_asks():
    class Asked:
        @property
        def length(self):
            pytest.fail("asked too early")

    case = SimpleNamespace(fit_args={})
    assert _StepsToCome(case, Asked(), Limits()).total(BEFORE) is None
