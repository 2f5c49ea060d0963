"""What is written about conformance agrees."""

from __future__ import annotations

import re
from pathlib import Path

from tests.conformance import paper, verdict
from tests.conformance.excused import EXCUSED
from tests.conformance.paper import PAPER
from tests.conformance.results import Grade, Results, Row
from tests.conformance.runs import RUNS
from tests.conformance.verdict import Outcome
from tests.live import ROOT


def test_every_run_has_its_excuses() -> None:
    assert list(EXCUSED) == [run.title for run in RUNS]


def test_the_readme_has_the_figures_of_the_paper() -> None:
    found = re.search(r"failures=0 skips=\d+ passed=(\d+) runs=3", PAPER.read_text())
    assert found
    assert f"{int(found[1]):,} checks" in (ROOT / "README.md").read_text()


def outcomes(*cases: Row) -> list[Outcome]:
    return [verdict.judge(run.title, Results([*cases], [], complete=True), 0, {}) for run in RUNS]


def test_the_page_must_say_what_came_out(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    one, two = outcomes(Row("ping", "ping", Grade.PASS)), outcomes(Row("pong", "pong", Grade.PASS))
    assert len(paper.settle(one, write=False, place=page)) == 1
    assert not page.exists()
    assert paper.settle(one, write=True, place=page) == []
    assert paper.settle(one, write=False, place=page) == []
    assert len(paper.settle(two, write=False, place=page)) == 1
    assert "| ping | 1 | 0 | 0 | 0 |" in page.read_text()
