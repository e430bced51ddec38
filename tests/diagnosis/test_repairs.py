"""Repairs: shown as verified only if they were run."""

import random
import threading
from types import SimpleNamespace

import keras
import numpy as np

from gendiag import diagnose
from gendiag.diagnosis import repair_search, repairs
from gendiag.diagnosis.repair_search import control
from gendiag.rules import RULES
from gendiag.rules.edits.edit import Edit
from gendiag.rules.rule import sound
from gendiag.runtime.task import stopped_by
from tests.support.models import linear
from tests.support.small_models import state


def cast_labels():
    for step, (x, y) in enumerate(sound()):
        yield x, y + 0.7 if step == 3 else (y > 0).astype("int64")


def two_faults():
    for step, (x, y) in enumerate(sound()):
        x[0, 0] = np.nan if step == 3 else 0
        yield x, y.tolist()


def diagnosed(source, model=None, **fit_args):
    return diagnose(source, model, progress=False, **fit_args)


def proposing(monkeypatch, *proposed):
    """Let every rule propose these edits and nothing else."""
    for rule in RULES:
        monkeypatch.setattr(type(rule), "edits", lambda *_: proposed)


def test_a_repair_was_run_and_the_real_fit_trains_on_it():
    (found,) = diagnosed(cast_labels, linear()).repairs()
    assert found.verified
    assert found.rule == "silent-cast"
    assert found.changes_meaning == ""
    assert [y.dtype.name for _, y in found.apply(cast_labels)] == ["float32"] * 6
    before, after = found.proof["before"], found.proof["after"]
    assert (before["verdict"], after["verdict"]) == ("trains on altered data", "trains")
    assert (before["findings"], after["findings"]) == (("silent-cast",), ())
    assert before["samples"] == after["samples"] == 24
    assert (after["batch"], after["outcome"]) == (3, "trains")
    assert after["loss"] != before["loss"]


def test_an_edit_that_mends_nothing_is_not_shown(monkeypatch):
    proposing(monkeypatch, Edit("Nothing", "def mended(batches):\n    yield from batches"))
    assert diagnosed(cast_labels).repairs() == ()


def test_an_edit_that_brings_another_fault_is_not_shown(monkeypatch):
    code = (
        "def mended(batches):\n    for step, (x, y) in enumerate(batches):\n"
        '        yield x, y.astype("float32") / (step != 5)'
    )
    proposing(monkeypatch, Edit("Infinite in the last batch", code))
    assert diagnosed(cast_labels).repairs() == ()


def test_an_edit_proposed_for_two_faults_is_shown_once_for_the_one_that_it_mends(monkeypatch):
    def two_warnings():
        for step, (x, y) in enumerate(sound()):
            yield x * (np.nan if step == 4 else 1), y, -np.ones(4, "float32")

    code = "def mended(batches):\n    for x, y, weight in batches:\n        yield x, y, abs(weight)"
    proposing(monkeypatch, Edit("Without the sign", code))
    monkeypatch.setattr(repair_search, "_trial", lambda *_: None)  # the trial of the batch with NaN would say so too
    report = diagnosed(two_warnings, linear())
    assert [finding.rule for finding in report.findings] == ["nan-inf", "negative-weights"]
    (found,) = report.repairs()
    assert (found.rule, found.proof["after"]["findings"]) == ("negative-weights", ("nan-inf",))


def test_an_edit_that_raises_is_not_shown(monkeypatch):
    proposing(monkeypatch, Edit("Raise", "def mended(batches):\n    raise OSError"))
    assert diagnosed(cast_labels).repairs() == ()


def test_two_faults_are_mended_by_two_edits():
    found = diagnosed(two_faults, linear()).repairs()
    assert found[0].title == "Make an array of y; leave out the rows in which x is NaN or infinite"
    assert found[0].changes_meaning == "drops the samples in which x is not finite"
    assert sum(len(x) for x, _ in found[0].apply(two_faults)) == 23


def test_what_changes_nothing_comes_before_what_costs_samples_and_small_before_large(monkeypatch):
    code = 'def mended(batches):\n    for x, y in batches:\n        yield x, y.astype("float32")  # {}'
    costly = Edit("Costly", code.format(1), changes_meaning="drops samples")
    large, small = Edit("Large", code.format(2), size=3), Edit("Small", code.format(3))
    proposing(monkeypatch, costly, large, small)
    assert [found.title for found in diagnosed(cast_labels).repairs()] == ["Small", "Large", "Costly"]


