"""The batches of a static page: the right ones, in bounds, and links to them."""

import re
from dataclasses import replace

import numpy as np

from gendiag.batches.store import Store
from gendiag.records import Leaf
from gendiag.views import page
from gendiag.views.batch_steps import CELL, FILE, Room, Steps
from tests.support.diagnoses import batch, finding, plain, y

MIB = 2**20


def drawn(diagnosis, room=FILE):
    return re.findall(r'data-key="batch (\d+)"', Steps(diagnosis, room).to_html())


def test_the_selected_batch_is_open_and_those_of_findings_come_first():
    diagnosis = plain(9, finding(5, 6), finding(2))
    html = Steps(diagnosis, FILE).to_html()
    assert drawn(diagnosis) == ["5", "2", "6", "0", "1", "3", "4", "7", "8"]
    assert re.findall(r'data-key="batch (\d+)" open', html) == ["5"]
    assert html.index("2 more batches that findings name") < html.index("6 more batches without a finding")


def test_where_a_finding_begins_is_kept_before_the_rest_of_its_batches():
    diagnosis = plain(100, finding(*range(50)), finding(80, 90))
    assert drawn(diagnosis, Room(4, MIB)) == ["0", "1", "80", "90"]
    assert "96 more batches were read and not kept on this page, 48 of them named by findings." in (
        Steps(diagnosis, Room(4, MIB)).to_html()
    )


def test_a_batch_that_a_finding_names_is_a_link_in_a_file_and_text_in_a_cell():
    diagnosis = plain(9, finding(3))
    whole = page.page(diagnosis)
    assert re.search(r'<a class="gd-go" href="#report-1-batch-3">3</a>', whole)
    assert 'id="report-1-batch-3"' in whole
    for shown in (whole, page.render(diagnosis)):
        assert "<button" not in shown
    assert "href" not in page.render(diagnosis).partition("</style>")[2]


def test_two_reports_on_a_page_do_not_share_a_place():
    whole = page.page(plain(2), plain(2))
    places = re.findall(r' id="([^"]+)"', whole)
    assert len(places) == len(set(places)) == 4


def images(count, size=96):
    random = np.random.default_rng(0)
    leaf = Leaf("x", "x", "array", (8, size, size, 3), "uint8", 8 * size * size * 3, 0.0, 255.0, 127.0, 1.0, digest="x")
    store = Store(10**9)
    for index in range(count):
        store.put(index, (random.integers(0, 255, (8, size, size, 3)).astype("uint8"), np.arange(8)), 8 * size * size)
    whole = plain(count, finding(*range(0, count, 2)))
    batches = tuple(batch(index, leaf, y(8)) for index in range(count))
    return replace(whole, profile=replace(whole.profile, batches=batches, store=store))


def test_a_file_of_many_images_stays_below_two_megabytes_and_keeps_the_findings():
    diagnosis = images(60)
    whole = page.page(diagnosis)
    assert len(whole.encode()) < 2 * MIB
    assert re.findall(r'data-key="batch (\d+)"', whole)[:30] == [str(index) for index in range(0, 60, 2)]
    assert "no room here" in whole
    assert len(page.page(*[diagnosis] * 3).encode()) < 2 * MIB
    assert len(page.render(diagnosis, CELL).encode()) < MIB
