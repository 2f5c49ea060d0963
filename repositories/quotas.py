"""What a namespace uses and may use: exact, and enforced by conditional UPDATEs of one narrow row.

Definition: used = Σ sizes of the distinct charged blobs of the namespace + Σ sizes of its living manifests. A blob is
charged once per namespace, however many of its repositories link it; nobody pays for another namespace's.
Lock order: repository → links (by id) → namespace blobs (by blob) → usage, last. Giving back never fails.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import F

from accounts.models import Namespace
from repositories.errors import QuotaExceeded
from repositories.models import Blob, NamespaceBlob, NamespaceUsage, Plan

FREE_PLAN = "Free"

_TAKE = """
INSERT INTO repositories_namespaceblob (namespace_id, blob_id, refs) VALUES (%s, %s, 1)
ON CONFLICT (namespace_id, blob_id) DO UPDATE SET refs = repositories_namespaceblob.refs + 1
RETURNING refs
"""


@dataclass(frozen=True, slots=True)
class Usage:
    """Bytes and private repositories of a namespace; a limit of None means unlimited."""

    plan: str
    used: int
    reserved: int
    limit: int | None
    private_used: int
    private_limit: int | None


def ensure_free_plan() -> Plan:
    """The plan that every namespace starts with: one private repository, everything else unlimited."""
    return Plan.objects.get_or_create(name=FREE_PLAN, defaults={"private_repositories": 1})[0]


def usage_of(namespace: Namespace) -> Usage:
    """The counters as they stand, with the limits in force."""
    row = _row(namespace.pk)
    return Usage(
        plan=row.plan.name,
        used=row.used,
        reserved=row.reserved,
        limit=_byte_limit(row),
        private_used=row.private_repositories,
        private_limit=row.plan.private_repositories,
    )


def take_blobs(namespace_id: int, blobs: Iterable[Blob]) -> int:
    """Charge blobs, one for each new link; returns the bytes that the namespace did not hold yet."""
    added = 0
    with connection.cursor() as cursor:
        for blob in sorted(blobs, key=lambda blob: blob.pk):
            cursor.execute(_TAKE, [namespace_id, blob.pk])
            added += blob.size if cursor.fetchone()[0] == 1 else 0
    return added


def give_blobs(namespace_id: int, blobs: Iterable[Blob]) -> int:
    """Take back one charge of each blob; returns the bytes that the namespace no longer holds."""
    freed = 0
    for blob in sorted(blobs, key=lambda blob: blob.pk):
        held = NamespaceBlob.objects.filter(namespace_id=namespace_id, blob=blob)
        # Locked first: two who see two charges would both take one off, and leave none.
        if held.select_for_update().values_list("refs", flat=True).get() > 1:
            held.update(refs=F("refs") - 1)
        else:
            held.delete()
            freed += blob.size
    return freed


def add(namespace_id: int, size: int, *, settled: int = 0) -> None:
    """Add bytes to the usage, giving back `settled` reserved ones. Errors: QuotaExceeded, and nothing changed."""
    if not size and not settled:
        return
    row = _row(namespace_id)
    limit = _byte_limit(row)
    usage = NamespaceUsage.objects.filter(namespace_id=namespace_id)
    if limit is not None and size:
        usage = usage.filter(used__lte=limit - size + settled - F("reserved"))
    if not usage.update(used=F("used") + size, reserved=F("reserved") - settled):
        raise _bytes_exceeded(row, limit or 0, size)


def subtract(namespace_id: int, size: int, *, settled: int = 0) -> None:
    """Take bytes off the usage, and give back `settled` reserved ones."""
    if size or settled:
        usage = NamespaceUsage.objects.filter(namespace_id=namespace_id)
        usage.update(used=F("used") - size, reserved=F("reserved") - settled)


def is_limited(namespace_id: int) -> bool:
    """Whether uploads must reserve the room they take."""
    return _byte_limit(_row(namespace_id)) is not None


def reserve(namespace_id: int, size: int) -> None:
    """Promise room to a running upload. Errors: QuotaExceeded."""
    row = _row(namespace_id)
    limit = _byte_limit(row)
    usage = NamespaceUsage.objects.filter(namespace_id=namespace_id)
    if limit is not None:
        usage = usage.filter(used__lte=limit - size - F("reserved"))
    if not usage.update(reserved=F("reserved") + size):
        raise _bytes_exceeded(row, limit or 0, size)


def require_room(namespace_id: int) -> None:
    """Refuse early when nothing at all may be added. Errors: QuotaExceeded."""
    row = _row(namespace_id)
    limit = _byte_limit(row)
    if limit is not None and row.used + row.reserved >= limit:
        raise _bytes_exceeded(row, limit, 1)


def take_private_slot(namespace: Namespace) -> None:
    """Count one more private repository. Errors: QuotaExceeded."""
    row = _row(namespace.pk)
    limit = row.plan.private_repositories
    usage = NamespaceUsage.objects.filter(namespace=namespace)
    if limit is not None:
        usage = usage.filter(private_repositories__lt=limit)
    if not usage.update(private_repositories=F("private_repositories") + 1):
        used, limit = row.private_repositories, limit or 0
        noun = "repository" if limit == 1 else "repositories"
        raise QuotaExceeded(
            f"The {row.plan.name} plan allows {limit} private {noun}, and {namespace.name} uses {used}. "
            "Make this one public, or make room first.",
            rule="private repositories",
            used=used,
            limit=limit,
        )


def give_private_slot(namespace: Namespace) -> None:
    """Count one private repository less."""
    NamespaceUsage.objects.filter(namespace=namespace).update(private_repositories=F("private_repositories") - 1)


def _row(namespace_id: int) -> NamespaceUsage:
    """The namespace's counters with their plan, made at first use."""
    rows = NamespaceUsage.objects.select_related("plan", "namespace")
    found = rows.filter(namespace_id=namespace_id).first()
    if found is None:
        NamespaceUsage.objects.bulk_create(
            [NamespaceUsage(namespace_id=namespace_id, plan=ensure_free_plan())], ignore_conflicts=True
        )
        found = rows.get(namespace_id=namespace_id)
    return found


def _byte_limit(row: NamespaceUsage) -> int | None:
    return row.byte_limit if row.byte_limit is not None else row.plan.bytes


def _bytes_exceeded(row: NamespaceUsage, limit: int, size: int) -> QuotaExceeded:
    used = row.used + row.reserved
    return QuotaExceeded(
        f"{row.namespace.name} may store {limit:,} bytes and uses {used:,}; this needs {size:,} more. "
        "Delete tags that are no longer needed, or ask for a larger plan.",
        rule="bytes",
        used=used,
        limit=limit,
    )
