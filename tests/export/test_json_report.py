"""A diagnosis as JSON: all that its head promises, valid whatever the data are."""

import json
import re
from dataclasses import fields, replace

import pytest

from gendiag.export import json_report
from gendiag.export.json_report import as_object, to_json
from gendiag.records import CulpritValue, Finding, Shrunk
from tests.support.diagnoses import batch, finding, plain, tried, x


def refused(constant):
    raise AssertionError(constant)


def read(diagnosis):
    return json.loads(to_json(diagnosis), parse_constant=refused)


@pytest.mark.parametrize("name", ["silent_cast", "raises", "nothing", "hostile"])
def test_it_is_one_valid_object_in_ascii(request, name):
    diagnosis = request.getfixturevalue(name)
    assert to_json(diagnosis).isascii()
    assert read(diagnosis) == as_object(diagnosis)


def test_no_text_of_the_data_can_spoil_a_log():
    written = to_json(plain(2, finding(0, title="\x1b[2J ✖ \ud800")))
    assert written.isascii()
    assert "\x1b" not in written
    assert json.loads(written)["findings"][0]["title"] == "\x1b[2J ✖ \ud800"


def test_it_names_its_format_and_every_version(raises):
    made = read(raises)
    assert (made["format"], made["format_version"]) == ("gendiag-report", 1)
    assert set(made["versions"]) == {"gendiag", "keras", "tensorflow"}
    assert made["versions"]["keras"] == "3.15.1"


def test_every_key_is_documented_and_every_documented_key_is_there(silent_cast):
    documented = {
        name
        for names in re.findall(r"^(``.*?)(?:  |$)", json_report.__doc__, re.MULTILINE)
        for name in re.findall(r"``(\w+)``", names)
    }
    assert documented == set(read(silent_cast))
    told = set(re.findall(r"``(\w+)``", json_report.__doc__))
    for part in ("profile", "rehearsal"):
        assert set(read(silent_cast)[part]) <= told


def test_the_verdict_and_the_failing_batch_are_those_of_the_report(raises):
    made = read(raises)
    assert (made["verdict"], made["fails_at"]) == ("raises", 3)
    assert (made["source"], made["model"]) == ("generator function make_batches", "sequential (Sequential)")
    assert made["headline"] == raises.headline


def test_a_finding_has_all_its_fields_and_says_whose_batches_it_counts():
    diagnosis = plain(4, finding(2, evidence={"source": "validation", "share": float("nan"), "dtypes": {"y": {1, 2}}}))
    made = read(diagnosis)["findings"][0]
    assert set(made) == {field.name for field in fields(Finding)} | {"in_validation"}
    assert made["batches"] == [2]
    assert made["in_validation"] is True
    assert made["evidence"] == {"source": "validation", "share": "NaN", "dtypes": {"y": [1, 2]}}


def test_a_leaf_is_summed_up_over_its_batches(silent_cast):
    by_leaf = {leaf["leaf"]: leaf for leaf in read(silent_cast)["profile"]["leaves"]}
    assert by_leaf["y"]["batches"] == 8
    assert by_leaf["y"]["dtypes"] == {"int64": 6, "float64": 2}
    assert by_leaf["y"]["shapes"] == [{"shape": [10], "batches": 8}]
    assert (by_leaf["x"]["low"], by_leaf["x"]["high"], by_leaf["x"]["nbytes"]) == (-2.0, 2.0, 8 * 160)


def test_large_whole_numbers_are_not_rounded_and_no_values_have_no_range():
    large, empty = replace(x(), high=2**62 + 1), replace(x(path="z"), low=None, high=None, dtype="")
    diagnosis = plain(1)
    diagnosis = replace(diagnosis, profile=replace(diagnosis.profile, batches=(batch(0, large, empty),)))
    first, second = read(diagnosis)["profile"]["leaves"]
    assert first["high"] == 2**62 + 1
    assert (second["low"], second["high"], second["dtypes"]) == (None, None, {"array": 1})


def test_the_rehearsal_says_what_arrived_and_what_was_altered(silent_cast):
    made = read(silent_cast)["rehearsal"]
    assert (made["epochs"], made["steps"]) == (3, 12)
    assert made["delivered"] == {"x": ["float32"], "y": ["int64"]}
    assert made["changed"] == {"y": 18}


def test_a_failure_is_told_in_the_rehearsal(raises):
    failure = read(raises)["rehearsal"]["failure"]
    assert failure["type"] == raises.rehearsal.failure.type
    assert failure["line"] == raises.rehearsal.failure.line


def test_trials_come_with_the_samples_that_were_found_guilty():
    shrunk = Shrunk(3, "raises", (1,), values=(CulpritValue(1, "y", (), "10"),), minimal=True)
    diagnosis = plain(4, trials={3: replace(tried(3, "raises"), loss=float("nan")), 0: tried(0)}, shrunk={3: shrunk})
    first, second = read(diagnosis)["trials"]
    assert (first["batch"], first["shrunk"]) == (0, None)
    assert (second["outcome"], second["loss"]) == ("raises", "NaN")
    assert second["shrunk"]["samples"] == [1]
    assert second["shrunk"]["values"][0]["value"] == "10"


def test_validation_data_have_a_profile_where_they_were_read(silent_cast):
    assert read(silent_cast)["validation"] is None
    assert read(replace(silent_cast, validation=silent_cast.profile))["validation"]["batches"] == 8
