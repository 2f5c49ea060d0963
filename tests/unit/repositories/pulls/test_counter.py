"""Counting: what counts as one pull, and that every pull is written once, whatever happens on the way."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from accounts.callers import ANONYMOUS
from accounts.models import User
from repositories import access as rights
from repositories import catalog, manifests
from repositories.access import Access, Action
from repositories.errors import ManifestUnknown
from repositories.models import Manifest, PullDay, PullWriter, Repository
from repositories.oci import names
from repositories.oci.digests import Digest
from repositories.pulls import Pull, ledger
from repositories.pulls.counter import Counter, counter
from repositories.pulls.ledger import Batch, Counted
from tests.make import content
from tests.make.threads import all_together
from tests.unit.repositories.builders import push_image, push_index

pytestmark = pytest.mark.django_db
TODAY = timezone.now().date()


def pull(access: Access, reference: str | Digest, address: str = "192.0.2.1", *, free: bool = False) -> None:
    """GET a manifest as nobody from an address."""
    found = rights.require(names.repository(access.repository.full_name), ANONYMOUS, Action.PULL)
    wanted = names.tag(reference) if isinstance(reference, str) else reference
    manifests.pull(found, wanted, address=address, is_free=lambda _: free)


def counted(access: Access) -> dict[str, int]:
    """What is written, by reference; the repository's own sum agrees."""
    counter.flush()
    found = dict(PullDay.objects.filter(repository=access.repository, day=TODAY).values_list("reference", "pulls"))
    assert Repository.objects.get(pk=access.repository.pk).pulls == sum(found.values())
    return found


