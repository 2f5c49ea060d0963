"""Which platforms a manifest is for: an image is for one, an index lists several."""

from __future__ import annotations

from dataclasses import dataclass

from repositories import reach
from repositories.models import Manifest, Repository
from repositories.oci import documents, mediatypes
from repositories.oci.digests import Digest
from repositories.oci.documents import Descriptor


@dataclass(frozen=True, slots=True)
class ImageRow:
    """One platform's image: `platform` is ``linux/arm64/v8`` or empty, `size` the bytes that a pull moves."""

    digest: Digest
    platform: str
    size: int


def of(repository: Repository, manifests: list[Manifest]) -> dict[int, list[ImageRow]]:
    """The images of each manifest, by its row id, in the document's order."""
    listed = {row.pk: _listed(row) for row in manifests if row.media_type in mediatypes.INDEXES}
    wanted = {item.digest for items in listed.values() for item in items}
    children = {row.digest: row for row in reach.living(repository).filter(digest__in=wanted).defer("payload")}
    return {
        row.pk: [_of_child(item, children.get(item.digest)) for item in listed[row.pk]]
        if row.pk in listed
        else [own(row)]
        for row in manifests
    }


def own(manifest: Manifest) -> ImageRow:
    """The manifest itself as an image."""
    parts = (manifest.platform_os, manifest.platform_architecture, manifest.platform_variant)
    return ImageRow(digest=manifest.digest, platform=_joined(parts), size=manifest.total_size)


def _listed(index: Manifest) -> list[Descriptor]:
    """The images of an index; attestations, which builders list beside them, are not images."""
    document = documents.parse(bytes(index.payload), index.media_type)
    return [item for item in document.children if "vnd.docker.reference.type" not in item.annotations]


def _of_child(item: Descriptor, child: Manifest | None) -> ImageRow:
    said = _joined(tuple(item.platform.get(name, "") for name in ("os", "architecture", "variant")))
    if child is None:
        return ImageRow(digest=item.digest, platform=said, size=item.size)
    found = own(child)
    return ImageRow(digest=item.digest, platform=said or found.platform, size=found.size)


def _joined(parts: tuple[str, ...]) -> str:
    return "/".join(part for part in parts if part)
