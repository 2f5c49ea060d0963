"""Pulls in rows: one for each repository, reference and day, a sum at the repository, the day at the manifest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from django.db import connection
from django.db.models import F, Q, Sum
from django.utils import timezone

from repositories import flushing
from repositories.models import Manifest, ManifestReference, PullDay, PullWriter, Repository

#: A writer that was silent for so long has ended, and tries nothing again.
_SILENCE = timedelta(days=7)

_MARK = """
INSERT INTO repositories_pullwriter (id, batch, at) VALUES (%s, %s, %s)
ON CONFLICT (id) DO UPDATE SET batch = excluded.batch, at = excluded.at
WHERE repositories_pullwriter.batch < excluded.batch
RETURNING batch
"""
_ADD = """
INSERT INTO repositories_pullday (repository_id, day, reference, pulls) VALUES (%s, %s, %s, %s)
ON CONFLICT (repository_id, day, reference) DO UPDATE SET pulls = repositories_pullday.pulls + excluded.pulls
"""


class Counted(NamedTuple):
    """What is counted together."""

    repository_id: int
    reference: str
    day: date


@dataclass(frozen=True, slots=True)
class Doubt:
    """A pull that does not count when one of the indexes, which the same client pulled before, lists the manifest."""

    key: Counted
    manifest_id: int
    indexes: frozenset[int]


@dataclass(frozen=True, slots=True)
class Batch:
    """What one process writes at once. Writer and number make it known: it counts once, however often it is tried."""

    writer: str
    number: int
    pulls: dict[Counted, int]
    touched: dict[tuple[int, int], date]  # by repository and manifest: when it was pulled last
    doubts: list[Doubt]


@dataclass(frozen=True, slots=True)
class Day:
    """The pulls of a repository in one day (UTC); `share`: 0 to 100, of the day with the most."""

    day: date
    pulls: int
    share: int


@dataclass(frozen=True, slots=True)
class Recent:
    """The last days of a repository, the oldest first, their pulls together, and the day with the most."""

    days: list[Day]
    pulls: int
    most: Day


def write(batch: Batch) -> None:
    """Add a batch to the rows, whole or not at all; of a repository that is gone, nothing.

    The commit does not wait for the disk. Repositories are locked first and in order, as pushes and deletions do.
    """
    with flushing.deferred():
        if not _is_new(batch):
            return  # the answer to an earlier commit was lost
        pulls = Counter(batch.pulls)
        pulls.update(doubt.key for doubt in _counting(batch.doubts))
        wanted = {key.repository_id for key in pulls} | {repository_id for repository_id, _ in batch.touched}
        rows = Repository.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
        living = set(rows.values_list("pk", flat=True))
        _add(sorted((key, number) for key, number in pulls.items() if key.repository_id in living))
        _touch({pair[1]: day for pair, day in batch.touched.items() if pair[0] in living})


def of_tags(repository: Repository, names: Iterable[str]) -> dict[str, int]:
    """The pulls of each tag since it was first pulled; tags that nobody pulled are left out."""
    rows = PullDay.objects.filter(repository=repository, reference__in=list(names)).order_by()
    return {name: pulls for name, pulls in rows.values_list("reference").annotate(n=Sum("pulls")) if pulls}


def recent(repository: Repository, number: int) -> Recent:
    """The pulls of the last days, today (UTC) as the last one."""
    today = timezone.now().date()
    asked = [today - timedelta(days=ago) for ago in reversed(range(number))]
    rows = PullDay.objects.filter(repository=repository, day__gte=asked[0]).order_by()
    found = dict(rows.values_list("day").annotate(n=Sum("pulls")))
    most = max([1, *found.values()])
    days = [Day(day, found.get(day, 0), -(-100 * found.get(day, 0) // most)) for day in asked]
    return Recent(days, sum(day.pulls for day in days), max(days, key=lambda day: day.pulls))


def _is_new(batch: Batch) -> bool:
    now = timezone.now()
    if batch.number == 1:
        PullWriter.objects.filter(at__lt=now - _SILENCE).delete()
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [batch.writer, batch.number, connection.ops.adapt_datetimefield_value(now)])
        return cursor.fetchone() is not None


def _counting(doubts: list[Doubt]) -> list[Doubt]:
    """Those doubts that no index resolves."""
    if not doubts:
        return []
    indexes = {index for doubt in doubts for index in doubt.indexes}
    rows = ManifestReference.objects.filter(child__in={doubt.manifest_id for doubt in doubts}, manifest__in=indexes)
    listed = set(rows.values_list("manifest", "child"))
    return [doubt for doubt in doubts if not any((index, doubt.manifest_id) in listed for index in doubt.indexes)]


def _add(pulls: list[tuple[Counted, int]]) -> None:
    sums: Counter[int] = Counter()
    with connection.cursor() as cursor:
        for key, number in pulls:
            day = connection.ops.adapt_datefield_value(key.day)
            cursor.execute(_ADD, [key.repository_id, day, key.reference, number])
            sums[key.repository_id] += number
    for repository_id, number in sorted(sums.items()):
        Repository.objects.filter(pk=repository_id).update(pulls=F("pulls") + number)


def _touch(last: dict[int, date]) -> None:
    """Move the day of the last pull on; most rows have it already, and are not written."""
    for day in set(last.values()):
        manifests = [manifest_id for manifest_id, found in last.items() if found == day]
        stale = Q(last_pulled_on=None) | Q(last_pulled_on__lt=day)
        Manifest.objects.filter(stale, pk__in=manifests).update(last_pulled_on=day)