def test_model_and_random_states_are_as_before():
    def drawing():
        random.random()  # noqa: S311  (no secret)
        return cast_labels()

    model = linear(optimizer="adam")
    report = diagnosed(drawing, model)
    keras.utils.set_random_seed(3)
    before, drawn = state(model), random.getstate()
    assert report.repairs()[0].verified
    assert all(np.array_equal(a, b) for a, b in zip(before, state(model), strict=True))
    assert random.getstate() == drawn
    assert np.random.random() == np.random.RandomState(3).random()  # noqa: NPY002  (the global state is what is kept)


def test_a_spent_generator_is_mended_on_the_batches_that_were_read():
    (found,) = diagnosed(cast_labels()).repairs()
    assert found.verified
    assert found.proof["read"] == "the 6 batches that were read"
    assert "# model.fit(mended(batches))" in found.snippet


def test_a_fault_that_does_not_come_back_proves_nothing():
    def filling_one_buffer():
        x = np.zeros((4, 3), "float32")
        for _ in range(6):
            x += 1
            yield x, x[:, :1]

    (found,) = diagnosed(filling_one_buffer()).repairs()
    assert not found.verified
    assert "does not show this fault" in found.proof["not run"]


def test_arguments_of_fit_that_change_are_handed_over():
    found = diagnosed(sound, workers=4).repairs()[0]
    assert found.verified
    assert dict(found.fit_args) == {"workers": None}
    assert found.snippet == "# model.fit(sound())  # without workers\n"


def test_validation_data_are_mended_too():
    x = np.random.default_rng(0).random((64, 3), "float32")
    other = np.random.default_rng(1).random((64, 3), "float32")
    report = diagnosed((other, other[:, :1]), validation_data=(x * 255, x[:, :1]))
    found = report.repairs()[0]
    assert (found.verified, found.target) == (True, "validation_data")
    assert np.allclose(found.apply((x * 255, x[:, :1]))[0], x)


def test_a_good_source_has_nothing_to_mend():
    assert diagnosed(sound).repairs() == ()


def test_the_search_ends_with_its_budget():
    assert all(not found.verified for found in diagnosed(cast_labels).repairs(budget_s=1e-9))


def test_a_stop_keeps_what_was_verified(monkeypatch):
    tried = []

    def stopping(self, edit, finding, run=repair_search.Search.run):
        tried.append(edit)
        if len(tried) == 3:
            raise KeyboardInterrupt
        return run(self, edit, finding)

    code = 'def mended(batches):\n    for x, y in batches:\n        yield x, y.astype("float32")  # {}'
    proposing(monkeypatch, Edit("One", code.format(1)), Edit("Two", code.format(2)))
    monkeypatch.setattr(repair_search.Search, "run", stopping)
    assert [found.title for found in diagnosed(cast_labels).repairs()] == ["One"]


def test_repairs_are_kept(monkeypatch):
    report = diagnosed(cast_labels)
    first = report.repairs()
    monkeypatch.setattr(repairs, "control", None)
    assert report.repairs() is first


def test_each_change_is_told_before_it_is_run_and_each_repair_as_it_is_proven(monkeypatch):
    cast = "def mended(batches):\n    for x, y in batches:\n        yield x, y.astype('float32')"
    proposing(monkeypatch, Edit("Nothing", "def mended(batches):\n    yield from batches"), Edit("Cast", cast))
    report, told = diagnosed(cast_labels), []
    (found,) = report.repairs(on_try=lambda number, title: told.append((number, title)), on_found=told.append)
    assert told == [(1, ""), (1, "Nothing"), (2, "Cast"), found]
    after = report._fixes.after(found)
    assert (after.verdict, after.findings) == ("trains", ())
    assert list(after.profile.store) == [], "its batches are not held a second time"
    assert report._fixes.after(report.repairs()[0]) is after


def test_a_search_that_is_cancelled_gives_what_was_found_and_is_not_the_last_word(monkeypatch):
    cast = "def mended(batches):\n    for x, y in batches:\n        yield x, y.astype({!r})"
    proposing(monkeypatch, *(Edit(dtype, cast.format(dtype)) for dtype in ("float32", "float64")))
    report, asked = diagnosed(cast_labels), threading.Event()
    with stopped_by(asked):
        assert [found.title for found in report.repairs(on_found=lambda _: asked.set())] == ["float32"]
    assert [found.title for found in report.repairs()] == ["float32", "float64"]


def test_a_trial_that_was_stopped_may_be_asked_for_again():
    report, asked = diagnosed(cast_labels, linear()), threading.Event()
    asked.set()
    with stopped_by(asked):
        assert report.trial(4).outcome == "not tried"
    assert report.trial(4).outcome == "trains"


def test_a_search_stopped_at_once_says_so_and_not_that_the_source_cannot_be_read_again():
    for stopped, told in ((True, "the search was stopped before"), (False, "the source could not be read again")):
        search = SimpleNamespace(stopped=stopped, results=[], run=lambda *_: None)
        assert control(search, None) == told
