"""What the tests of content build with: bodies, small images, limits, and the audit of rows against files."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db.models import Count, Exists, F, OuterRef, Sum

from accounts.models import Namespace
from repositories import blobs, manifests, quotas, uploads
from repositories.access import Access
from repositories.errors import BlobUnknown
from repositories.models import (
    Blob,
    BlobLink,
    BlobReview,
    Manifest,
    ManifestReference,
    NamespaceBlob,
    NamespaceUsage,
    Repository,
    Trash,
    Upload,
)
from repositories.oci import digests, mediatypes, names
from repositories.oci.digests import Digest
from repositories.storage import store

LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"


def content(size: int, seed: object = 0) -> bytes:
    """The same bytes for the same size and seed."""
    return random.Random(f"{size} {seed}").randbytes(size)


class Pieces:
    """A body that arrives in these pieces; an exception among them is raised where it stands."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self._pieces = list(pieces)

    def read(self, size: int, /) -> bytes:
        while self._pieces:
            piece = self._pieces.pop(0)
            if isinstance(piece, Exception):
                raise piece
            if len(piece) > size:
                self._pieces.insert(0, piece[size:])
            if piece:
                return piece[:size]
        return b""


class Interrupted:
    """A body in two halves; between them something happens."""

    def __init__(self, act: Callable[[], object], first: bytes, second: bytes) -> None:
        self._act: Callable[[], object] | None = act
        self._first = Pieces(first)
        self._second = Pieces(second)

    def read(self, size: int, /) -> bytes:
        if piece := self._first.read(size):
            return piece
        if self._act is not None:
            act, self._act = self._act, None
            act()
        return self._second.read(size)


#: A body of several blocks, and its digest.
BODY = content(700_001)
DIGEST = digests.compute(BODY)


def append(access: Access, session: uploads.Session, body: bytes, start: int | None = None) -> uploads.Session:
    """Send one piece of a body with its length."""
    return uploads.append(access, session.id, io.BytesIO(body), length=len(body), start=start)


def stored(access: Access, digest: Digest = DIGEST) -> bytes:
    """What the repository serves under the digest."""
    return b"".join(blobs.read(blobs.find(access.repository, digest)))


def push_blob(access: Access, body: bytes, algorithm: str = "sha256") -> Digest:
    """Upload one blob, whatever the repository holds already."""
    session = uploads.start(access, algorithm=algorithm)
    digest = digests.compute(body, algorithm)
    return uploads.finish(access, session.id, digest, stream=io.BytesIO(body), length=len(body))


def config(**facts: Any) -> bytes:
    """An image's configuration."""
    return json.dumps({"architecture": "amd64", "os": "linux", **facts}).encode()


def descriptor(body: bytes, media_type: str = LAYER_TYPE, **more: Any) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": str(digests.compute(body)), "size": len(body), **more}


def image_body(settings: bytes, layers: Iterable[bytes], /, **more: Any) -> bytes:
    """The manifest of an image; `more` are further members, None leaves one out."""
    document: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": mediatypes.OCI_MANIFEST,
        "config": descriptor(settings, CONFIG_TYPE),
        "layers": [descriptor(layer) for layer in layers],
        **more,
    }
    return json.dumps({name: value for name, value in document.items() if value is not None}).encode()


def put(access: Access, body: bytes, *tags: str, media_type: str = mediatypes.OCI_MANIFEST) -> Digest:
    """Push a manifest under its digest and these tags."""
    digest = digests.compute(body)
    return manifests.put(access, digest, body, media_type=media_type, tags=[names.tag(tag) for tag in tags]).digest


def push_image(
    access: Access, *tags: str, layers: Sequence[bytes] = (b"a layer",), settings: bytes = b"{}", **more: Any
) -> Digest:
    """Push configuration, layers and manifest; what is here already is not sent again."""
    for body in (settings, *layers):
        try:
            blobs.find(access.repository, digests.compute(body), pushing=True)
        except BlobUnknown:
            push_blob(access, body)
    return put(access, image_body(settings, layers, **more), *tags)


def index_body(access: Access, children: Iterable[Digest], **more: Any) -> bytes:
    """An index over manifests that the repository holds."""
    entries = []
    for digest in children:
        row = manifests.find(access.repository, digest)
        entries.append({"mediaType": row.media_type, "digest": str(digest), "size": row.size})
    return json.dumps({"schemaVersion": 2, "mediaType": mediatypes.OCI_INDEX, "manifests": entries, **more}).encode()


def push_index(access: Access, children: Iterable[Digest], *tags: str, **more: Any) -> Digest:
    return put(access, index_body(access, children, **more), *tags, media_type=mediatypes.OCI_INDEX)


def subject_of(access: Access, digest: Digest) -> dict[str, Any]:
    """A descriptor of a manifest, for the `subject` of another."""
    row = manifests.find(access.repository, digest)
    return {"mediaType": row.media_type, "digest": str(digest), "size": row.size}


