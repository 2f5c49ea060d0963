"""Tags: list, point, remove. A tag moves in one statement: it is never missing and never half-written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from repositories import failpoints, platforms, reach
from repositories.access import Access, Action
from repositories.errors import TagUnknown
from repositories.models import Manifest, ManifestReference, Repository, Tag, TagEvent
from repositories.oci import digests, names
from repositories.oci.digests import Digest
from repositories.oci.names import Tag as TagName
from repositories.platforms import ImageRow
from repositories.pulls import ledger

#: What the manifest of a tag lists: platforms' images, layers, its configuration.
_LISTED = ManifestReference.objects.filter(manifest=OuterRef("manifest"))


@dataclass(frozen=True, slots=True)
class TagRow:
    """A tag as people see it; `size` is what a pull of all its platforms moves, in bytes.

    `pulls` are those of the name, whatever it pointed to; `last_pulled_on` is the day (UTC) of what it points to now,
    under whatever name.
    """

    name: str
    digest: Digest
    media_type: str
    size: int
    pushed_at: datetime
    pushed_by: str
    pulls: int = 0
    last_pulled_on: date | None = None
    images: list[ImageRow] = field(default_factory=list)
    siblings: list[str] = field(default_factory=list)


def names_after(repository: Repository, *, last: str = "", limit: int | None = None) -> tuple[list[str], bool]:
    """Tag names behind `last` in byte order, at most `limit`, and whether there are more (distribution-spec,
    "Content Discovery")."""
    rows = Tag.objects.filter(repository=repository, name__gt=names.searchable(last))
    found = rows.order_by("name").values_list("name", flat=True)
    if limit is None:
        return list(found), False
    page = list(found[: limit + 1])
    return page[:limit], len(page) > limit


def rows(access: Access, *, query: str = "", offset: int = 0, limit: int = 25) -> tuple[list[TagRow], int]:
    """Tags, the latest moved first, and how many there are; `query` is a part of a name, in any case of letters,
    or the digest, whole or short, of a tag or of something that its manifest lists."""
    found = Tag.objects.filter(repository=access.repository)
    if query:
        found = found.filter(_matching(query))
    page = found.order_by("-updated_at", "-pk")[offset : offset + limit]
    return _described(access.repository, page), found.count()


def find(access: Access, name: str) -> TagRow:
    """Errors: TagUnknown."""
    rows = Tag.objects.filter(repository=access.repository, name=names.searchable(name))
    found = _described(access.repository, rows)
    if not found:
        raise TagUnknown(name)
    return found[0]


def point(repository: Repository, name: TagName, manifest: Manifest, *, by: int | None) -> None:
    """Make the tag name the manifest, and note the move. Needs the repository's lock."""
    now = timezone.now()
    old = Tag.objects.select_related("manifest").filter(repository=repository, name=name).first()
    if old is None:
        Tag.objects.create(repository=repository, name=name, manifest=manifest, updated_at=now, updated_by_id=by)
    else:
        Tag.objects.filter(pk=old.pk).update(manifest=manifest, updated_at=now, updated_by_id=by)
    before = old.manifest if old else None
    if before is None or before.pk != manifest.pk:
        _note(repository, name, before.digest if before else None, manifest.digest, by)
    if before is not None and before.pk != manifest.pk:
        reach.start_idling(Manifest.objects.filter(pk=before.pk))


def untag(access: Access, name: TagName) -> None:
    """Remove only the tag, as the protocol's DELETE does. Errors: AccessDenied, TagUnknown."""
    access.require(Action.DELETE)
    with transaction.atomic():
        tag = _locked(access.repository, name)
        drop(tag, tag.manifest.digest, by=access.user_id)
        failpoints.reach("tag.dropped")
    failpoints.reach("tag.deleted")


def remove(access: Access, name: str) -> None:
    """Remove the tag and the manifests that only it reached, as pages and REST do. Errors: AccessDenied, TagUnknown."""
    access.require(Action.DELETE)
    with transaction.atomic():
        tag = _locked(access.repository, name)
        drop(tag, tag.manifest.digest, by=access.user_id)
        reach.release(access.repository, [tag.manifest])


def drop(tag: Tag, digest: Digest, *, by: int | None) -> None:
    """Delete the row and note it. Runs in the caller's transaction, under the repository's lock."""
    _note(tag.repository, TagName(tag.name), digest, None, by)
    Tag.objects.filter(pk=tag.pk).delete()
    reach.start_idling(Manifest.objects.filter(pk=tag.manifest_id))


def _locked(repository: Repository, name: str) -> Tag:
    reach.lock(repository)
    rows = Tag.objects.select_related("manifest", "repository").filter(repository=repository)
    tag = rows.filter(name=names.searchable(name)).first()
    if tag is None:
        raise TagUnknown(name)
    return tag


def _note(repository: Repository, name: TagName, old: Digest | None, new: Digest | None, by: int | None) -> None:
    TagEvent.objects.create(repository=repository, name=name, old_digest=old, new_digest=new, by_id=by)


def _matching(query: str) -> Q:
    if found := digests.span(query):
        return Q(manifest__digest__range=found) | Q(Exists(_LISTED.filter(digest__range=found)))
    return Q(name__icontains=names.searchable(query))


def _described(repository: Repository, found: QuerySet[Tag]) -> list[TagRow]:
    page = list(found.select_related("manifest", "updated_by"))
    same = Tag.objects.filter(repository=repository, manifest__in={tag.manifest_id for tag in page})
    together: dict[int, list[str]] = {}
    for manifest_id, name in same.order_by("name").values_list("manifest_id", "name"):
        together.setdefault(manifest_id, []).append(name)
    images = platforms.of(repository, [tag.manifest for tag in page])
    pulls = ledger.of_tags(repository, [tag.name for tag in page])
    return [
        TagRow(
            name=tag.name,
            digest=tag.manifest.digest,
            media_type=tag.manifest.media_type,
            size=tag.manifest.total_size,
            pushed_at=tag.updated_at,
            pushed_by=tag.updated_by.username if tag.updated_by else "",
            pulls=pulls.get(tag.name, 0),
            last_pulled_on=tag.manifest.last_pulled_on,
            images=images[tag.manifest_id],
            siblings=[name for name in together[tag.manifest_id] if name != tag.name],
        )
        for tag in page
    ]
