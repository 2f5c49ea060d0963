"""What reaches a manifest, and what goes when nothing does.

    A living manifest is held while a tag points to it, or a living index lists it, or its subject is a living
    manifest of the same repository. Deleting a tag in a page deletes what only that tag reached; what a push left
    without a tag is deleted by the same rule after HUB_UNTAGGED_DAYS.

Deleting a manifest hides its row, gives its bytes back at once, and starts the grace of links that nothing living
references any more; garbage collection purges the row later. All functions run inside the caller's transaction, which
holds the repository's row lock.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from repositories import quotas
from repositories.models import BlobLink, Manifest, ManifestReference, Repository, Tag


def living(repository: Repository) -> QuerySet[Manifest]:
    """The manifests that the protocol may show."""
    return Manifest.objects.filter(repository=repository, deleted_at=None)


def lock(repository: Repository) -> bool:
    """Take the repository's row: its manifests and tags change one request at a time. False: it is gone."""
    return Repository.objects.select_for_update(no_key=True).filter(pk=repository.pk).exists()


def release(repository: Repository, manifests: Iterable[Manifest]) -> list[Manifest]:
    """Delete of these manifests the ones that nothing holds, and what only they held; returns all that were deleted."""
    gone: dict[int, Manifest] = {}  # what is reached by two ways goes once
    waiting = list(manifests)
    while waiting:
        candidate = waiting.pop()
        if candidate.pk in gone or candidate.deleted_at is not None or _is_held(repository, candidate):
            continue
        waiting += _reached_by(repository, candidate)
        Manifest.objects.filter(pk=candidate.pk).update(deleted_at=timezone.now())
        gone[candidate.pk] = candidate
    _give_back(repository, list(gone.values()))  # at the end: the namespace's counters are locked last
    return list(gone.values())


def hide(repository: Repository, manifest: Manifest) -> None:
    """Make a manifest invisible and give back what only it used."""
    Manifest.objects.filter(pk=manifest.pk).update(deleted_at=timezone.now())
    _give_back(repository, [manifest])


def _give_back(repository: Repository, manifests: list[Manifest]) -> None:
    """Give back the bytes of manifests that were just deleted and of the links that only they used."""
    due = timezone.now() + settings.HUB_GC_GRACE
    ids = [manifest.pk for manifest in manifests]
    used = ManifestReference.objects.filter(link=OuterRef("pk"), manifest__deleted_at=None)
    links = list(
        BlobLink.objects.select_for_update(of=("self",), no_key=True)
        .select_related("blob")
        .filter(~Exists(used), repository=repository, references__manifest__in=ids)
        .order_by("pk")
    )
    unique = {link.pk: link for link in links}
    freed = quotas.give_blobs(repository.namespace_id, [link.blob for link in unique.values() if link.charged])
    BlobLink.objects.filter(pk__in=unique).update(charged=False, expires_at=due)
    quotas.subtract(repository.namespace_id, freed + sum(manifest.size for manifest in manifests))


def start_idling(manifests: QuerySet[Manifest]) -> None:
    """Manifests that lost a tag or a parent begin their time without one now."""
    manifests.update(idle_since=timezone.now())


def relatives(repository: Repository, manifest: Manifest) -> QuerySet[Manifest]:
    """Living children and referrers of a manifest."""
    children = living(repository).filter(parents__manifest=manifest)
    referrers = living(repository).filter(subject_digest=manifest.digest)
    return (children | referrers).distinct()


def _reached_by(repository: Repository, manifest: Manifest) -> list[Manifest]:
    return list(relatives(repository, manifest).exclude(pk=manifest.pk))


def _is_held(repository: Repository, manifest: Manifest) -> bool:
    if Tag.objects.filter(manifest=manifest).exists():
        return True
    if ManifestReference.objects.filter(child=manifest, manifest__deleted_at=None).exists():
        return True
    subject = manifest.subject_digest
    return subject is not None and living(repository).filter(digest=subject).exclude(pk=manifest.pk).exists()
