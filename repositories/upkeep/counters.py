"""The counters of quotas against the rows that they count.

Each comparison is one statement, and every change of a counter is in one transaction with what it counts: a difference
is an error, never a push half done. A counter's own row is the last that such a transaction locks, so that whoever
holds that row and counts in a new statement counts right: repairing needs no other lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.db.models import Count, Exists, F, IntegerField, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from accounts.models import Namespace
from repositories import quotas, retry
from repositories.models import Blob, BlobLink, Manifest, NamespaceBlob, NamespaceUsage, Repository, Upload
from repositories.upkeep.findings import Finding, Task, windows

_COUNTERS = ("used", "reserved", "private_repositories")


def charges(task: Task) -> Iterator[Finding]:
    """`NamespaceBlob.refs` against charged links, for what is charged and for what should be."""
    links = BlobLink.objects.filter(charged=True, blob=OuterRef("blob"), repository__namespace=OuterRef("namespace"))
    counted = links.order_by().values("blob").annotate(n=Count("pk")).values("n")
    wanted = Coalesce(Subquery(counted, output_field=IntegerField()), Value(0))
    for window, count in windows(NamespaceBlob):
        task.seen["charges"] += count
        wrong = NamespaceBlob.objects.filter(window).annotate(counted=wanted).exclude(refs=F("counted"))
        found = list(wrong.values_list("namespace", "blob", "refs", "counted"))
        yield from (_miscounted(task, *row) for row in found)
    charged = NamespaceBlob.objects.filter(blob=OuterRef("blob"), namespace=OuterRef("repository__namespace"))
    for window, _ in windows(BlobLink):
        free = BlobLink.objects.filter(window).filter(~Exists(charged), charged=True)
        pairs = sorted(set(free.values_list("repository__namespace", "blob")))
        yield from (_miscounted(task, namespace, blob, 0, None) for namespace, blob in pairs)


def usage(task: Task) -> Iterator[Finding]:
    """The numbers of `NamespaceUsage` against charged blobs, living manifests, uploads and private repositories."""
    for window, count in windows(Namespace):
        task.seen["namespaces"] += count
        rows = _counted(Namespace.objects.filter(window))
        stored = [f"usage__{name}" for name in _COUNTERS]
        for name, pk, *numbers in rows.values_list("name", "pk", *stored, *(f"counted_{name}" for name in _COUNTERS)):
            pairs = zip(_COUNTERS, numbers[:3], numbers[3:], strict=True)
            wrong = [(counter, has or 0, counted) for counter, has, counted in pairs if (has or 0) != counted]
            repaired = bool(wrong) and task.repair and retry.on_conflict(partial(_recount, pk))
            for counter, has, counted in wrong:
                facts = {"namespace": name, "counter": counter, "stored": has, "counted": counted}
                yield Finding("wrong_counter", facts, repaired=repaired)


def _counted(namespaces: QuerySet[Namespace]) -> QuerySet[Namespace]:
    """With what the rows of content say, as `counted_<counter>`."""
    held = NamespaceBlob.objects.filter(namespace=OuterRef("pk")).order_by().values("namespace")
    inside = {"repository__namespace": OuterRef("pk")}
    living = Manifest.objects.filter(**inside, deleted_at=None).order_by().values("repository__namespace")
    uploads = Upload.objects.filter(**inside).order_by().values("repository__namespace")
    private = Repository.objects.filter(namespace=OuterRef("pk"), visibility=Namespace.Visibility.PRIVATE)
    return namespaces.annotate(
        counted_used=_number(held.annotate(n=Sum("blob__size"))) + _number(living.annotate(n=Sum("size"))),
        counted_reserved=_number(uploads.annotate(n=Sum("reserved"))),
        counted_private_repositories=_number(private.order_by().values("namespace").annotate(n=Count("pk"))),
    )


def _number(grouped: QuerySet[Any]) -> Coalesce:
    return Coalesce(Subquery(grouped.values("n"), output_field=IntegerField()), Value(0))


def _miscounted(task: Task, namespace_id: int, blob_id: int, stored: int, counted: int | None) -> Finding:
    name = Namespace.objects.filter(pk=namespace_id).values_list("name", flat=True).first()
    digest = Blob.objects.filter(pk=blob_id).values_list("digest", flat=True).first()
    if counted is None:
        counted = _links(namespace_id, blob_id)
    facts = {"namespace": name, "digest": digest, "counter": "refs", "stored": stored, "counted": counted}
    repaired = task.repair and retry.on_conflict(lambda: _recharge(namespace_id, blob_id))
    return Finding("wrong_counter", facts, repaired=repaired)


def _links(namespace_id: int, blob_id: int) -> int:
    return BlobLink.objects.filter(charged=True, blob=blob_id, repository__namespace=namespace_id).count()


def _recharge(namespace_id: int, blob_id: int) -> bool:
    """Set one charge right; the usage is counted afterwards."""
    NamespaceBlob.objects.bulk_create(
        [NamespaceBlob(namespace_id=namespace_id, blob_id=blob_id, refs=1)], ignore_conflicts=True
    )
    held = NamespaceBlob.objects.filter(namespace=namespace_id, blob=blob_id)
    if held.select_for_update().first() is None:
        raise retry.LostRace
    counted = _links(namespace_id, blob_id)
    if counted:
        held.update(refs=counted)
    else:
        held.delete()
    return True


def _recount(namespace_id: int) -> bool:
    """Set the numbers of a namespace right."""
    namespace = Namespace.objects.get(pk=namespace_id)
    quotas.usage_of(namespace)  # its row is made at first use
    usage = NamespaceUsage.objects.filter(namespace=namespace)
    usage.select_for_update().get()
    [counted] = _counted(Namespace.objects.filter(pk=namespace_id)).values(*(f"counted_{name}" for name in _COUNTERS))
    usage.update(**{name: counted[f"counted_{name}"] for name in _COUNTERS})
    return True
