"""Repositories and images: created and pushed through the rules, bytes included."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.models import User
from hub.management.demo import content as pushing
from hub.management.demo.content import Image, Step
from repositories import access as permissions
from repositories import catalog
from repositories.access import Access, Action
from repositories.oci import names
from repositories.oci.digests import Digest
from tests.make import people

LAYERS = (
    ("ADD rootfs.tar.gz /", 3000),
    ('CMD ["/bin/sh"]', 0),
    ("RUN apk add --no-cache nodejs", 9000),
    ("COPY . /app", 700),
)


def repository(
    user: User, name: str = "app", *, namespace: str = "", private: bool = False, description: str = ""
) -> Access:
    """A new repository in the user's namespace, or in another where the user may create; with the user's access."""
    made = catalog.create(
        people.caller_of(user),
        namespace=namespace or user.username,
        name=name,
        description=description,
        visibility="private" if private else "public",
    )
    return access(user, made.full_name)


def access(user: User, full_name: str, action: Action = Action.PUSH) -> Access:
    """The user's access to an existing repository."""
    return permissions.require(names.repository(full_name), people.caller_of(user), action)


def image(
    access: Access,
    *tags: str,
    layers: Sequence[tuple[str, int]] = LAYERS,
    platform: str = "linux/amd64",
    labels: dict[str, str] | None = None,
) -> Digest:
    """Push an image and point the tags to it. `layers`: instruction and size in bytes, 0 for no layer."""
    return pushing.push_image(access, _built(layers, labels), platform=platform, tags=tags)


def index(
    access: Access,
    *tags: str,
    layers: Sequence[tuple[str, int]] = LAYERS,
    platforms: Sequence[str] = ("linux/amd64", "linux/arm64"),
) -> Digest:
    """Push one image per platform and an index over them; the tags point to the index."""
    return pushing.push_index(access, dict.fromkeys(platforms, _built(layers, None)), tags=tags)


def artifact(
    access: Access, *tags: str, artifact_type: str = "application/vnd.example.sbom", subject: Digest | None = None
) -> Digest:
    """Push a small artifact that is no image, with one file and an annotation."""
    return pushing.push_artifact(
        access,
        {"sbom.json": b'{"packages": []}'},
        artifact_type=artifact_type,
        annotations={"org.opencontainers.image.description": "What is inside"},
        subject=subject,
        tags=tags,
    )


def _built(layers: Sequence[tuple[str, int]], labels: dict[str, str] | None) -> Image:
    config = {
        "Entrypoint": ["node"],
        "Cmd": ["server.js"],
        "Env": ["PATH=/usr/local/bin:/usr/bin:/bin", "NODE_ENV=production"],
        "ExposedPorts": {"8080/tcp": {}},
        "WorkingDir": "/app",
        "User": "node",
        "Labels": labels or {"org.opencontainers.image.licenses": "Apache-2.0"},
    }
    return Image(steps=tuple(Step(*each) for each in layers), config=config)
