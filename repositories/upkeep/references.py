"""What points to what: manifest → link → blob, tag → manifest, index → child.

Every change of these rows is one transaction, and each question here is one statement, which sees all of a transaction
or nothing of it: what it finds is no push half done. Nothing is repaired: what is right cannot be known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet

from repositories.models import Blob, BlobLink, BlobReview, Manifest, ManifestReference, Tag
from repositories.upkeep.findings import Finding, Task, windows

_NAMES = ("repository__namespace__name", "repository__name")
_LISTED = tuple(f"manifest__{name}" for name in _NAMES)


@dataclass(frozen=True, slots=True)
class _Question:
    """`wrong`: the rows that must not be; `names`: the paths to namespace and repository; `facts`: fact → path."""

    kind: str
    wrong: QuerySet[Model]
    names: tuple[str, ...]
    facts: dict[str, str]


def dangling(task: Task) -> Iterator[Finding]:
    """References that lead nowhere, or to what is not kept."""
    for noun, (model, questions) in _questions().items():
        for window, count in windows(model):
            task.seen[noun] += count
            for question in questions:
                yield from _answers(question, window)


def _answers(question: _Question, window: Q) -> Iterator[Finding]:
    rows = question.wrong.filter(window)
    for row in rows.values_list(*question.names, *question.facts.values()):
        named = len(question.names)
        facts = dict(zip(question.facts, row[named:], strict=True))
        if named:
            facts = {"repository": "/".join(map(str, row[:named])), **facts}
        yield Finding(question.kind, facts)


def _questions() -> dict[str, tuple[type[Model], list[_Question]]]:
    return {
        "references": (ManifestReference, _of_references()),
        "links": (BlobLink, _of_links()),
        "blobs": (Blob, _of_blobs()),
        "tags": (Tag, _of_tags()),
    }


def _of_references() -> list[_Question]:
    rows = ManifestReference.objects.all()
    living = rows.filter(manifest__deleted_at=None)
    linked, listing = rows.filter(link__isnull=False), living.filter(child__isnull=False)
    facts = {"manifest": "manifest__digest", "digest": "digest"}
    no_link = ~Exists(BlobLink.objects.filter(pk=OuterRef("link_id")))
    no_child = ~Exists(Manifest.objects.filter(pk=OuterRef("child_id"), repository=OuterRef("manifest__repository")))
    elsewhere = ~Q(link__repository=F("manifest__repository")) | ~Q(link__blob__digest=F("digest"))
    kept = Exists(BlobLink.objects.filter(pk=OuterRef("link_id")))
    return [
        _Question("missing_link", linked.filter(no_link), _LISTED, facts),
        _Question("wrong_link", linked.filter(kept).filter(elsewhere), _LISTED, facts),
        _Question("uncharged_link", living.filter(link__charged=False), _LISTED, facts),
        _Question("expiring_link", living.filter(link__expires_at__isnull=False), _LISTED, facts),
        _Question("missing_child", rows.filter(child__isnull=False).filter(no_child), _LISTED, facts),
        _Question("deleted_child", listing.filter(child__deleted_at__isnull=False), _LISTED, facts),
    ]


def _of_links() -> list[_Question]:
    rows = BlobLink.objects.all()
    no_blob = ~Exists(Blob.objects.filter(pk=OuterRef("blob_id")))
    used = Exists(ManifestReference.objects.filter(link=OuterRef("pk"), manifest__deleted_at=None))
    return [
        _Question("missing_blob", rows.filter(no_blob), _NAMES, {"blob": "blob_id"}),
        _Question("unexpiring_link", rows.filter(~used, expires_at=None), _NAMES, {"digest": "blob__digest"}),
    ]


def _of_blobs() -> list[_Question]:
    linked = Exists(BlobLink.objects.filter(blob=OuterRef("pk")))
    reviewed = Exists(BlobReview.objects.filter(blob=OuterRef("pk")))
    facts = {"digest": "digest", "key": "storage_key"}
    return [_Question("unreviewed_blob", Blob.objects.filter(~linked, ~reviewed), (), facts)]


def _of_tags() -> list[_Question]:
    living = Exists(
        Manifest.objects.filter(pk=OuterRef("manifest_id"), repository=OuterRef("repository"), deleted_at=None)
    )
    return [_Question("tag_without_manifest", Tag.objects.filter(~living), _NAMES, {"tag": "name"})]
