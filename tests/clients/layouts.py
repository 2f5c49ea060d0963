"""Images written by hand as OCI layouts, and the check that a copied image is whole, byte for byte."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


@dataclass(frozen=True)
class Layout:
    """An OCI layout: `digest` is the manifest's, `blobs` maps every digest to its bytes, the manifest included."""

    folder: Path
    digest: str
    blobs: dict[str, bytes]

    @property
    def source(self) -> str:
        """How skopeo, podman and buildah name it."""
        return f"oci:{self.folder}:latest"


def write(folder: Path, *contents: bytes, architecture: str = "amd64") -> Layout:
    """Write an image with one layer for each of ``contents``, a file's bytes."""
    tars = [_tar(f"file-{number}", content) for number, content in enumerate(contents)]
    layers = [gzip.compress(tar, mtime=0) for tar in tars]
    config = {
        "architecture": architecture,
        "os": "linux",
        "config": {"Env": ["LANG=C.UTF-8"], "Cmd": ["/file-0"]},
        "rootfs": {"type": "layers", "diff_ids": [_digest(tar) for tar in tars]},
        "history": [{"created_by": f"COPY file-{number} /"} for number, _ in enumerate(tars)],
    }
    config_bytes = json.dumps(config).encode()
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _descriptor(CONFIG, config_bytes),
        "layers": [_descriptor(LAYER, layer) for layer in layers],
    }
    manifest_bytes = json.dumps(manifest).encode()
    blobs = {_digest(data): data for data in (*layers, config_bytes, manifest_bytes)}
    index = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [
            {
                **_descriptor(MANIFEST, manifest_bytes),
                "annotations": {"org.opencontainers.image.ref.name": "latest"},
            }
        ],
    }
    _store(folder, blobs)
    (folder / "index.json").write_text(json.dumps(index))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return Layout(folder, _digest(manifest_bytes), blobs)


def read(folder: Path) -> dict[str, bytes]:
    """Every blob that the layout's index reaches. Fails when one is missing, or is not what its digest says."""
    found: dict[str, bytes] = {}
    waiting: list[dict[str, Any]] = json.loads((folder / "index.json").read_text())["manifests"]
    while waiting:
        descriptor = waiting.pop()
        digest = str(descriptor["digest"])
        data = (folder / "blobs" / digest.replace(":", "/", 1)).read_bytes()
        assert _digest(data) == digest
        assert len(data) == descriptor["size"]
        found[digest] = data
        waiting += _children(descriptor["mediaType"], data)
    return found


def _children(media_type: str, data: bytes) -> list[dict[str, Any]]:
    if "manifest" not in media_type and "index" not in media_type:
        return []
    document: dict[str, Any] = json.loads(data)
    config = [document["config"]] if "config" in document else []
    return [*config, *document.get("layers", []), *document.get("manifests", [])]


def _store(folder: Path, blobs: dict[str, bytes]) -> None:
    (folder / "blobs" / "sha256").mkdir(parents=True)
    for digest, data in blobs.items():
        (folder / "blobs" / digest.replace(":", "/", 1)).write_bytes(data)


def _tar(name: str, content: bytes) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return target.getvalue()


def _descriptor(media_type: str, data: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": _digest(data), "size": len(data)}


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
