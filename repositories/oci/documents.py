"""Manifests and indexes: parse bytes into descriptors, refuse what is ambiguous (image-spec 1.1, "Manifest", "Index").

Refused: what is not a JSON object, duplicate keys, known keys in other letters (clients written in Go read them), NaN,
deep nesting, text with NUL or half a surrogate pair, a type that contradicts the document or that no header can carry,
an image that is also an index (CVE-2021-41190), malformed descriptors, more than 10,000 of them. Accepted: unknown
fields, unknown artifact types, empty or null lists, a missing `mediaType`.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from typing import Any

from repositories.errors import DigestInvalid, ManifestInvalid
from repositories.oci import digests, mediatypes, names
from repositories.oci.digests import Digest

_MAX_DEPTH = 64
_MAX_DESCRIPTORS = 10_000
_MAX_TEXT = 255
_MEMBERS = frozenset(
    "schemaVersion mediaType artifactType config layers manifests blobs subject annotations fsLayers".split()
)
_DESCRIBED = frozenset("mediaType digest size urls annotations data artifactType platform".split())
_STRANGE = re.compile("[\0\ud800-\udfff]")
#: RFC 6838, section 4.2
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a document lists: a digest, its size in bytes and its media type."""

    digest: Digest
    size: int
    media_type: str = ""
    artifact_type: str = ""
    platform: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    has_urls: bool = False

    @property
    def is_foreign(self) -> bool:
        """May be missing here: it names other addresses and is of a type meant to stay there."""
        return self.has_urls and mediatypes.is_foreign_layer(self.media_type)


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed manifest or index; lists are in the document's order."""

    media_type: str
    config: Descriptor | None
    layers: list[Descriptor]
    children: list[Descriptor]
    subject: Descriptor | None
    artifact_type: str
    annotations: dict[str, str]

    @property
    def is_index(self) -> bool:
        return self.media_type in mediatypes.INDEXES

    @property
    def listed_type(self) -> str:
        """The `artifactType` that a list of referrers shows (distribution-spec, "Listing Referrers")."""
        return self.artifact_type or (self.config.media_type if self.config else "")


def parse(body: bytes, content_type: str = "") -> Document:
    """Errors: ManifestInvalid."""
    loaded = load(body)
    media_type = _media_type(loaded, mediatypes.bare(content_type))
    _check_shape(loaded, media_type)
    _check_lists(loaded)
    return Document(
        media_type=media_type,
        config=_descriptor(loaded["config"]) if loaded.get("config") is not None else None,
        layers=_descriptors(loaded, "layers") + _descriptors(loaded, "blobs"),
        children=_descriptors(loaded, "manifests"),
        subject=_descriptor(loaded["subject"]) if loaded.get("subject") is not None else None,
        artifact_type=_text(loaded.get("artifactType"), "artifactType"),
        annotations=_annotations(loaded.get("annotations")),
    )


def load(body: bytes) -> dict[str, Any]:
    """A JSON object, strictly read. Errors: ManifestInvalid."""
    try:
        loaded = json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ManifestInvalid("The manifest is not valid JSON.") from error
    if not isinstance(loaded, dict):
        raise ManifestInvalid("The manifest is not a JSON object.")
    if _depth(loaded) > _MAX_DEPTH:
        raise ManifestInvalid("The manifest is nested too deeply.")
    if b"\\u" in body and _has_strange_text(loaded):
        raise ManifestInvalid("The manifest has text with NUL or with half a surrogate pair.")
    return loaded


def legible(value: Any) -> Any:
    """Parsed JSON with every text such that databases and pages take it. Errors: RecursionError, when nested deeply."""
    if isinstance(value, str):
        return names.searchable(value)
    if isinstance(value, list):
        return [legible(item) for item in value]
    if isinstance(value, dict):
        return {legible(name): legible(item) for name, item in value.items()}
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _depth(value: Any) -> int:
    """Nesting of lists and objects, without recursion of our own."""
    depth, level = 0, [value]
    while level:
        depth += 1
        inner: list[Any] = []
        for item in level:
            members = item.values() if isinstance(item, dict) else item
            inner += [member for member in members if isinstance(member, (dict, list))]
        level = inner
    return depth


def _has_strange_text(loaded: dict[str, Any]) -> bool:
    """Text that databases and headers cannot take; JSON can only write it as an escape."""
    waiting: list[Any] = [loaded]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str) and _STRANGE.search(item):
            return True
        if isinstance(item, dict):
            waiting += [*item, *item.values()]
        if isinstance(item, list):
            waiting += item
    return False


