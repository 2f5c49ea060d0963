"""What makes the run fail, and what does not."""

from __future__ import annotations

import pytest

from tests.conformance import verdict
from tests.conformance.results import Grade, Results, Row

PASSED = Row("image", "push", Grade.PASS)
FAILED = Row("image", "pull", Grade.FAIL, "received 404")
SKIPPED = Row("image", "delete", Grade.SKIP)
DISABLED = Row("kinds of data", "Sparse Manifests", Grade.DISABLED)
EXCUSES = {"image: delete": "because", "kinds of data: Sparse Manifests": "because"}


def judged(*cases: Row, complete: bool = True, code: int = 0, excused: str = "") -> list[str]:
    excuses = {excused: "because"} if excused else {}
    return verdict.judge("A run", Results([*cases], [], complete), code, excuses).findings


def test_a_run_in_which_everything_passed_is_good(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = verdict.judge("A run", Results([PASSED, PASSED], [], complete=True), 0, {})
    assert verdict.conclude([outcome, outcome]) == 0
    assert capsys.readouterr().out == "conformance: failures=0 skips=0 passed=4 runs=2\n"


def test_a_failure_ends_with_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    good = verdict.judge("Good", Results([PASSED], [], complete=True), 0, {})
    bad = verdict.judge("Bad", Results([PASSED, FAILED], [], complete=True), 1, {})
    assert verdict.conclude([good, bad]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "Bad: FAIL image: pull received 404",
        "conformance: failures=1 skips=0 passed=2 runs=2",
    ]


def test_a_failure_cannot_be_excused() -> None:
    assert judged(FAILED, code=1, excused="image: pull") == [
        "FAIL image: pull received 404",
        "image: pull is excused, and did not need to be.",
    ]


def test_a_failing_grade_is_a_failure() -> None:
    found = Results([PASSED], [Row("endpoints", "Ping", Grade.FAIL)], complete=True)
    assert verdict.judge("A run", found, 1, {}).findings == ["FAIL endpoints: Ping"]


def test_what_is_skipped_is_excused_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = verdict.judge("A run", Results([PASSED, SKIPPED], [DISABLED], complete=True), 0, EXCUSES)
    assert verdict.conclude([outcome]) == 0
    assert capsys.readouterr().out == "conformance: failures=0 skips=2 passed=1 runs=1\n"


def test_what_is_skipped_without_a_reason_ends_with_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = verdict.judge("A run", Results([PASSED, SKIPPED], [DISABLED], complete=True), 0, {})
    assert verdict.conclude([outcome]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "A run: SKIP image: delete is not excused.",
        "A run: DISABLED kinds of data: Sparse Manifests is not excused.",
        "conformance: failures=2 skips=2 passed=1 runs=1",
    ]


def test_one_reason_excuses_one_row() -> None:
    assert judged(SKIPPED, SKIPPED, excused="image: delete") == ["SKIP image: delete is not excused."]


@pytest.mark.parametrize("case", [PASSED, Row("image", "delete", Grade.PASS)])
def test_a_reason_that_nothing_needs_is_an_error(case: Row) -> None:
    assert judged(case, excused="image: delete") == ["image: delete is excused, and did not need to be."]


def test_a_suite_that_did_not_end_is_an_error() -> None:
    assert judged(PASSED, complete=False) == ["The suite did not run to its end."]
    assert verdict.conclude([verdict.unreadable("A run", "junit.xml is not there.")]) == 1


def test_an_exit_code_that_nothing_explains_is_an_error() -> None:
    assert judged(PASSED, code=2) == ["The suite ended with exit code 2, and nothing in its results says why."]


def test_the_table_counts_by_group_and_keeps_grades_apart() -> None:
    assert verdict.table(Results([PASSED, FAILED, SKIPPED, Row("ping", "ping", Grade.PASS)], [DISABLED], True)) == [
        ("group", "pass", "fail", "skip", "disabled"),
        ("image", "1", "1", "1", "0"),
        ("ping", "1", "0", "0", "0"),
        ("all", "2", "1", "1", "0"),
        ("kinds of data", "0", "0", "0", "1"),
    ]
