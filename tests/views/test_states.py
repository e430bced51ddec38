"""What became of every batch: what is drawn must have been measured."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from gendiag import diagnose
from gendiag.records import Delivery, Rehearsal
from gendiag.views.picture import states, timeline
from gendiag.views.picture.states import State
from tests.support.diagnoses import batch, finding, plain, x, y

ITEMS, BAD = 300, 217


class Items(keras.utils.PyDataset):
    """One item cannot be read."""

    def __len__(self):
        return ITEMS

    def __getitem__(self, index):
        if index == BAD:
            msg = "no such file"
            raise OSError(msg)
        return np.full((2, 3), index, "float32"), np.zeros(2)


@pytest.fixture(scope="module")
def shuffled():
    """Fit asks for the items in any order, and raises at one that therefore has no record."""
    keras.utils.set_random_seed(7)
    return diagnose(Items, shuffle=True, progress=False).diagnosis


def test_the_item_that_raises_is_failing_though_it_has_no_record(shuffled):
    assert shuffled.profile.find(BAD) is None
    assert states.state_of(shuffled, BAD) == State.FAILING
    assert timeline.readout(shuffled, BAD).startswith(f"batch {BAD} · fit raises here")


def test_in_any_order_no_trained_batch_is_unreached_and_all_others_of_the_epoch_are(shuffled):
    trained = {step.batch for step in shuffled.rehearsal.deliveries}
    assert 0 < len(trained) < ITEMS - 1
    assert max(trained) > BAD, "the order has to differ from the numbers"
    state = states.states(shuffled)
    assert all(state[each] == State.DELIVERED for each in trained)
    read = {each.index for each in shuffled.profile.batches} - trained
    assert all(state[each] == State.UNREACHED for each in read)
    unread = set(range(len(state))) - trained - read - {BAD}
    assert all(state[each] == State.UNKNOWN for each in unread)


def test_what_only_a_probe_was_given_behind_the_failing_batch_is_unreached():
    whole = plain(4, fails_at=1, verdict="raises")
    assert states.states(whole).tolist() == [State.DELIVERED, State.FAILING, State.UNREACHED, State.UNREACHED]
    assert states.reached(whole) == 2
    assert [step.batch for step in states.deliveries_of(whole, 3)] == [3]


def test_batches_behind_the_failing_one_are_unreached(raises):
    assert states.states(raises).tolist() == [1, 1, 1, State.FAILING, *[State.UNREACHED] * 4]


def test_in_order_a_batch_read_ahead_and_trained_on_is_no_more_unreached(raises):
    ahead = Delivery(0, 3, 5, (x(), y()))
    seen = replace(raises, rehearsal=replace(raises.rehearsal, deliveries=(*raises.rehearsal.deliveries, ahead)))
    assert states.states(seen)[[4, 5, 6]].tolist() == [State.UNREACHED, State.DELIVERED, State.UNREACHED]


def test_batches_delivered_again_and_again_leave_the_others_not_delivered_again(silent_cast):
    assert states.states(silent_cast).tolist() == [State.DELIVERED] * 2 + [State.NOT_AGAIN] * 6
    assert states.steps(silent_cast).tolist() == [3, 3, 1, 1, 1, 1, 1, 1]


def test_where_every_batch_is_delivered_as_often_none_is_behind():
    whole = plain(3)
    twice = (*whole.rehearsal.deliveries, *(replace(d, epoch=1) for d in whole.rehearsal.deliveries))
    again = replace(whole, rehearsal=replace(whole.rehearsal, deliveries=twice))
    assert set(states.states(again).tolist()) == {State.DELIVERED}


def test_a_step_on_what_nothing_yielded_matches_delivers_no_batch():
    whole = plain(3)
    steps = (*whole.rehearsal.deliveries[:2], Delivery(0, 2, None, (x(),)), Delivery(0, 3, 99, (x(),)))
    seen = replace(whole, rehearsal=replace(whole.rehearsal, deliveries=steps))
    assert states.states(seen).tolist() == [State.DELIVERED, State.DELIVERED, State.NEVER_DELIVERED]
    assert states.deliveries_of(seen, 1) == [steps[1]]
    assert states.deliveries_of(seen, 2) == []


def test_a_number_that_was_never_read_is_unknown():
    whole = plain(3)
    gap = replace(whole, profile=replace(whole.profile, batches=(whole.profile.batches[0], whole.profile.batches[2])))
    gap = replace(gap, rehearsal=replace(gap.rehearsal, deliveries=()))
    assert states.states(gap).tolist() == [State.NEVER_DELIVERED, State.UNKNOWN, State.NEVER_DELIVERED]
    assert states.state_of(gap, 17) == State.UNKNOWN


@pytest.mark.parametrize(
    ("run", "state"),
    [
        ({"ended": "finished"}, State.NEVER_DELIVERED),
        ({"ended": "budget"}, State.OPEN),
        ({"ended": "stopped", "live": True, "running": True}, State.OPEN),
        ({"ended": "raised", "live": True}, State.OPEN),
    ],
)
def test_a_batch_without_a_step_is_called_undelivered_only_where_that_is_known(run, state):
    whole = plain(4)
    seen = replace(whole, rehearsal=replace(whole.rehearsal, deliveries=whole.rehearsal.deliveries[:3], **run))
    assert states.state_of(seen, 3) == state


def test_a_source_that_was_only_read_is_open_and_none_is_said_to_be_unreached():
    whole = replace(plain(3), rehearsal=Rehearsal(), fails_at=1)
    assert states.states(whole).tolist() == [State.OPEN, State.FAILING, State.OPEN]


def test_a_fit_that_never_ends_is_not_said_to_raise():
    endless = plain(3, finding(2, severity="error"), verdict="never ends", fails_at=2)
    assert "fit never ends here" in timeline.readout(endless, 2)
    assert "raises" not in timeline.alt_text(endless)


def test_epochs_of_an_order_of_its_own_that_came_before_are_not_unreached():
    whole = plain(6)
    batches = tuple(batch(i, x(), y(), epoch=i // 3) for i in range(6))
    profile = replace(whole.profile, batches=batches, read_order=(2, 0, 1, 4, 3, 5))
    steps = tuple(Delivery(n // 3, n % 3, i, (x(), y())) for n, i in enumerate((2, 0, 4)))
    run = replace(whole.rehearsal, deliveries=(*steps[:2], replace(steps[2], epoch=1)), ended="raised")
    seen = replace(whole, profile=profile, rehearsal=run, fails_at=5, verdict="raises")
    assert [State(each).name for each in states.states(seen)] == [
        "DELIVERED", "NEVER_DELIVERED", "DELIVERED", "UNREACHED", "DELIVERED", "FAILING",
    ]  # fmt: skip
