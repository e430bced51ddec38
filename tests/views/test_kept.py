"""What is read of a diagnosis is read once, and of each diagnosis for itself."""

from dataclasses import replace

from gendiag.views.kept import kept
from gendiag.views.picture import states, tracks
from tests.support.diagnoses import plain


def test_the_same_is_read_once_and_each_argument_for_itself():
    asked = []

    @kept
    def read(diagnosis, path):
        asked.append(path)
        return len(diagnosis.profile.batches), path

    diagnosis = plain(3)
    assert [read(diagnosis, path) for path in ("x", "y", "x")] == [(3, "x"), (3, "y"), (3, "x")]
    assert asked == ["x", "y"]


def test_a_changed_copy_is_read_anew_and_compares_as_before():
    diagnosis, other = plain(3), plain(3)
    assert states.steps(diagnosis).tolist() == [1, 1, 1]
    assert diagnosis.rehearsal == other.rehearsal
    cut = replace(diagnosis, rehearsal=replace(diagnosis.rehearsal, deliveries=()))
    assert states.steps(cut).tolist() == [0, 0, 0]
    assert tracks.rows(diagnosis) is tracks.rows(diagnosis)
