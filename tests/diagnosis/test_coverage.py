"""What was asked for and not looked at is said where the verdict stands; "no fault found" is said over no gap."""

import signal
import time

import keras
import pytest

import gendiag
from gendiag.rules.rule import sound
from tests.support.models import linear


def batches():
    while True:
        yield from sound(4)


def headline(model=None, **given):
    options = {"epochs": 1, "steps_per_epoch": 4, "progress": False} | given
    return gendiag.diagnose(batches, model or linear(), **options).diagnosis.headline


def test_no_fault_is_found_where_all_was_looked_at():
    assert headline().startswith("No fault found")


@pytest.mark.parametrize(
    ("asked", "left_out"),
    [
        ({"epochs": 9, "rehearse_epochs": 2}, "epochs 3-9"),
        ({"epochs": 3, "rehearse_epochs": 2}, "epoch 3"),
        ({"steps_per_epoch": 12, "max_batches": 5}, "what comes after 5 steps"),
        ({"callbacks": [keras.callbacks.TerminateOnNaN()]}, "callbacks (TerminateOnNaN)"),
        ({"callbacks": keras.callbacks.TerminateOnNaN()}, "callbacks (TerminateOnNaN)"),
        ({"callbacks": keras.callbacks.CallbackList([keras.callbacks.TerminateOnNaN()])}, "TerminateOnNaN"),
        ({"callbacks": {1}}, "callbacks holds a set"),
        ({"keep_bytes": 200}, "the model on 2 of 4 batches: not held"),
        (
            {
                "epochs": 9,
                "rehearse_epochs": 1,
                "validation_data": batches,
                "validation_freq": 5,
                "validation_steps": 2,
            },
            "the validation data",
        ),
    ],
)
def test_what_was_left_out_is_named_and_takes_the_all_clear_back(asked, left_out):
    said = headline(**asked)
    assert "No fault found" not in said
    assert left_out in said


def test_behind_a_finding_what_was_left_out_is_a_note():
    report = gendiag.diagnose(sound, linear(), epochs=9, rehearse_epochs=3, progress=False)
    assert report.findings[0].rule == "exhausted"
    assert report.diagnosis.headline == report.findings[0].message
    assert report.diagnosis.notes[0].startswith("Left out: epochs 4-9")


def test_with_notes_the_headline_is_the_first_of_them():
    def two_sizes():
        yield from sound(3)
        yield from sound(3, rows=7)

    report = gendiag.diagnose(two_sizes, linear(), progress=False)
    assert [finding.severity for finding in report.findings] == ["note"]
    assert report.diagnosis.headline == report.findings[0].message


def test_an_interrupt_while_the_model_is_run_is_no_all_clear():
    class Interrupted(keras.Model):
        def __init__(self):
            super().__init__()
            self.layer = keras.layers.Dense(1)

        def call(self, x):
            return self.layer(x)

        def train_step(self, data):
            if len(steps := self.steps_seen) == 3:
                signal.raise_signal(signal.SIGINT)
                time.sleep(0.5)  # until it is heeded, in the main thread
            steps.append(0)
            return super().train_step(data)

    model = Interrupted()
    model.steps_seen = []
    model.compile("sgd", "mse", run_eagerly=True)
    report = gendiag.diagnose(sound, model, progress=False)
    assert report.verdict == "trains"
    assert "No fault found" not in report.diagnosis.headline
    assert "it was stopped" in report.diagnosis.headline
