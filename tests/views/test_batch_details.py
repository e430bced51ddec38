"""One batch: what was yielded beside what was delivered."""

from dataclasses import replace

import numpy as np
import pytest

from gendiag.batches.store import Store
from gendiag.records import Shrunk
from gendiag.views import batch_details
from tests.support.diagnoses import batch, plain, x, y


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


def test_details_show_the_samples_of_images_by_their_path():
    whole = plain(1)
    leaf = replace(x(path="x['image']"), shape=(6, 8, 8, 3), dtype="uint8", low=0, high=0)
    store = Store()
    store.put(0, ({"image": np.zeros((6, 8, 8, 3), dtype="uint8")}, np.arange(6)), 9)
    html = batch_details.to_html(
        replace(whole, profile=replace(whole.profile, batches=(batch(0, leaf),), store=store)), 0
    )
    assert html.count('class="gd-samples-picture"') == 4
    assert "x[&#x27;image&#x27;] of sample 3, as yielded" in html


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


def test_the_batch_in_which_the_source_raised_says_so_and_another_that_was_not_read():
    whole = plain(3, fails_at=3)
    raised = replace(whole, profile=replace(whole.profile, ended="raised"))
    assert "the source raised in it" in batch_details.to_html(raised, 3)
    assert "Batch 4 was not read" in batch_details.to_html(raised, 4)


def test_where_no_sample_is_to_blame_none_is_called_failing():
    every = Shrunk(1, "raises", every=True, rows=4, tried_alone=4)
    drawn = batch_details.to_html(plain(3, shrunk={1: every}), 1)
    assert "none is to blame" in drawn
    assert "failing samples" not in drawn


def test_a_step_that_only_a_probe_took_is_no_step_of_fit():
    html = batch_details.to_html(plain(4, fails_at=1, verdict="raises"), 3)
    assert "not reached by fit" in html
    assert "given to a probe in place of your model in epoch 1/1, step 4" in html


def test_what_was_not_measured_of_a_delivery_is_no_difference():
    whole = plain(1)
    step = replace(whole.rehearsal.deliveries[0], leaves=tuple(replace(leaf, mean=None) for leaf in (x(), y())))
    unmeasured = replace(whole, rehearsal=replace(whole.rehearsal, deliveries=(step,)))
    assert "gd-differs" not in batch_details.to_html(unmeasured, 0)
