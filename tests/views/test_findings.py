"""Cards of findings: the root cause first."""

import re

from gendiag.views import findings
from tests.support.diagnoses import finding, plain


def test_the_root_cause_is_the_first_card_and_the_only_large_one(silent_cast):
    html = findings.to_html(silent_cast)
    assert html.count("gd-first") == 1
    assert html.index("gd-first") < html.index("Labels are cast") < html.index("A batch repeats")


def test_a_card_says_severity_in_words_why_it_hurts_and_what_to_do():
    html = findings.to_html(plain(9, finding(3, 7, 8, evidence={"cast": "float64 to int64"})))
    for part in (
        "▲",
        "warning",
        "batches <button",
        ">7-8</button>",
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


def test_a_card_teaches_its_lesson_and_says_where_the_code_is():
    html = findings.to_html(plain(9, finding(3)))
    fold = html[html.index('class="gd-more"') :]
    for part in ("lesson <code>silent-cast</code>", "What fit does</b>", "gendiag.explain(&quot;silent-cast&quot;)"):
        assert part in fold
    assert fold.count("Why it hurts") == 1


def test_each_run_of_batches_is_a_way_there():
    html = findings.to_html(plain(9, finding(3, 7, 8), finding(3, evidence={"source": "validation"})))
    assert [int(batch) for batch in re.findall(r'data-batch="(\d+)"', html)] == [3, 7]
