"""What findings say of batches."""

from gendiag.views.picture import marks
from tests.support.diagnoses import finding, plain


def test_a_finding_about_many_batches_is_wide_and_leaves_their_colour_alone():
    diagnosis = plain(100, finding(*range(30, 60)), finding(7))
    assert [mark.is_wide for mark in marks.marks(diagnosis, 100)] == [True, False]
    assert marks.severity_of(diagnosis, 100).nonzero()[0].tolist() == [7]


def test_three_batches_are_never_wide_however_short_the_run():
    assert not marks.marks(plain(4, finding(0, 1, 2)), 4)[0].is_wide
    assert marks.marks(plain(4, finding(0, 1, 2, 3)), 4)[0].is_wide


def test_a_wide_note_is_no_mark_at_all():
    assert marks.marks(plain(10, finding(*range(10), severity="note")), 10) == []


def test_the_worst_severity_speaks_for_a_batch():
    found = [finding(2, severity=severity) for severity in ("note", "error", "warning")]
    worst = marks.severity_of(plain(5, *found), 5)
    assert worst.tolist() == [0, 0, 1 + marks.SEVERITIES.index("error"), 0, 0]


def test_batches_outside_of_the_picture_and_of_the_validation_data_are_left_out():
    diagnosis = plain(5, finding(3, 99), finding(1, evidence={"source": "validation"}), finding(98))
    assert [mark.batches.tolist() for mark in marks.marks(diagnosis, 5)] == [[3]]


def test_the_findings_of_a_batch_are_those_that_name_it():
    many, one = finding(*range(9, 0, -2)), finding(3, title="A batch repeats")
    diagnosis = plain(10, many, one, finding(3, evidence={"source": "validation"}))
    assert [each.title for each in marks.of_batch(diagnosis, 3)] == [many.title, one.title]
    assert marks.of_batch(diagnosis, 9) == [many]
    assert marks.of_batch(diagnosis, 2) == marks.of_batch(diagnosis, 10**6) == []
