"""Blobs: find, read, link, mount, unlink. The link between repository and blob decides who may read, never the blob."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from repositories import access as rights
from repositories import damage, failpoints, quotas, retry
from repositories.access import Access, Action
from repositories.errors import BlobReferenced, BlobUnknown, RepositoryUnknown, StorageUnavailable
from repositories.models import Blob, BlobLink, BlobReview, ManifestReference, Repository
from repositories.oci import digests
from repositories.oci.digests import Digest
from repositories.storage import ObjectMissing, store

#: A pusher who was told that a blob is here has at least this long to name it in a manifest.
_PUSH_MARGIN = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class BlobFacts:
    """A blob that may be read: `size` in bytes."""

    digest: Digest
    size: int
    storage_key: str


def find(repository: Repository, digest: Digest, *, pushing: bool = False) -> BlobFacts:
    """A blob of this repository; for a pusher, its link is kept long enough to finish the push.

    Errors: BlobUnknown, also when another repository has it; StorageUnavailable for one known to be corrupt.
    """
    links = BlobLink.objects.select_related("blob").filter(repository=repository, blob__digest=digest)
    link = links.filter(charged=True).first()  # what only a deleted manifest still holds is gone for everybody
    if link is None:
        raise BlobUnknown(digest)
    if link.blob.corrupt:
        if pushing:
            raise BlobUnknown(digest)  # so that the client sends it again, which heals it
        raise _damaged(digest)
    now = timezone.now()
    if pushing and link.expires_at is not None and link.expires_at < now + _PUSH_MARGIN:
        BlobLink.objects.filter(pk=link.pk, expires_at__isnull=False).update(expires_at=now + settings.HUB_GC_GRACE)
    return BlobFacts(digest=digest, size=link.blob.size, storage_key=link.blob.storage_key)


def holds(repository: Repository, digest: Digest) -> bool:
    """Whether a pull from the repository gets the blob."""
    links = BlobLink.objects.filter(repository=repository, blob__digest=digest, blob__corrupt=False, charged=True)
    return links.exists()


def read(facts: BlobFacts, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """Bytes [start, stop) in blocks; all of them are compared with the digest where HUB_VERIFY_READS says so.

    Errors: StorageUnavailable, before the first block, or in place of the last one when the digest is another.
    """
    require_whole(facts)
    stop = facts.size if stop is None else stop
    try:
        blocks = store().open_range(facts.storage_key, start, stop)
    except ObjectMissing as error:
        raise StorageUnavailable(f"The blob {facts.digest} is missing; push it again to heal it.") from error
    if not settings.HUB_VERIFY_READS or (start, stop) != (0, facts.size):
        return blocks
    verified = _verified(facts, blocks)
    return chain([next(verified, b"")], verified)  # a blob of one block is found out before anything is answered


def address(facts: BlobFacts) -> str | None:
    """Where a client that may read the blob fetches it itself, for a few minutes; None: through the hub, as always
    where HUB_VERIFY_READS asks the hub to look at every byte. Errors: StorageUnavailable."""
    found = None if settings.HUB_VERIFY_READS else store().address(facts.storage_key)
    if found is not None:
        require_whole(facts)
    return found


def require_whole(facts: BlobFacts) -> None:
    """Errors: StorageUnavailable when the stored object is missing, or has another size: then it is marked."""
    stored = store().stat(facts.storage_key)
    if stored is None:
        raise StorageUnavailable(f"The blob {facts.digest} is missing; push it again to heal it.")
    if stored != facts.size:
        damage.mark(facts.digest, facts.storage_key, f"it has {stored} bytes instead of {facts.size}")
        raise _damaged(facts.digest)


def _verified(facts: BlobFacts, blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The blocks, the last of them only when all together have the digest."""
    hashing, held = digests.hasher(facts.digest.algorithm), b""
    for block in blocks:
        hashing.update(block)
        if held:
            yield held
        held = block
    if hashing.hexdigest() != facts.digest.hex:
        damage.mark(facts.digest, facts.storage_key, "its bytes have another digest, a reader found")
        raise _damaged(facts.digest)
    yield held


def _damaged(digest: Digest) -> StorageUnavailable:
    return StorageUnavailable(f"The blob {digest} is damaged; push it again to heal it.")


