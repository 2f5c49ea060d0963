"""The table is read strictly, and a walk that meets a wrong answer says so."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.matrix import table
from tests.matrix.expected import Expectations
from tests.matrix.inside import Inside
from tests.matrix.table import Table
from tests.matrix.walk import Walk
from tests.matrix.world import World

pytestmark = pytest.mark.django_db

#: What is written in the place of what is right, by mistake; the first line that has it.
SLIPS = {
    "a level that is none": (r"\| write +\|", "| wirte |"),
    "a person who is nobody": (r"\n\| writer +\|", "\n| wirter |"),
    "a standing that is none": (r"\| refused +\|", "| refusd |"),
    "a need that is none": (r"\| pull +\|", "| pul |"),
    "a method that is none": (r"\| PATCH +\|", "| PTACH |"),
    "a cell too many": (r"\| /v2 +\|", "| /v2 | |"),
    "an ending of nobody": (r"\| team-writer +\| +\|", "| team-wirter | |"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_of_the_pen_is_no_empty_promise(slip: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "table.md"
    written, changes = re.subn(*SLIPS[slip], table.PAGE.read_text(), count=1)
    assert changes
    page.write_text(written)
    monkeypatch.setattr(table, "PAGE", page)
    with pytest.raises(table.Slip):
        table.read.__wrapped__()


def with_level(found: Table, person: str, repository: str, level: str) -> Table:
    one = found.people[person]
    return replace(found, people={**found.people, person: replace(one, levels={**one.levels, repository: level})})


@pytest.mark.parametrize(
    ("section", "person", "repository", "level"),
    [
        (4, "outsider", "secret", "read"),
        (5, "admin", "secret", "write"),
        (6, "writer", "public", "admin"),
        (7, "editor", "secret", "-"),
    ],
)
def test_a_level_that_is_not_so_is_noticed(
    inside: Inside, made: World, section: int, person: str, repository: str, level: str
) -> None:
    wrong = with_level(table.read(), person, repository, level)
    few = {each.name: replace(each, shown_by=tuple({person} & {*each.shown_by})) for each in wrong.credentials.values()}
    walk = Walk(made, Expectations(replace(wrong, credentials=few)), inside.send)
    findings = walk.rows(row for row in wrong.of(section) if row.is_about_a_repository and row.answer.startswith("2"))
    assert {line[1] for line in findings.wrong} == {person}
    assert {line[3] for line in findings.wrong} >= {repository}
    assert findings.report().startswith(f"{len(findings.wrong)} of {findings.rows} answers are wrong\naddress")
