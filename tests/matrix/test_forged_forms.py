"""No session is enough to change something: the browser must also show what only the hub's own pages hold."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.matrix import answers, cases
from tests.matrix.cases import SAFE, Case
from tests.matrix.conftest import Verdict
from tests.matrix.expected import Shown
from tests.matrix.inside import Answer, Asked, Inside
from tests.matrix.table import PAGES, REST
from tests.matrix.walk import Walk

pytestmark = pytest.mark.django_db
REFUSED = {PAGES: "403", REST: "403 csrf_failed"}


def forged(asked: Asked) -> Asked:
    """As another site would make the browser send it: with the session's cookie, without the form's token."""
    cookie = re.sub(r"; hub_csrf=\w+", "", asked.headers["Cookie"])
    kept = {name: value for name, value in asked.headers.items() if name != "X-CSRFToken"}
    return replace(asked, headers={**kept, "Cookie": cookie})


def test_nothing_changes_without_the_token_of_the_form(walk: Walk, inside: Inside, verdict: Verdict) -> None:
    table = walk.expectations.table
    walk.send = lambda asked: inside.send(forged(asked))
    for row in table.rows:
        person = "superuser" if row.section == 9 else "owner"
        shown = Shown(table.people[person], table.credentials["session"])
        for method in set(row.methods) - SAFE if row.door in REFUSED and row.needs != "-" else ():
            walk.check(Case(row, method, shown, "public" if row.is_about_a_repository else ""), REFUSED[row.door])
    verdict(walk.findings)


def test_what_is_taken_out_is_the_token_alone(walk: Walk, inside: Inside) -> None:
    """The same request with it succeeds."""
    table = walk.expectations.table
    shown = Shown(table.people["owner"], table.credentials["session"])
    row = next(row for row in table.rows if row.address == "/settings/tokens" and "POST" in row.methods)
    asked = cases.asked(walk.world, Case(row, "POST", shown, ""))
    given: list[Answer] = [inside.send(each) for each in (asked, forged(asked))]
    assert [answers.described(Case(row, "POST", shown, ""), asked, one) for one in given] == ["200", "403"]
