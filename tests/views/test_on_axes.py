"""Pictures on Axes of the caller's."""

import pytest
from matplotlib.figure import Figure

from gendiag.errors import BadArgumentError
from gendiag.views.drawings import Drawings
from tests.support.diagnoses import finding, plain


@pytest.fixture
def drawings(silent_cast):
    made = Drawings()
    made.diagnosis = silent_cast
    return made


def axes():
    return Figure().subplots()


def test_they_are_drawn_on_the_axes_given_which_come_back(drawings):
    for draw in (drawings.timeline, drawings.fit_map):
        mine = axes()
        assert draw(mine) is mine
        assert mine.get_title(loc="left")
        assert mine.collections or mine.images
    mine = axes()
    assert drawings.values("x", mine) is mine
    assert mine.get_title(loc="left").startswith("values of x")


def test_without_axes_new_ones_are_made(drawings):
    import matplotlib.pyplot as plt

    drawn = drawings.timeline()
    assert drawn.figure.number in plt.get_fignums()
    plt.close(drawn.figure)


def test_a_timeline_has_signs_numbers_and_a_legend_of_what_occurs(drawings):
    drawn = drawings.timeline(axes())
    assert drawn.get_xlabel() == "batch"
    assert drawn.get_xlim() == (-0.5, 7.5)
    assert {text.get_text() for text in drawn.texts} == {"×3"}
    assert [text.get_text() for text in drawn.get_legend().get_texts()][-2:] == ["warning", "delivered more than once"]
    assert drawings.timeline(axes(), panel="values").get_legend() is None


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            {"panel": "rowz"},
            "panel='rowz': there is nothing of that name to draw. There are: rows, dtypes, values, wait.",
        ),
        ({"panel": "loss"}, "panel='loss'"),
        ({"leaf": "z"}, "leaf='z': there is nothing of that name to draw. There are: x, y."),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(drawings, given, told):
    with pytest.raises(BadArgumentError) as raised:
        drawings.timeline(axes(), **given)
    assert told in str(raised.value)


def test_a_source_of_nothing_has_words_for_it(nothing):
    empty = Drawings()
    empty.diagnosis = nothing
    assert [text.get_text() for text in empty.fit_map(axes()).texts] == ["No step was taken."]
    assert [text.get_text() for text in empty.timeline(axes()).texts] == ["No batch was read."]
    with pytest.raises(BadArgumentError, match="There are: none"):
        empty.timeline(axes(), leaf="x")


def test_deliveries_and_dtypes_are_frames_of_what_was_delivered(drawings):
    deliveries = drawings.deliveries
    assert len(deliveries) == 12
    assert deliveries.query("batch == 3").iloc[0].changed == {"y": 9}
    assert deliveries.iloc[0]["dtypes"] == {"x": "float32", "y": "int64"}
    assert drawings.dtypes().query("leaf == 'y'")["dtype"].tolist() == ["int64", "float64"]


def test_a_map_says_which_colour_is_which_batch(drawings):
    (scale,) = drawings.fit_map(axes()).child_axes
    assert [text.get_text() for text in scale.texts] == ["batch 0", "7"]


def test_wide_findings_do_not_stand_over_bars():
    made = Drawings()
    made.diagnosis = plain(20, finding(*range(10)))
    assert made.timeline(axes()).get_legend() is None