def push_signature(access: Access, subject: Digest, *tags: str, seed: int = 0, **more: Any) -> Digest:
    """An artifact about a manifest."""
    return push_image(
        access,
        *tags,
        layers=[b"signature %d of %s" % (seed, str(subject).encode())],
        config=descriptor(b"{}", "application/vnd.oci.empty.v1+json"),
        artifactType="application/vnd.example.signature",
        subject=subject_of(access, subject),
        **more,
    )


def limit(namespace: Namespace, size: int | None) -> None:
    """Give the namespace a limit of bytes."""
    quotas.usage_of(namespace)
    NamespaceUsage.objects.filter(namespace=namespace).update(byte_limit=size)


def living(access: Access) -> set[Digest]:
    """The digests of the manifests that the repository shows."""
    return {row.digest for row in Manifest.objects.filter(repository=access.repository, deleted_at=None)}


def recount(namespace: Namespace) -> tuple[int, int, int]:
    """Bytes used, bytes reserved and private repositories, counted from the rows of content themselves."""
    held = Blob.objects.filter(
        Exists(BlobLink.objects.filter(blob=OuterRef("pk"), charged=True, repository__namespace=namespace))
    )
    manifest_rows = Manifest.objects.filter(repository__namespace=namespace, deleted_at=None)
    reserved = Upload.objects.filter(repository__namespace=namespace).aggregate(n=Sum("reserved"))["n"] or 0
    used = sum(rows.aggregate(n=Sum("size"))["n"] or 0 for rows in (held, manifest_rows))
    return used, reserved, Repository.objects.filter(namespace=namespace, visibility="private").count()


def audit() -> None:
    """Rows and files tell the same story; call it when nothing runs.

    Every object is complete and named once (D1, D2), references resolve (D3), the counters are exact (D4), and
    whatever nothing uses is on its way out.
    """
    _audit_objects()
    _audit_references()
    for namespace in Namespace.objects.all():
        usage = quotas.usage_of(namespace)
        assert (usage.used, usage.reserved, usage.private_used) == recount(namespace), f"usage of {namespace} drifted"
    _audit_charges()


def _audit_objects() -> None:
    keys: list[str] = []
    for table in (Upload, Blob, Trash):
        keys += table.objects.values_list("storage_key", flat=True)
    assert len(keys) == len(set(keys)), "an object has two owners"
    leaked = set(store().iter_keys()) - set(keys)
    assert not leaked, f"files without a row: {leaked}"
    for blob in Blob.objects.filter(corrupt=False):
        stored = b"".join(store().open_range(blob.storage_key, 0, blob.size + 1))
        assert digests.compute(stored, blob.digest.algorithm) == blob.digest, f"{blob.digest} is damaged"


def _audit_references() -> None:
    used = ManifestReference.objects.filter(link=OuterRef("pk"), manifest__deleted_at=None)
    lost = BlobLink.objects.filter(Exists(used)).exclude(charged=True, expires_at=None)
    assert not lost.exists(), "a living manifest's link may expire"
    forgotten = BlobLink.objects.filter(~Exists(used), expires_at=None)
    assert not forgotten.exists(), "a link that nothing uses never expires"
    orphans = Blob.objects.filter(
        ~Exists(BlobLink.objects.filter(blob=OuterRef("pk"))), ~Exists(BlobReview.objects.filter(blob=OuterRef("pk")))
    )
    assert not orphans.exists(), "a blob that nothing links is never reviewed"
    parents = ManifestReference.objects.filter(manifest__deleted_at=None, child__isnull=False)
    assert not parents.exclude(child__deleted_at=None).exists(), "a living index lists a deleted manifest"


def _audit_charges() -> None:
    links = BlobLink.objects.filter(charged=True).values_list("repository__namespace", "blob")
    counted = {(row[0], row[1]): row[2] for row in links.annotate(n=Count("pk")).order_by()}
    rows = NamespaceBlob.objects.values_list("namespace", "blob", "refs")
    assert {(row[0], row[1]): row[2] for row in rows} == counted, "charges and links differ"


#: Every column that decides when something is due.
MOMENTS = {
    Blob: ["verified_at"],
    BlobLink: ["expires_at"],
    BlobReview: ["not_before"],
    Trash: ["not_before"],
    Upload: ["expires_at", "lease_until"],
    Manifest: ["idle_since", "deleted_at"],
}


def later(span: timedelta) -> None:
    """Time passes: everything that waits is that much older."""
    for table, columns in MOMENTS.items():
        table.objects.update(**{column: F(column) - span for column in columns})  # type: ignore[attr-defined]


def files() -> set[str]:
    return set(store().iter_keys())


def everything() -> dict[str, Any]:
    """All rows of content, and all files with their sizes."""
    models = apps.get_app_config("repositories").get_models()
    tables = {model.__name__: list(model._default_manager.order_by("pk").values()) for model in models}
    return tables | {"files": {key: store().stat(key) for key in files()}}
