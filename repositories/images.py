"""Images as people look at them: platform, layers with the instruction that made each, configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from repositories import manifests, platforms, reach
from repositories.access import Access
from repositories.errors import DigestInvalid, ManifestUnknown, NameInvalid, TagUnknown
from repositories.models import Manifest, Tag
from repositories.oci import digests, documents, mediatypes, names
from repositories.oci.digests import Digest
from repositories.oci.documents import Descriptor, Document
from repositories.platforms import ImageRow


@dataclass(frozen=True, slots=True)
class LayerRow:
    """A layer, or an instruction that made none (`digest` None, size 0); `share`: 0 to 100, of the largest."""

    ordinal: int
    instruction: str
    size: int
    share: int
    digest: Digest | None


@dataclass(frozen=True, slots=True)
class ImageView:
    """One platform of what a tag or digest names; `kind` is image, index (of nothing shown) or artifact."""

    reference: str
    kind: str
    digest: Digest
    media_type: str
    size: int
    platform: str
    pushed_at: datetime
    pushed_by: str
    created_at: datetime | None
    tags: list[str] = field(default_factory=list)
    platforms: list[ImageRow] = field(default_factory=list)
    layers: list[LayerRow] = field(default_factory=list)
    config: list[tuple[str, str]] = field(default_factory=list)


def describe(access: Access, reference: str, platform: str = "") -> ImageView:
    """What a tag or a digest names; of an index, the image of `platform`, else the first one held here.

    Errors: TagUnknown, ManifestUnknown.
    """
    named = _find(access, reference)
    listed = platforms.of(access.repository, [named])[named.pk]
    shown = _choose(access, named, listed, platform)
    document = documents.parse(bytes(shown.payload), shown.media_type)
    config = _config(access, document)
    pusher = shown.pushed_by
    return ImageView(
        reference=reference,
        kind=_kind(document),
        digest=shown.digest,
        media_type=shown.media_type,
        size=shown.total_size,
        platform=_platform_of(shown, listed),
        pushed_at=shown.created_at,
        pushed_by=pusher.username if pusher else "",
        created_at=_time(config.get("created")),
        tags=list(Tag.objects.filter(manifest=named).order_by("name").values_list("name", flat=True)),
        platforms=listed if named.media_type in mediatypes.INDEXES else [],
        layers=_layers(document, config),
        config=_facts(config) or sorted(document.annotations.items()),
    )


def _find(access: Access, reference: str) -> Manifest:
    try:
        parsed = digests.parse(reference) if ":" in reference else names.tag(reference)
        return manifests.find(access.repository, parsed)
    except (NameInvalid, DigestInvalid, ManifestUnknown) as error:
        raise (ManifestUnknown if ":" in reference else TagUnknown)(reference) from error


def _choose(access: Access, named: Manifest, listed: list[ImageRow], platform: str) -> Manifest:
    """The manifest that is shown: of an index, one that it lists and this repository holds."""
    if named.media_type not in mediatypes.INDEXES:
        return named
    held = {
        row.digest: row for row in reach.living(access.repository).filter(digest__in=[row.digest for row in listed])
    }
    wanted = [row.digest for row in listed if row.platform == platform] + [row.digest for row in listed]
    return next((held[digest] for digest in wanted if digest in held), named)


def _platform_of(shown: Manifest, listed: list[ImageRow]) -> str:
    said = next((row.platform for row in listed if row.digest == shown.digest), "")
    return said or platforms.own(shown).platform


def _kind(document: Document) -> str:
    if document.is_index:
        return "index"
    is_image = document.config is not None and document.config.media_type in mediatypes.IMAGE_CONFIGS
    return "image" if is_image else "artifact"


def _config(access: Access, document: Document) -> dict[str, Any]:
    if document.config is None or document.config.media_type not in mediatypes.IMAGE_CONFIGS:
        return {}
    return manifests.config_of(access.repository, document.config.digest)


def _layers(document: Document, config: dict[str, Any]) -> list[LayerRow]:
    """History entries in order, each with the layer that it made; without a history, the layers alone."""
    largest = max((layer.size for layer in document.layers), default=0)
    rows: list[LayerRow] = []
    rest = list(document.layers)

    def add(instruction: str, layer: Descriptor | None) -> None:
        size = layer.size if layer else 0
        share = -(-100 * size // largest) if largest else 0
        rows.append(LayerRow(len(rows) + 1, instruction, size, share, layer.digest if layer else None))

    history = config.get("history")
    for entry in history if isinstance(history, list) else []:
        if isinstance(entry, dict):
            empty = bool(entry.get("empty_layer"))
            add(_instruction(entry.get("created_by")), None if empty or not rest else rest.pop(0))
    for layer in rest:
        add(layer.annotations.get("org.opencontainers.image.title", "") or layer.media_type, layer)
    return rows


def _instruction(created_by: Any) -> str:
    """The line of the Dockerfile: builders wrap it in a shell call and mark it with `#(nop)`."""
    text = " ".join(str(created_by or "").split())
    text = text.removeprefix("RUN ") if text.startswith("RUN /bin/sh -c ") else text
    marker, run = "/bin/sh -c #(nop) ", "/bin/sh -c "
    if text.startswith(marker):
        return text.removeprefix(marker).strip()
    if text.startswith(run):
        return "RUN " + text.removeprefix(run).removesuffix(" # buildkit")
    return text.removesuffix(" # buildkit")


def _facts(config: dict[str, Any]) -> list[tuple[str, str]]:
    """The parts of an image's configuration that tell how it runs, as name and text."""
    inner = config.get("config")
    if not isinstance(inner, dict):
        return []
    plain = [(name, _joined(inner.get(name))) for name in ("Entrypoint", "Cmd", "User", "WorkingDir", "StopSignal")]
    env = [("Env", item) for item in _items(inner.get("Env"))]
    ports = [("Port", item) for item in sorted(_items(inner.get("ExposedPorts")))]
    volumes = [("Volume", item) for item in sorted(_items(inner.get("Volumes")))]
    found = inner.get("Labels")
    labels = [("Label", f"{name}={value}") for name, value in sorted(found.items())] if isinstance(found, dict) else []
    return [item for item in [*plain, *env, *ports, *volumes, *labels] if item[1]]


def _items(value: Any) -> list[str]:
    """The entries of a list, the names of an object; nothing of what is neither."""
    return [str(item) for item in value] if isinstance(value, list | dict) else []


def _joined(value: Any) -> str:
    return " ".join(str(item) for item in value) if isinstance(value, list) else str(value or "")


def _time(value: Any) -> datetime | None:
    """Aware, in UTC; None for what is no moment, and for the year 1 that builders write to mean none."""
    try:
        found = parse_datetime(value) if isinstance(value, str) else None
        found = found.astimezone(UTC) if found else None
    except (ValueError, OverflowError):
        return None
    return found if found and found.year > 1 else None