def link(repository: Repository, blob: Blob, *, settled: int = 0) -> BlobLink:
    """Make the blob readable in the repository, charge the namespace, and start the link's grace anew.

    Runs inside the caller's transaction. Errors: QuotaExceeded; IntegrityError when it lost a race, try again.
    """
    until = timezone.now() + settings.HUB_GC_GRACE
    found = BlobLink.objects.select_for_update(no_key=True).filter(repository=repository, blob=blob).first()
    if found is None:
        found = BlobLink.objects.create(repository=repository, blob=blob, charged=True, expires_at=until)
        added = quotas.take_blobs(repository.namespace_id, [blob])
    else:
        added = 0 if found.charged else quotas.take_blobs(repository.namespace_id, [blob])
        found.charged = True
        found.expires_at = until if found.expires_at is not None else None
        found.save(update_fields=["charged", "expires_at"])
    quotas.add(repository.namespace_id, added, settled=settled)
    return found


def mount(access: Access, digest: Digest, *, source: Access | None) -> bool:
    """Link a blob of another repository that the caller may pull; without `source`, of any such repository.

    False when there is nothing to mount, for whatever reason. Errors: AccessDenied, RepositoryUnknown, QuotaExceeded.
    """
    access.require(Action.PUSH)
    if source is not None and not source.may(Action.PULL):
        return False

    def attempt() -> bool:
        visible = rights.visible_to(access.caller).filter(pk=OuterRef("repository"))
        readable = Q(repository=source.repository) if source else Q(Exists(visible))
        held = BlobLink.objects.filter(readable, blob__digest=digest, blob__corrupt=False, charged=True)
        found = held.select_related("blob").first()
        if found is None:
            return False
        link(access.repository, found.blob)
        failpoints.reach("mount.linked")
        return True

    try:
        mounted = retry.on_conflict(attempt)
    except IntegrityError as error:
        if Repository.objects.filter(pk=access.repository.pk).exists():
            raise
        raise RepositoryUnknown(access.repository.full_name) from error  # deleted since the caller was let in
    failpoints.reach("mount.committed")
    return mounted


@transaction.atomic
def unlink(access: Access, digest: Digest) -> None:
    """Take a blob out of the repository; one that went with its manifest is out already, and that is as good.

    Errors: AccessDenied, BlobUnknown, BlobReferenced (by a living manifest).
    """
    access.require(Action.DELETE)
    links = BlobLink.objects.select_for_update(of=("self",), no_key=True).select_related("blob")
    found = links.filter(repository=access.repository, blob__digest=digest).first()
    if found is None:
        raise BlobUnknown(digest)
    if not found.charged:
        return  # only deleted manifests hold it: who deletes a manifest and then its parts meets no error
    references = ManifestReference.objects.filter(link=found)
    if references.filter(manifest__deleted_at=None).exists():
        raise BlobReferenced(digest)
    if not references.exists():
        drop_links([found])
        failpoints.reach("link.dropped")
        return
    # A deleted manifest still holds the row: the blob goes from view, and its bytes are given back.
    freed = quotas.give_blobs(access.repository.namespace_id, [found.blob])
    BlobLink.objects.filter(pk=found.pk).update(charged=False, expires_at=timezone.now() + settings.HUB_GC_GRACE)
    quotas.subtract(access.repository.namespace_id, freed)


def drop_links(links: list[BlobLink]) -> None:
    """Delete links (their blobs loaded) that no manifest references, and have their blobs reviewed.

    Runs inside the caller's transaction; the links are locked.
    """
    for namespace_id, own in sorted(_by_namespace(links).items()):  # two collectors take counters in one order
        freed = quotas.give_blobs(namespace_id, [found.blob for found in own if found.charged])
        quotas.subtract(namespace_id, freed)
    BlobLink.objects.filter(pk__in=[found.pk for found in links]).delete()
    now = timezone.now()
    # An update, not "do nothing": it waits for a collector that is just about to delete the same review.
    BlobReview.objects.bulk_create(
        [BlobReview(blob_id=blob_id, not_before=now) for blob_id in sorted({found.blob_id for found in links})],
        update_conflicts=True,
        unique_fields=["blob"],
        update_fields=["not_before"],
    )


def _by_namespace(links: list[BlobLink]) -> dict[int, list[BlobLink]]:
    homes = dict(
        Repository.objects.filter(pk__in={found.repository_id for found in links}).values_list("pk", "namespace_id")
    )
    grouped: dict[int, list[BlobLink]] = {}
    for found in links:
        grouped.setdefault(homes[found.repository_id], []).append(found)
    return grouped
