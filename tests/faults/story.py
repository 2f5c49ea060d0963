"""What a client does in every trial: it passes every failpoint of the hub."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass

import httpx

from tests.faults.record import GONE, HERE, Record
from tests.registry import OCI_CONFIG, OCI_LAYER, OCI_MANIFEST, Body, Registry, descriptor, digest_of


@dataclass
class Story:
    """Told once, in two repositories of its own, with contents of its own."""

    client: Registry
    record: Record
    name: str
    chance: random.Random

    def tell(self) -> None:
        """All of it. Errors: Unanswered."""
        config = json.dumps({"os": "linux", "architecture": "amd64", "name": self.name}).encode()
        layers = [self.chance.randbytes(self.chance.randrange(1, 200_000)) for _ in range(3)]
        self._push_in_pieces(self.name, config)
        for layer in layers:
            self._push_at_once(self.name, layer)
        first = self._put(self.name, "one", config, layers[:1])
        self._mount(config, layers[0])
        self._put(f"{self.name}-too", "one", config, layers[:1])
        second = self._put(self.name, "one", config, layers[1:2])
        self._untag(self.name, "one", second)
        self._put(self.name, "two", config, layers[1:2])
        self._read(self.name, second)
        self._delete_manifest(self.name, first)
        self._delete_blob(self.name, layers[2])
        self._send("start and leave", "POST", self._uploads(self.name), ok=202)

    # -- blobs

    def _push_in_pieces(self, name: str, content: bytes) -> None:
        location = self._send("start", "POST", self._uploads(name), ok=202).headers["Location"]
        middle = len(content) // 2
        for piece, start in ((content[:middle], 0), (content[middle:], middle)):
            place = {"Content-Range": f"{start}-{start + len(piece) - 1}"}
            self._send("piece", "PATCH", location, content=piece, headers=place, ok=202)
        self._send("finish", "PUT", f"{location}?digest={digest_of(content)}", ok=201)
        self._check_blob(name, content)

    def _push_at_once(self, name: str, content: bytes) -> None:
        self._send("blob", "POST", f"{self._uploads(name)}?digest={digest_of(content)}", content=content, ok=201)
        self._check_blob(name, content)

    def _mount(self, *contents: bytes) -> None:
        target = f"{self.name}-too"
        for content in contents:
            query = f"?mount={digest_of(content)}&from={self.name}"
            self._send("mount", "POST", f"{self._uploads(target)}{query}", ok=201)
            self._check_blob(target, content)

    def _check_blob(self, name: str, content: bytes) -> None:
        self._send("look", "HEAD", f"/v2/{name}/blobs/{digest_of(content)}", ok=200)

    def _delete_blob(self, name: str, content: bytes) -> None:
        self._send("delete blob", "DELETE", f"/v2/{name}/blobs/{digest_of(content)}", ok=202)

    # -- manifests and tags

    def _put(self, name: str, tag: str, config: bytes, layers: list[bytes]) -> str:
        document = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": descriptor(config, OCI_CONFIG),
            "layers": [descriptor(layer, OCI_LAYER) for layer in layers],
        }
        content = json.dumps(document).encode()
        digest, record = digest_of(content), self.record
        record.contents |= {digest_of(part): part for part in (content, config, *layers)}
        record.parts[digest] = [digest_of(part) for part in (config, *layers)]
        record.maybe(record.manifests, (name, digest), HERE, GONE)
        record.maybe(record.tags, (name, tag), digest, "")
        headers = {"Content-Type": OCI_MANIFEST}
        self._send(f"put {tag}", "PUT", f"/v2/{name}/manifests/{tag}", content=content, headers=headers, ok=201)
        record.manifests[name, digest], record.tags[name, tag] = {HERE}, {digest}
        return digest

    def _untag(self, name: str, tag: str, digest: str) -> None:
        self.record.maybe(self.record.tags, (name, tag), "", digest)
        self._send(f"untag {tag}", "DELETE", f"/v2/{name}/manifests/{tag}", ok=202)
        self.record.tags[name, tag] = {""}

    def _delete_manifest(self, name: str, digest: str) -> None:
        self.record.maybe(self.record.manifests, (name, digest), GONE, HERE)
        self._send("delete manifest", "DELETE", f"/v2/{name}/manifests/{digest}", ok=202)
        self.record.manifests[name, digest] = {GONE}

    def _read(self, name: str, digest: str) -> None:
        for part in self.record.parts[digest]:
            answer = self._send("read", "GET", f"/v2/{name}/blobs/{part}", ok=200)
            assert answer.content == self.record.contents[part]

    def _uploads(self, name: str) -> str:
        return f"/v2/{name}/blobs/uploads/"

    def _send(
        self, what: str, method: str, path: str, *, ok: int, content: Body = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        return self.record.ask(
            f"{what}: {method} {path}",
            lambda: self.client.request(method, path, content=content, headers=headers),
            ok=ok,
        )
