"""What every pull and push asks, and what the collector asks all day, goes by an index on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from repositories import access as rights
from repositories import blobs, catalog, manifests, quotas, referrers, tags, uploads
from repositories.access import Access
from repositories.models import Plan
from repositories.oci import digests, names
from repositories.pulls import ledger
from repositories.upkeep import garbage
from tests.make import content, people
from tests.unit.repositories.builders import push_blob, push_image, push_index

pytestmark = pytest.mark.django_db

#: Few rows for ever, or read whole on purpose.
SMALL = {"repositories_plan", "accounts_namespace", "accounts_team"}


def scans(act: Callable[[], object]) -> list[str]:
    """The tables that the act's SELECTs read from end to end, with the statement."""
    with CaptureQueriesContext(connection) as captured:
        act()
    statements = [query["sql"] for query in captured.captured_queries if query["sql"].startswith("SELECT")]
    assert statements
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # these tables are too small to show what large ones do
        return [f"{table}: {statement}" for statement in statements for table in _scanned(cursor, statement)]


def _scanned(cursor: object, statement: str) -> list[str]:
    postgresql = connection.vendor == "postgresql"
    cursor.execute(("EXPLAIN " if postgresql else "EXPLAIN QUERY PLAN ") + statement.replace("%", "%%"))  # type: ignore[attr-defined]
    lines = [str(row[-1]) for row in cursor.fetchall()]  # type: ignore[attr-defined]
    mark = "Seq Scan on " if postgresql else "SCAN "
    found = [line.partition(mark)[2].split()[0] for line in lines if mark in line and "VIRTUAL" not in line]
    return [table for table in found if table not in SMALL]


@pytest.fixture
def access(owner: User) -> Access:
    access = content.repository(owner, "app")
    for number in range(5):
        push_image(access, f"tag-{number}", layers=[b"%d" % number])
    return access


def pull_an_image_of_an_index(access: Access) -> None:
    """By somebody whose plan limits them."""
    quotas.usage_of(access.repository.namespace)
    Plan.objects.update(pulls=10)
    found = manifests.find(access.repository, names.tag("tag-1")).digest
    push_index(access, [found], "multi")
    assert manifests.pull(access, found, address="", is_free=lambda _: False).allowance


ACTS: dict[str, Callable[[Access], object]] = {
    "find a repository": lambda access: rights.find(names.repository(access.repository.full_name), access.caller),
    "a manifest by tag": lambda access: manifests.find(access.repository, names.tag("tag-1")),
    "a pull by digest that a limit counts": pull_an_image_of_an_index,
    "the days of pulls": lambda access: ledger.recent(access.repository, 30),
    "a blob": lambda access: blobs.find(access.repository, digests.compute(b"1")),
    "push a blob": lambda access: push_blob(access, b"new"),
    "push an image": lambda access: push_image(access, "new", layers=[b"newer"]),
    "mount a blob": lambda access: blobs.mount(access, digests.compute(b"1"), source=access),
    "mount from anywhere": lambda access: blobs.mount(access, digests.compute(b"1"), source=None),
    "an upload's state": lambda access: uploads.status(access, uploads.start(access).id),
    "names of tags": lambda access: tags.names_after(access.repository, last="tag-1", limit=2),
    "the latest tags": lambda access: tags.rows(access, limit=2),
    "one tag": lambda access: tags.find(access, "tag-1"),
    "referrers": lambda access: referrers.of(access.repository, digests.compute(b"x")),
    "remove a tag": lambda access: tags.remove(access, "tag-2"),
    "names of the catalogue": lambda access: catalog.names_after(access.caller, last="a", limit=2),
}


@pytest.mark.parametrize("name", ACTS)
def test_no_table_is_read_from_end_to_end(access: Access, name: str) -> None:
    assert scans(partial(ACTS[name], access)) == []


def test_the_collector_looks_for_what_is_due_by_index(access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    tags.remove(access, "tag-1")
    monkeypatch.setattr(garbage, "_waiting", lambda: (0, 0))  # the report counts everything, for people
    assert scans(lambda: garbage.collect(grace=timedelta(0))) == []


def test_a_stranger_finds_by_index_too(access: Access, outsider: User) -> None:
    name = names.repository(access.repository.full_name)
    token = people.access_token(outsider)[0]
    for caller in (people.caller_of(outsider), people.caller_of(outsider, token)):
        assert scans(partial(rights.find, name, caller)) == []
