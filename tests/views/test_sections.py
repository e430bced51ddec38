"""The parts of the report that are tables and cards."""

import io
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.image import imread

from gendiag.batches.store import Store
from gendiag.records import Trial, TrialStep
from gendiag.views import batch_details, dtype_table, findings, lesson, thumbnail, trial_card
from tests.support.diagnoses import SCRIPT, batch, failure, finding, plain, tried, x


def test_the_dtype_table_says_what_fit_casts_to(silent_cast):
    rows = dtype_table.table(silent_cast).set_index(["leaf", "dtype"])
    cast = rows.loc[("y", "float64")]
    assert [cast["batches"], cast["first batch"], cast["delivered as"], cast["values changed"]] == [
        "2 of 8",
        3,
        "int64",
        18,
    ]
    assert rows.loc[("x", "float32"), "delivered as"] == "unchanged"
    assert rows.loc[("x", "float32"), "shapes"] == "(·, 4)"


def test_the_dtype_table_says_what_was_not_delivered(raises):
    undelivered = replace(raises, rehearsal=replace(raises.rehearsal, deliveries=()))
    assert set(dtype_table.table(undelivered)["delivered as"]) == {"not delivered"}


def test_the_dtype_table_of_no_batches_is_empty(nothing):
    assert dtype_table.table(nothing).empty
    assert "No leaf was read" in dtype_table.to_html(nothing)


def test_details_show_what_was_delivered_beside_what_was_yielded(silent_cast):
    html = batch_details.to_html(silent_cast, 3)
    assert html.index("yielded") < html.index("float64") < html.index("9 values changed, such as 0.7 → 0")
    assert "0.375, 0.375" in html


def test_details_name_the_findings_of_the_batch(silent_cast):
    assert "Labels are cast" in batch_details.to_html(silent_cast, 3)
    assert "Labels are cast" not in batch_details.to_html(silent_cast, 2)


def test_details_say_why_a_batch_was_not_delivered(raises):
    assert "not taken: fit raises here" in batch_details.to_html(raises, 3)
    assert "not reached by fit" in batch_details.to_html(raises, 5)


@pytest.mark.parametrize(
    ("run", "fails_at", "absent"),
    [
        ({}, None, "never delivered"),
        ({"ended": "raised"}, None, "never delivered"),
        ({"ended": "budget"}, None, "not rehearsed"),
        ({"epochs_run": 0, "deliveries": ()}, 3, "not rehearsed"),
        ({"ended": "raised", "live": True}, None, "read, no step recorded"),
        ({"ended": "stopped", "live": True, "running": True}, None, "no step recorded yet"),
    ],
)
def test_details_say_whether_a_batch_without_a_step_may_have_had_one(run, fails_at, absent):
    whole = plain(4)
    cut = replace(whole.rehearsal, **{"deliveries": whole.rehearsal.deliveries[:3], **run})
    assert absent in batch_details.to_html(replace(whole, rehearsal=cut, fails_at=fails_at), 3)


def test_details_of_a_batch_that_is_not_kept_say_so_and_still_show_its_figures(silent_cast):
    forgetful = replace(silent_cast, profile=replace(silent_cast.profile, store=Store()))
    html = batch_details.to_html(forgetful, 3)
    assert "No values to show: batch 3 was never read" in html
    assert "float64" in html


def test_details_of_a_batch_that_was_not_read_say_so(silent_cast):
    assert "Batch 99 was not read." in batch_details.to_html(silent_cast, 99)


def test_details_find_a_batch_whose_index_is_not_its_place(silent_cast):
    gap = replace(silent_cast, profile=replace(silent_cast.profile, batches=silent_cast.profile.batches[::2]))
    assert "<b>batch 6</b>" in batch_details.to_html(gap, 6)


def test_details_show_thumbnails_of_images_by_their_path():
    whole = plain(1)
    leaf = replace(x(path="x['image']"), shape=(6, 8, 8, 3), dtype="uint8")
    store = Store()
    store.put(0, ({"image": np.zeros((6, 8, 8, 3), dtype="uint8")}, np.arange(6)), 9)
    html = batch_details.to_html(
        replace(whole, profile=replace(whole.profile, batches=(batch(0, leaf),), store=store)), 0
    )
    assert html.count('class="gd-thumbnail"') == 4
    assert "x[&#x27;image&#x27;], sample 3" in html


