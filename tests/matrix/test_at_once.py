"""Section 10 of the table: what ends, ends with the next request, at every door, whatever was handed out before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.db import transaction

from tests.matrix import endings
from tests.matrix.cases import Case, route_of
from tests.matrix.conftest import Verdict
from tests.matrix.expected import Expectations, Shown
from tests.matrix.inside import Inside
from tests.matrix.table import REGISTRY, Credential, Ending, Row, Table, read
from tests.matrix.walk import Findings, Walk
from tests.matrix.world import World

pytestmark = pytest.mark.django_db
#: Handed out to everybody before.
HELD = ("nothing", "bearer of nobody", "session", "password", "token repo:admin", "bearer that claims everything")


def afterwards(table: Table, ending: Ending) -> Table:
    """The table in which the ending has always been so."""
    people = dict(table.people)
    for name, person in people.items():
        if ending.of:
            people[name] = replace(person, levels={**person.levels, ending.of: person.levels[ending.becomes]})
        elif name in ending.who:
            people[name] = replace(people[ending.becomes], name=name)
    return replace(table, people=people)


def credentials(table: Table, ending: Ending, person: str) -> Iterator[Credential]:
    """What the person holds, counting as what it has become."""
    for held in table.credentials.values():
        every = "every bearer" if held.standing[REGISTRY] == "holds" else ""
        counts_as = ending.counts_as.get(held.name) or ending.counts_as.get(every)
        if person in held.shown_by and (counts_as or held.name in HELD):
            yield replace(table.credentials[counts_as or held.name], name=held.name)


def questions(world: World, table: Table, ending: Ending, person: str) -> Iterator[Case]:
    """One of every route and method that answers with something when the right is there, about both repositories."""
    asked: dict[tuple[str, str], Row] = {}
    for row in table.rows:
        if row.section != 8 and row.answer.startswith(("2", "302")) and is_asked(row):
            asked.setdefault((route_of(world, row), row.methods[0]), row)
    for credential in credentials(table, ending, person):
        for row in asked.values():
            form_only = row.needs in {"credential", "kept"}
            if credential.standing[row.door] and (not form_only or credential.sent_as in {"", "Basic"}):
                for repository in ("public", "secret") if row.is_about_a_repository else ("",):
                    yield Case(row, row.methods[0], Shown(table.people[person], credential), repository)


def is_asked(row: Row) -> bool:
    return row.is_about_a_repository or row.needs in {"token", "catalog", "account"} or row.address == "/admin/"


@pytest.mark.parametrize("ending", read().endings, ids=lambda ending: ending.name)
def test_the_next_request_is_answered_by_what_is_so_now(
    inside: Inside, made: World, expectations: Expectations, verdict: Verdict, ending: Ending
) -> None:
    findings = Findings()
    for person in ending.who:
        changed = Walk(made, Expectations(afterwards(expectations.table, ending)), inside.send)
        changed.findings = findings
        with transaction.atomic():
            endings.ACTS[ending.name](person, made)
            for case in questions(made, changed.expectations.table, ending, person):
                changed.ask(case)
            transaction.set_rollback(True)
    verdict(findings)


def test_the_table_and_the_acts_name_the_same_endings() -> None:
    assert {ending.name for ending in read().endings} == set(endings.ACTS)
