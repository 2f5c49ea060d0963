"""Manifests: find, put, delete. Bytes are kept and served as they came; references are rows, written with them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from repositories import failpoints, quotas, reach, retry, tags
from repositories.access import Access, Action
from repositories.blobs import BlobFacts, read
from repositories.errors import (
    DigestInvalid,
    ManifestBlobUnknown,
    ManifestReferenced,
    ManifestTooLarge,
    ManifestUnknown,
    RepositoryUnknown,
    StorageUnavailable,
)
from repositories.models import BlobLink, Manifest, ManifestReference, Repository, Tag
from repositories.oci import digests, documents, mediatypes
from repositories.oci.digests import Digest
from repositories.oci.documents import Descriptor, Document
from repositories.oci.names import Tag as TagName
from repositories.pulls import Pull, allowance
from repositories.pulls.allowance import Allowance
from repositories.pulls.counter import counter

_MAX_CONFIG = 2**20  # bytes of a configuration that are read for the platform
Role = ManifestReference.Role


@dataclass(frozen=True, slots=True)
class Stored:
    """The outcome of a push: the digest under the algorithm asked for, the subject if there is one, the tags set."""

    digest: Digest
    subject: Digest | None
    tags: list[TagName]


@dataclass(frozen=True, slots=True)
class Pulled:
    """A manifest for somebody, and what they may still pull; None when nothing limits them."""

    manifest: Manifest
    allowance: Allowance | None


@dataclass(frozen=True, slots=True)
class _Push:
    """A checked push, before the transaction."""

    digest: Digest
    body: bytes
    document: Document
    platform: dict[str, str]
    names: list[TagName]


@dataclass(slots=True)
class _Holdings:
    """What the repository has of the things a document lists, by digest."""

    links: dict[Digest, BlobLink] = field(default_factory=dict)
    children: dict[Digest, Manifest] = field(default_factory=dict)


def find(repository: Repository, reference: TagName | Digest) -> Manifest:
    """The living manifest of a tag or digest. Errors: ManifestUnknown, also for an unknown tag."""
    rows = reach.living(repository)
    if isinstance(reference, Digest):
        found = rows.filter(digest=reference).first()
    else:
        found = rows.filter(tags__name=reference, tags__repository=repository).first()
    if found is None:
        raise ManifestUnknown(reference)
    return found


def pull(access: Access, reference: TagName | Digest, *, address: str, is_free: Callable[[Digest], bool]) -> Pulled:
    """As :func:`find`, counted and held to the caller's limit, unless it `is_free`: the caller has the digest already
    or wants the head only. `address` is whose limit an anonymous caller shares.

    Errors: ManifestUnknown; PullLimitReached, and then it is not counted.
    """
    found = find(access.repository, reference)
    this = Pull(
        repository_id=access.repository.pk,
        manifest_id=found.pk,
        reference=str(reference),
        is_index=found.media_type in mediatypes.INDEXES,
        is_by_digest=isinstance(reference, Digest),
        user_id=access.user_id,
        source=address if access.user_id is None else str(access.caller.uid),
    )
    if is_free(found.digest):
        return Pulled(found, allowance.left(this))
    left = allowance.spend(this)
    counter.note(this, counts=left is None or not left.is_paid)
    return Pulled(found, left)


def put(
    access: Access, reference: TagName | Digest, body: bytes, *, media_type: str, tags: Sequence[TagName] = ()
) -> Stored:
    """Store a manifest and point tags to it, all or nothing. Pushing the same bytes again is a success.

    Errors: AccessDenied, ManifestTooLarge, ManifestInvalid, DigestInvalid, ManifestBlobUnknown, QuotaExceeded.
    """
    access.require(Action.PUSH)
    if len(body) > settings.HUB_MAX_MANIFEST_BYTES:
        raise ManifestTooLarge(settings.HUB_MAX_MANIFEST_BYTES)
    digest = digests.compute(body, reference.algorithm if isinstance(reference, Digest) else "sha256")
    if isinstance(reference, Digest) and digest != reference:
        raise DigestInvalid(str(reference), "The manifest does not have this digest.")
    document = documents.parse(body, media_type)
    names = list(tags) if isinstance(reference, Digest) else [reference, *tags]
    push = _Push(digest, body, document, _platform(access.repository, document), names)
    retry.on_conflict(lambda: _put(access, push))
    failpoints.reach("manifest.committed")
    return Stored(digest=digest, subject=document.subject.digest if document.subject else None, tags=names)


def delete(access: Access, digest: Digest) -> None:
    """Delete a manifest with its tags; children and referrers stay. Errors: AccessDenied, ManifestUnknown,
    ManifestReferenced (a living index lists it)."""
    access.require(Action.DELETE)
    repository = access.repository
    with transaction.atomic():
        reach.lock(repository)
        manifest = find(repository, digest)
        if ManifestReference.objects.filter(child=manifest, manifest__deleted_at=None).exists():
            raise ManifestReferenced(digest)
        for tag in Tag.objects.filter(manifest=manifest):
            tags.drop(tag, digest, by=access.user_id)
        relatives = [relative.pk for relative in reach.relatives(repository, manifest)]
        reach.hide(repository, manifest)
        reach.start_idling(Manifest.objects.filter(pk__in=relatives))
        failpoints.reach("manifest.hidden")
    failpoints.reach("manifest.deleted")


def _put(access: Access, push: _Push) -> None:
    repository, now = access.repository, timezone.now()
    if not reach.lock(repository):
        raise RepositoryUnknown(repository.full_name)
    held = _require_holdings(repository, push.document)
    rows = Manifest.objects.select_for_update(no_key=True)  # a purge of the same digest must not come between
    known = rows.filter(repository=repository, digest=push.digest).first()
    manifest = known or _insert(access, push, held)
    added = 0 if known and known.deleted_at is None else manifest.size
    facts: dict[str, object] = {"deleted_at": None, "idle_since": now, "media_type": push.document.media_type}
    if bytes(manifest.payload) != push.body:  # it was damaged
        facts["payload"] = push.body
    Manifest.objects.filter(pk=manifest.pk).update(**facts)
    added += _keep_links(repository, manifest, held)
    failpoints.reach("manifest.inserted")
    for name in push.names:
        tags.point(repository, name, manifest, by=access.user_id)
    Repository.objects.filter(pk=repository.pk).update(pushed_at=now)
    quotas.add(repository.namespace_id, added)
    failpoints.reach("manifest.tagged")


def _require_holdings(repository: Repository, document: Document) -> _Holdings:
    """Find everything the document lists, and lock its links against collection. Errors: ManifestBlobUnknown."""
    blobs = [*([document.config] if document.config else []), *document.layers]
    wanted = {item.digest for item in [*blobs, *document.children]}
    links = BlobLink.objects.select_for_update(of=("self",), no_key=True).select_related("blob")
    rows = links.filter(repository=repository, blob__digest__in=wanted, blob__corrupt=False).order_by("pk")
    held = _Holdings(links={link.blob.digest: link for link in rows})
    indexed = {item.digest for item in document.children}
    held.children = {row.digest: row for row in reach.living(repository).filter(digest__in=indexed)}
    absent = [item for item in blobs if item.digest not in held.links]
    missing = [item.digest for item in absent if item is document.config or not item.is_foreign]
    missing += [
        item.digest for item in document.children if item.digest not in held.links and item.digest not in held.children
    ]
    if missing:
        raise ManifestBlobUnknown(list(dict.fromkeys(missing)))
    return held


def _keep_links(repository: Repository, manifest: Manifest, held: _Holdings) -> int:
    """Links of a living manifest do not expire; returns the bytes newly charged for links that were given back.

    Not all that is held is used: a foreign layer may have come since, and a child may be here as a blob too.
    """
    used = set(ManifestReference.objects.filter(manifest=manifest, link__isnull=False).values_list("link", flat=True))
    links = [link for link in held.links.values() if link.pk in used]
    given_back = [link.blob for link in links if not link.charged]
    added = quotas.take_blobs(repository.namespace_id, given_back)
    BlobLink.objects.filter(pk__in=[link.pk for link in links]).update(charged=True, expires_at=None)
    return added


def _insert(access: Access, push: _Push, held: _Holdings) -> Manifest:
    document = push.document
    manifest = Manifest.objects.create(
        repository=access.repository,
        digest=push.digest,
        media_type=document.media_type,
        artifact_type=document.listed_type,
        subject_digest=document.subject.digest if document.subject else None,
        payload=push.body,
        size=len(push.body),
        total_size=_total_size(document, held),
        platform_os=push.platform.get("os", ""),
        platform_architecture=push.platform.get("architecture", ""),
        platform_variant=push.platform.get("variant", ""),
        annotations=document.annotations,
        pushed_by_id=access.user_id,
    )
    ManifestReference.objects.bulk_create(_references(manifest, document, held))
    return manifest


def _references(manifest: Manifest, document: Document, held: _Holdings) -> list[ManifestReference]:
    rows: list[ManifestReference] = []

    def add(role: ManifestReference.Role, items: Sequence[Descriptor]) -> None:
        for ordinal, item in enumerate(items):
            child = held.children.get(item.digest) if role == Role.CHILD else None
            link = held.links.get(item.digest) if role != Role.SUBJECT and child is None else None
            foreign = role == Role.LAYER and link is None
            rows.append(
                ManifestReference(
                    manifest=manifest,
                    role=Role.FOREIGN if foreign else role,
                    ordinal=ordinal,
                    digest=item.digest,
                    size=item.size,
                    media_type=item.media_type,
                    link=link,
                    child=child,
                )
            )

    add(Role.CONFIG, [document.config] if document.config else [])
    add(Role.LAYER, document.layers)
    add(Role.CHILD, document.children)
    add(Role.SUBJECT, [document.subject] if document.subject else [])
    return rows


def _total_size(document: Document, held: _Holdings) -> int:
    """Bytes that a pull of everything listed moves, each digest once."""
    sizes = {link.blob.digest: link.blob.size for link in held.links.values()}
    sizes |= {child.digest: child.total_size for child in held.children.values()}
    return sum(sizes.values())


def _platform(repository: Repository, document: Document) -> dict[str, str]:
    """Operating system, architecture and variant from an image's configuration; empty for anything else."""
    config = document.config
    if config is None or config.media_type not in mediatypes.IMAGE_CONFIGS:
        return {}
    loaded = config_of(repository, config.digest)
    names = ("os", "architecture", "variant")
    return {name: str(loaded[name])[:64] for name in names if isinstance(loaded.get(name), str)}


def config_of(repository: Repository, digest: Digest) -> dict[str, object]:
    """An image's configuration as an object; empty when it is missing, damaged, too large or no JSON object."""
    links = BlobLink.objects.select_related("blob").filter(repository=repository, blob__corrupt=False)
    link = links.filter(blob__digest=digest).first()
    if link is None or link.blob.size > _MAX_CONFIG:
        return {}
    facts = BlobFacts(digest=digest, size=link.blob.size, storage_key=link.blob.storage_key)
    try:
        loaded = documents.legible(json.loads(b"".join(read(facts))))
    except (ValueError, RecursionError, StorageUnavailable):
        return {}
    return loaded if isinstance(loaded, dict) else {}
