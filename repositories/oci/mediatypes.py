"""Media types we know and their families; everything else is stored as it came (image-spec 1.1, "Media Types")."""

from __future__ import annotations

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_ARTIFACT = "application/vnd.oci.artifact.manifest.v1+json"  # withdrawn, still sent by older clients

IMAGES = frozenset({DOCKER_MANIFEST, OCI_MANIFEST})
INDEXES = frozenset({DOCKER_LIST, OCI_INDEX})
#: Schema 1 was removed from the specifications and from the engines; it cannot be verified.
REFUSED = frozenset(
    {
        "application/vnd.docker.distribution.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
    }
)
#: Configurations that say operating system, architecture and history.
IMAGE_CONFIGS = frozenset(
    {"application/vnd.docker.container.image.v1+json", "application/vnd.oci.image.config.v1+json"}
)


def is_foreign_layer(media_type: str) -> bool:
    """Layers that may live elsewhere (Windows base images); they are accepted and never fetched."""
    return "nondistributable" in media_type or "rootfs.foreign.diff" in media_type


def bare(content_type: str) -> str:
    """The media type of a Content-Type header, without parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()