def test_details_never_convert_a_leaf_of_unknown_kind():
    class Trap:
        def __array__(self, *_, **__):
            pytest.fail("converted")

    whole = plain(1)
    store = Store()
    store.put(0, (Trap(),), 9)
    leaf = replace(x(), kind="Trap", shape=None, dtype="")
    html = batch_details.to_html(
        replace(whole, profile=replace(whole.profile, batches=(batch(0, leaf),), store=store)), 0
    )
    assert "Trap" in html


def shades(values):
    return [imread(io.BytesIO(png)) for png in thumbnail.pictures(values)]


def test_eight_bit_images_are_shown_as_they_are():
    (picture,) = shades(np.full((1, 8, 8, 1), 51, dtype="uint8"))
    assert picture[0, 0, :3] == pytest.approx(51 / 255)


def test_float_images_are_stretched_over_the_samples_shown():
    low, high = shades(np.stack([np.full((8, 8), -3.0), np.full((8, 8), 5.0)]))
    assert (low[0, 0, 0], high[0, 0, 0]) == (0, 1)


def test_a_constant_float_image_is_grey_and_nan_stands_out():
    values = np.full((1, 8, 8), 7.0)
    values[0, 0, 0] = np.nan
    (picture,) = shades(values)
    assert picture[1, 1, :3] == pytest.approx(0.5, abs=0.01)
    assert picture[0, 0, 0] > picture[0, 0, 1] > picture[0, 0, 2]


@pytest.mark.parametrize("shape", [(10, 4), (10, 4, 4), (10, 8, 8, 2), (0, 8, 8), (10,)])
def test_what_does_not_look_like_images_has_no_thumbnail(shape):
    assert thumbnail.pictures(np.zeros(shape)) == []


def test_the_root_cause_is_the_first_card_and_the_only_large_one(silent_cast):
    html = findings.to_html(silent_cast)
    assert html.count("gd-first") == 1
    assert html.index("gd-first") < html.index("Labels are cast") < html.index("A batch repeats")


def test_a_card_says_severity_in_words_why_it_hurts_and_what_to_do():
    html = findings.to_html(plain(9, finding(3, 7, 8, evidence={"cast": "float64 to int64"})))
    for part in (
        "▲",
        "warning",
        "batches 3, 7-8",
        "Why it hurts",
        "Labels become 0.",
        "What to do",
        "float64 to int64",
    ):
        assert part in html


def test_a_card_of_validation_data_does_not_claim_training_batches():
    assert "batch 3 of the validation data" in findings.to_html(plain(9, finding(3, evidence={"source": "validation"})))


def test_no_finding_is_said():
    assert "no finding" in findings.to_html(plain(1))


def test_a_trial_shows_every_way_it_was_run():
    html = trial_card.to_html(tried(3))
    for part in ("Trial of batch 3", "through fit", "as delivered", "0.5", "accuracy 0.75", "1.5", "✔"):
        assert part in html


def test_a_raising_trial_shows_the_readable_line_the_layer_and_the_users_code():
    html = trial_card.to_html(tried(3, "raises"))
    for part in ("ValueError", "shapes do not match", "train.py:12", "yield shapes", "Full text"):
        assert part in html


def test_a_trial_without_an_answer_shows_its_error():
    quiet = Trial(3, "no answer", error="no answer in 60 s", steps=(TrialStep("through fit", "no answer"),))
    assert "no answer in 60 s" in trial_card.to_html(quiet)


LESSON = (
    "silent-cast",
    "Cast",
    {"What fit does": "Casts ``y``.\n\nSilently.", "Why it hurts": SCRIPT},
    "yield 0.7",
    "yield 1",
)


def test_a_lesson_has_its_sections_and_both_codes_in_html_and_text():
    for text in (lesson.to_html(*LESSON), lesson.to_text(*LESSON)):
        for part in (
            "silent-cast",
            "What fit does",
            "Silently.",
            "Why it hurts",
            "Broken",
            "yield 0.7",
            "Mended",
            "yield 1",
        ):
            assert part in text


def test_a_lesson_sets_names_as_code_and_escapes_the_rest():
    html = lesson.to_html(*LESSON)
    assert "<code>y</code>" in html
    assert SCRIPT not in html


def test_a_failure_with_a_script_in_it_is_escaped():
    step = TrialStep("through fit", "raises", failure=failure(SCRIPT))
    assert SCRIPT not in trial_card.to_html(Trial(0, "raises", steps=(step,)))