def _media_type(loaded: dict[str, Any], sent: str) -> str:
    written = _text(loaded.get("mediaType"), "mediaType")
    if sent and written and sent != written.lower():
        raise ManifestInvalid(f"The Content-Type is {sent}, and the manifest's mediaType is {written}.")
    inferred = mediatypes.OCI_INDEX if "manifests" in loaded else mediatypes.OCI_MANIFEST if "config" in loaded else ""
    media_type = sent or written or inferred
    if not _MEDIA_TYPE.fullmatch(media_type):
        raise ManifestInvalid("The manifest has no valid media type.")
    if media_type in mediatypes.REFUSED or "fsLayers" in loaded:
        raise ManifestInvalid("Schema 1 manifests are not accepted; push with a current client.")
    return media_type


def _check_shape(loaded: dict[str, Any], media_type: str) -> None:
    _check_letters(loaded, _MEMBERS)
    image = media_type in mediatypes.IMAGES
    index = media_type in mediatypes.INDEXES
    if (image or index) and loaded.get("schemaVersion") != 2:
        raise ManifestInvalid("schemaVersion must be 2.")
    if image and "manifests" in loaded:
        raise ManifestInvalid("An image manifest cannot list manifests.")
    if (index or "manifests" in loaded) and ("config" in loaded or "layers" in loaded):
        raise ManifestInvalid("An index cannot have a config or layers.")
    if image and not isinstance(loaded.get("config"), dict):
        raise ManifestInvalid("An image manifest needs a config.")


def _check_letters(found: dict[str, Any], known: frozenset[str]) -> None:
    """Clients written in Go take `Digest` for `digest`, and the later of the two."""
    folded = {name.casefold() for name in known}
    if any(name not in known and name.casefold() in folded for name in found):
        raise ManifestInvalid("The manifest writes a known name in other letters.")


def _check_lists(loaded: dict[str, Any]) -> None:
    """Each descriptor becomes a row: what no image needs is refused before any is made."""
    lists = {name: loaded.get(name) for name in ("layers", "blobs", "manifests")}
    for name, listed in lists.items():
        if listed is not None and not isinstance(listed, list):
            raise ManifestInvalid(f"{name} is not a list.")
    if sum(len(listed) for listed in lists.values() if listed) > _MAX_DESCRIPTORS:
        raise ManifestInvalid(f"A manifest may list at most {_MAX_DESCRIPTORS} descriptors.")


def _descriptors(loaded: dict[str, Any], name: str) -> list[Descriptor]:
    return [_descriptor(item) for item in loaded.get(name) or []]


def _descriptor(found: Any) -> Descriptor:
    if not isinstance(found, dict):
        raise ManifestInvalid("A descriptor is not an object.")
    _check_letters(found, _DESCRIBED)
    size, text = found.get("size"), found.get("digest")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < 2**62:
        raise ManifestInvalid("A descriptor's size is not a number of bytes.")
    try:
        digest = digests.parse(text if isinstance(text, str) else "")
    except DigestInvalid as error:
        raise ManifestInvalid(f"A descriptor's digest is not valid. {error}") from error
    _check_data(found.get("data"), digest, size)
    platform = found.get("platform")
    return Descriptor(
        digest=digest,
        size=size,
        media_type=_text(found.get("mediaType"), "mediaType"),
        artifact_type=_text(found.get("artifactType"), "artifactType"),
        platform=_strings(platform) if isinstance(platform, dict) else {},
        annotations=_annotations(found.get("annotations")),
        has_urls=bool(found.get("urls")),
    )


def _check_data(data: Any, digest: Digest, size: int) -> None:
    """Embedded content must be what the descriptor says (image-spec, "Embedded Content")."""
    if data is None:
        return
    try:
        content = base64.b64decode(data, validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise ManifestInvalid("A descriptor's data is not base64.") from error
    if len(content) != size or digests.compute(content, digest.algorithm) != digest:
        raise ManifestInvalid("A descriptor's data is not what its digest and size say.")


def _text(found: Any, name: str) -> str:
    if found is None:
        return ""
    if not isinstance(found, str) or len(found) > _MAX_TEXT:
        raise ManifestInvalid(f"{name} is not a text of at most {_MAX_TEXT} characters.")
    return found


def _annotations(found: Any) -> dict[str, str]:
    if found is None:
        return {}
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise ManifestInvalid("annotations are not texts by name.")
    return found


def _strings(found: dict[str, Any]) -> dict[str, str]:
    return {name: value[:64] for name, value in found.items() if isinstance(value, str)}