@contextmanager
def without(table: str) -> Iterator[None]:
    """The database in which a table does not answer."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_away")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table}_away RENAME TO {table}")


def test_pulls_are_counted_by_tag_and_by_digest(access: Access) -> None:
    digest = push_image(access, "1.0", "latest")
    for reference in ("1.0", "1.0", "latest", digest):
        pull(access, reference)
    assert counted(access) == {"1.0": 2, "latest": 1, str(digest): 1}
    pull(access, "1.0")
    assert counted(access) == {"1.0": 3, "latest": 1, str(digest): 1}


def test_nothing_is_written_before_it_is_time(access: Access) -> None:
    push_image(access, "1.0")
    pull(access, "1.0")
    assert not PullDay.objects.exists()


def test_what_is_free_and_what_is_missing_counts_nothing(access: Access) -> None:
    push_image(access, "1.0")
    pull(access, "1.0", free=True)
    with pytest.raises(ManifestUnknown):
        pull(access, "2.0")
    assert counted(access) == {}
    assert Manifest.objects.get().last_pulled_on is None


def test_an_index_and_what_it_lists_are_one_pull(access: Access) -> None:
    one, other = push_image(access, layers=[b"one"]), push_image(access, layers=[b"other"])
    push_index(access, [one], "multi")
    pull(access, "multi")
    pull(access, one)
    assert counted(access) == {"multi": 1}
    pull(access, other)
    pull(access, one, "192.0.2.2")
    assert counted(access) == {"multi": 1, str(other): 1, str(one): 1}


def test_after_a_minute_it_is_another_pull(access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    child = push_image(access)
    push_index(access, [child], "multi")
    pull(access, "multi")
    began = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: began + 61)
    pull(access, child)
    assert counted(access) == {"multi": 1, str(child): 1}


def test_the_day_of_the_last_pull_is_kept_and_never_goes_back(access: Access) -> None:
    child = push_image(access)
    index = push_index(access, [child], "multi")
    pull(access, "multi")
    pull(access, child)
    counter.flush()
    assert {row.digest: row.last_pulled_on for row in Manifest.objects.all()} == {child: TODAY, index: TODAY}
    ahead = TODAY + timedelta(days=1)
    Manifest.objects.update(last_pulled_on=ahead)
    pull(access, "multi")
    counter.flush()
    assert Manifest.objects.get(digest=index).last_pulled_on == ahead


def test_a_batch_that_is_tried_again_counts_once(access: Access) -> None:
    """As after a commit whose answer was lost."""
    key = Counted(access.repository.pk, "1.0", TODAY)
    first = Batch("a-writer", 1, {key: 3}, {}, [])
    for batch in (first, first, Batch("a-writer", 2, {key: 4}, {}, []), Batch("another", 1, {key: 5}, {}, [])):
        ledger.write(batch)
    assert counted(access) == {"1.0": 12}


@pytest.mark.django_db(transaction=True)
def test_what_could_not_be_written_is_written_later(access: Access) -> None:
    push_image(access, "1.0")
    pull(access, "1.0")
    with without("repositories_pullday"):
        for _ in range(2):
            with pytest.raises(DatabaseError):
                counter.flush()
            pull(access, "1.0")
    assert counted(access) == {"1.0": 3}


def test_pulls_of_a_repository_that_is_gone_stop_nobody(access: Access, owner: User) -> None:
    other = content.repository(owner, "other")
    for each in (access, other):
        push_image(each, "1.0")
        pull(each, "1.0")
    catalog.delete(other, confirm=other.repository.full_name)
    assert counted(access) == {"1.0": 1}
    assert PullDay.objects.count() == 1


def test_a_repository_that_was_pulled_can_be_deleted(access: Access) -> None:
    push_image(access, "1.0")
    pull(access, "1.0")
    counter.flush()
    catalog.delete(access, confirm=access.repository.full_name)
    assert not PullDay.objects.exists()


def test_many_references_are_written_in_several_batches(access: Access) -> None:
    for number in range(2500):
        counter.note(Pull(access.repository.pk, 1, f"tag-{number}", False, False, None, "192.0.2.1"))
    assert len(counted(access)) == 2500
    assert PullWriter.objects.get().batch == 3


def test_writers_that_ended_long_ago_are_forgotten(access: Access) -> None:
    PullWriter.objects.create(id="old", batch=7, at=timezone.now() - timedelta(days=8))
    PullWriter.objects.create(id="recent", batch=7, at=timezone.now() - timedelta(days=6))
    push_image(access, "1.0")
    pull(access, "1.0")
    counter.flush()
    assert not PullWriter.objects.filter(id="old").exists()
    assert PullWriter.objects.filter(id="recent").exists()


@pytest.mark.django_db(transaction=True)
def test_processes_that_write_at_once_lose_nothing(owner: User) -> None:
    made = [content.repository(owner, name).repository for name in ("one", "two", "three")]

    def process(order: list[Repository]) -> None:
        mine = Counter()
        for _ in range(5):
            for repository in order:
                mine.note(Pull(repository.pk, 1, "1.0", False, False, None, "192.0.2.1"))
                mine.note(Pull(repository.pk, 1, "2.0", False, False, None, "192.0.2.1"))
            mine.flush()

    all_together([lambda: process(made), lambda: process(made[::-1]), lambda: process(made), lambda: process(made[1:])])

    assert {row.name: row.pulls for row in Repository.objects.all()} == {"one": 30, "two": 40, "three": 40}
    assert dict(PullDay.objects.values_list("repository__name", "pulls").filter(reference="1.0")) == {
        "one": 15,
        "two": 20,
        "three": 20,
    }


def test_days_and_tags_are_summed_up(access: Access) -> None:
    rows = [(0, "1.0", 4), (0, "2.0", 1), (3, "1.0", 10), (29, "2.0", 2), (30, "2.0", 100)]
    for ago, reference, pulls in rows:
        day = TODAY - timedelta(days=ago)
        PullDay.objects.create(repository=access.repository, day=day, reference=reference, pulls=pulls)

    assert ledger.of_tags(access.repository, ["1.0", "2.0", "3.0"]) == {"1.0": 14, "2.0": 103}
    recent = ledger.recent(access.repository, 30)
    assert (len(recent.days), recent.pulls, recent.most.pulls) == (30, 17, 10)
    assert [recent.days[0].day, recent.days[-1].day] == [TODAY - timedelta(days=29), TODAY]
    assert {day.day: (day.pulls, day.share) for day in recent.days if day.pulls} == {
        TODAY: (5, 50),
        TODAY - timedelta(days=3): (10, 100),
        TODAY - timedelta(days=29): (2, 20),
    }
