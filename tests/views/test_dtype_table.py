"""The table of dtypes: what fit casts, and what was not delivered."""

from dataclasses import replace

from gendiag.views import dtype_table


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
