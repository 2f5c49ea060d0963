"""What a registry in dictionaries is made of: repositories with blobs, manifests and tags; uploads; tokens."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.protocol.model.answers import Refused
from tests.registry import DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST

#: What a document of a type lists.
IMAGE, INDEX = {"config", "layers"}, {"manifests"}
SHAPES = {OCI_MANIFEST: IMAGE, DOCKER_MANIFEST: IMAGE, OCI_INDEX: INDEX}


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token: who asks, and the actions it holds by repository; `lists`: it may read the catalogue."""

    who: str
    grants: dict[str, frozenset[str]]
    lists: bool = False


@dataclass(slots=True)
class Manifest:
    """As it was pushed; `blobs` and `children` are what it refers to here, each found as the one or the other."""

    body: bytes
    media_type: str
    blobs: frozenset[str]
    children: frozenset[str]

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def subject(self) -> str:
        """The digest of what it is about; "" when it is about nothing."""
        return str((self.document.get("subject") or {}).get("digest", ""))

    def described(self, digest: str) -> dict[str, Any]:
        """As a list of referrers shows it (distribution-spec, "Listing Referrers")."""
        document = self.document
        shown = {"mediaType": self.media_type, "digest": digest, "size": len(self.body)}
        if kind := document.get("artifactType") or document.get("config", {}).get("mediaType"):
            shown["artifactType"] = kind
        if document.get("annotations"):
            shown["annotations"] = document["annotations"]
        return shown


@dataclass(slots=True)
class Session:
    """An upload; `became` is the digest with which it was finished."""

    owner: str
    name: str
    content: bytes = b""
    became: str = ""


@dataclass(slots=True)
class Repository:
    """`deleted` manifests still hold the blobs that only they refer to: those are `kept`, and nobody sees them."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    kept: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, Manifest] = field(default_factory=dict)
    deleted: dict[str, Manifest] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def has(self, digest: str) -> bool:
        return digest in self.blobs or digest in self.kept

    def show(self, digests: Iterable[str]) -> None:
        for digest in digests:
            if digest in self.kept:
                self.blobs[digest] = self.kept.pop(digest)

    def hide(self, digests: Iterable[str]) -> None:
        for digest in digests:
            if digest in self.blobs:
                self.kept[digest] = self.blobs.pop(digest)

    def refers(self, digest: str) -> bool:
        """Whether a living manifest refers to the blob."""
        return any(digest in manifest.blobs for manifest in self.manifests.values())


def understood(repository: Repository, body: bytes, media_type: str) -> Manifest:
    """The manifest and what it refers to here. Errors: Refused."""
    try:
        document = json.loads(body)
    except ValueError:
        document = {}
    lists = set(document) & {"config", "layers", "manifests"}
    if document.get("mediaType", media_type) != media_type or lists != SHAPES[media_type]:
        raise Refused(400, "MANIFEST_INVALID")
    layers = [item for item in document.get("layers", []) if repository.has(item["digest"]) or not item.get("urls")]
    blobs = {item["digest"] for item in [document.get("config"), *layers] if item}
    listed = {item["digest"] for item in document.get("manifests", [])}
    children = listed & set(repository.manifests)
    blobs |= listed - children
    if missing := {digest for digest in blobs if not repository.has(digest)}:
        raise Refused(400, "MANIFEST_BLOB_UNKNOWN", details=frozenset(missing))
    return Manifest(body, media_type, frozenset(blobs), frozenset(children))
