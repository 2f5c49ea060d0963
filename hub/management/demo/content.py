"""Real image content, small and the same in every run: layers as tar archives, configurations, manifests, indexes.

Everything goes in through the rules of uploads and manifests, as a push does. The documents follow image-spec 1.1.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import tarfile
from dataclasses import dataclass, field
from typing import Any

from repositories import blobs, manifests, uploads
from repositories.access import Access
from repositories.errors import BlobUnknown
from repositories.oci import digests, names
from repositories.oci.digests import Digest
from repositories.oci.names import Tag

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
EMPTY = "application/vnd.oci.empty.v1+json"


@dataclass(frozen=True)
class Step:
    """One line of a build: the instruction, and the size in bytes of the layer it leaves; 0 leaves none."""

    instruction: str
    size: int = 0


@dataclass(frozen=True)
class Image:
    """What an image is built from. `config` is the `config` object of its configuration."""

    steps: tuple[Step, ...]
    created: str = "2026-01-12T09:30:00Z"
    config: dict[str, Any] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)


def layer(instruction: str, size: int, platform: str) -> tuple[bytes, Digest]:
    """A gzipped tar archive of about `size` bytes, and the digest of the archive inside (its `diff_id`)."""
    chance = random.Random(f"{instruction} {size} {platform}")  # noqa: S311  content that looks like content, no secret
    body = chance.randbytes(max(size - 200, 16))
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        entry = tarfile.TarInfo(f"opt/{digests.compute(body).hex[:12]}")
        entry.size = len(body)
        tar.addfile(entry, io.BytesIO(body))
    plain = archive.getvalue()
    return gzip.compress(plain, compresslevel=6, mtime=0), digests.compute(plain)


def push_blob(access: Access, content: bytes) -> Digest:
    """Upload one blob unless the repository holds it."""
    digest = digests.compute(content)
    try:
        blobs.find(access.repository, digest)
    except BlobUnknown:
        session = uploads.start(access)
        uploads.finish(access, session.id, digest, stream=io.BytesIO(content), length=len(content))
    return digest


def push_image(access: Access, image: Image, *, platform: str = "linux/amd64", tags: tuple[str, ...] = ()) -> Digest:
    """Push an image of one platform and point the tags to it. Returns the manifest's digest."""
    layers, diff_ids, history = [], [], []
    for step in image.steps:
        history.append({"created": image.created, "created_by": step.instruction, "empty_layer": not step.size})
        if step.size:
            content, diff_id = layer(step.instruction, step.size, platform)
            layers.append(_descriptor(LAYER, content))
            diff_ids.append(str(diff_id))
            push_blob(access, content)
    config = _encode(
        _platform(platform)
        | {"created": image.created, "config": image.config, "history": history}
        | {"rootfs": {"type": "layers", "diff_ids": diff_ids}}
    )
    push_blob(access, config)
    document: dict[str, Any] = {"schemaVersion": 2, "mediaType": MANIFEST}
    document |= {"config": _descriptor(CONFIG, config), "layers": layers}
    document |= {"annotations": image.annotations} if image.annotations else {}
    return _put(access, _encode(document), MANIFEST, tags)


def push_index(access: Access, images: dict[str, Image], *, tags: tuple[str, ...] = ()) -> Digest:
    """Push an index over one image per platform and point the tags to it. Returns the index's digest."""
    entries = []
    for platform, image in images.items():
        pushed = manifests.find(access.repository, push_image(access, image, platform=platform))
        entry = {"mediaType": MANIFEST, "digest": str(pushed.digest), "size": pushed.size}
        entries.append(entry | {"platform": _platform(platform)})
    return _put(access, _encode({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}), INDEX, tags)


def push_artifact(
    access: Access,
    files: dict[str, bytes],
    *,
    artifact_type: str,
    annotations: dict[str, str] | None = None,
    subject: Digest | None = None,
    tags: tuple[str, ...] = (),
) -> Digest:
    """Push files that are no image, each under its title; with a subject they are about that manifest."""
    layers = []
    for title, content in files.items():
        push_blob(access, content)
        titled = {"annotations": {"org.opencontainers.image.title": title}}
        layers.append(_descriptor("application/octet-stream", content) | titled)
    push_blob(access, b"{}")
    document: dict[str, Any] = {"schemaVersion": 2, "mediaType": MANIFEST, "artifactType": artifact_type}
    document |= {"config": _descriptor(EMPTY, b"{}"), "layers": layers, "annotations": annotations or {}}
    if subject is not None:
        found = manifests.find(access.repository, subject)
        document["subject"] = {"mediaType": found.media_type, "digest": str(subject), "size": found.size}
    return _put(access, _encode(document), MANIFEST, tags)


def _put(access: Access, body: bytes, media_type: str, tags: tuple[str, ...]) -> Digest:
    """Under each tag in turn; under the digest when there is none."""
    digest = digests.compute(body)
    references: list[Tag] | list[Digest] = [names.tag(tag) for tag in tags] or [digest]
    for reference in references:
        manifests.put(access, reference, body, media_type=media_type)
    return digest


def _descriptor(media_type: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": str(digests.compute(content)), "size": len(content)}


def _platform(platform: str) -> dict[str, str]:
    """``linux/arm/v7`` as image-spec writes it."""
    keys = ("os", "architecture", "variant")
    return dict(zip(keys, platform.split("/"), strict=False))


def _encode(document: dict[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":"), sort_keys=True).encode()
