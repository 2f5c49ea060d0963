"""Images written by hand as OCI layouts, and the check that a copied image is whole, byte for byte."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
PLAIN_LAYER = "application/vnd.oci.image.layer.v1.tar"

#: What a heavy file is made of, over and over, the place of each in front: cheap, and too random to be compressed.
_BLOCK = random.Random(2).randbytes(4 * 2**20)


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
    config_bytes = _config(architecture, [_digest(tar) for tar in tars])
    manifest_bytes = _manifest(config_bytes, [_descriptor(LAYER, layer) for layer in layers])
    blobs = {_digest(data): data for data in (*layers, config_bytes, manifest_bytes)}
    return _finish(folder, _descriptor(MANIFEST, manifest_bytes), blobs)


def write_index(folder: Path, *architectures: str) -> Layout:
    """Write an index of one small image for each architecture; `digest` is the index's."""
    images = {name: write(folder / name, f"for {name} ".encode() * 999, architecture=name) for name in architectures}
    children = [
        {**_descriptor(MANIFEST, image.blobs[image.digest]), "platform": {"os": "linux", "architecture": name}}
        for name, image in images.items()
    ]
    index_bytes = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": children}).encode()
    blobs = {digest: data for image in images.values() for digest, data in image.blobs.items()}
    return _finish(folder, _descriptor(INDEX, index_bytes), blobs | {_digest(index_bytes): index_bytes})


def write_heavy(folder: Path, size: int) -> Layout:
    """Write an image whose one layer is a file of `size` bytes that no compression makes smaller.

    The layer stays on the disk: `blobs` has the configuration and the manifest alone.
    """
    (folder / "blobs" / "sha256").mkdir(parents=True)
    layer = folder / "layer.tar"
    with layer.open("wb") as target:
        target.write(_heavy_head(size))
        for start in range(0, size, len(_BLOCK)):
            target.write(start.to_bytes(8, "big") + _BLOCK[8 : min(len(_BLOCK), size - start)])
        target.write(b"\0" * (-size % 512 + 1024))
    digest = file_digest(layer)
    descriptor = {"mediaType": PLAIN_LAYER, "digest": digest, "size": layer.stat().st_size}
    layer.rename(folder / "blobs" / digest.replace(":", "/", 1))
    config_bytes = _config("amd64", [digest])
    manifest_bytes = _manifest(config_bytes, [descriptor])
    blobs = {_digest(data): data for data in (config_bytes, manifest_bytes)}
    return _finish(folder, _descriptor(MANIFEST, manifest_bytes), blobs)


def archive(layout: Layout, file: Path) -> Path:
    """The layout in a tar file, as `ctr` and others take it."""
    with tarfile.open(file, "w") as target:
        target.add(layout.folder, ".")
    return file


def unpack(file: Path, folder: Path) -> Path:
    """The layout that a tar file holds, in the folder."""
    with tarfile.open(file) as source:
        source.extractall(folder, filter="data")
    return folder


def layers(layout: Layout) -> list[dict[str, Any]]:
    """The descriptors of the image's layers."""
    listed: list[dict[str, Any]] = json.loads(layout.blobs[layout.digest])["layers"]
    return listed


def file_digest(file: Path) -> str:
    with file.open("rb") as source:
        return f"sha256:{hashlib.file_digest(source, 'sha256').hexdigest()}"


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


def _config(architecture: str, diff_ids: list[str]) -> bytes:
    config = {
        "architecture": architecture,
        "os": "linux",
        "config": {"Env": ["LANG=C.UTF-8"], "Cmd": ["/file-0"]},
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": [{"created_by": f"COPY file-{number} /"} for number, _ in enumerate(diff_ids)],
    }
    return json.dumps(config).encode()


def _manifest(config: bytes, layers: list[dict[str, Any]]) -> bytes:
    document = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _descriptor(CONFIG, config),
        "layers": layers,
    }
    return json.dumps(document).encode()


def _finish(folder: Path, top: dict[str, Any], blobs: dict[str, bytes]) -> Layout:
    """Write the blobs, and the index of the layout that names `top`."""
    (folder / "blobs" / "sha256").mkdir(parents=True, exist_ok=True)
    for digest, data in blobs.items():
        (folder / "blobs" / digest.replace(":", "/", 1)).write_bytes(data)
    named = {**top, "annotations": {"org.opencontainers.image.ref.name": "latest"}}
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [named]}
    (folder / "index.json").write_text(json.dumps(index))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return Layout(folder, top["digest"], blobs)


def _heavy_head(size: int) -> bytes:
    entry = tarfile.TarInfo("file-0")
    entry.size = size
    return entry.tobuf(tarfile.GNU_FORMAT)


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
