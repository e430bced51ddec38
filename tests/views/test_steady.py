"""What a stable page leaves out, and what it keeps."""

from dataclasses import replace

import pytest

from gendiag.views import page, steady
from tests.support.diagnoses import finding, plain, tried


@pytest.mark.parametrize(
    ("text", "steady_text"),
    [
        ("<Reader object at 0x7f02a1b2c3d0>", "<Reader object at 0x…>"),
        ("[Op:__inference_one_step_on_data_1234]", "[Op:__inference_one_step_on_data]"),
        ("sequential_4/dense_12/MatMul", "sequential/dense/MatMul"),
        ("my_layer_3 of x_1, 0x10", "my_layer_3 of x_1, 0x10"),
    ],
)
def test_addresses_and_automatic_numbers_go_and_names_stay(text, steady_text):
    assert steady.text(text) == steady_text


@pytest.mark.parametrize("render", [page.page, page.render])
def test_runs_that_took_another_time_give_the_same_page(render):
    first = plain(4, finding(1), trials={1: tried(1)}, model="sequential_1 (Sequential)")
    slower = tuple(replace(batch, wait_s=1.5, rss_bytes=9) for batch in first.profile.batches)
    second = replace(
        first,
        model="sequential_7 (Sequential)",
        profile=replace(first.profile, batches=slower),
        rehearsal=replace(first.rehearsal, seconds=9.0),
        trials={1: replace(tried(1), seconds=7.0)},
    )
    assert render(first) != render(second)
    assert render(first, stable=True) == render(second, stable=True)
