"""A small client of the distribution protocol, for tests: it finds the token service by the challenge, as clients do.

mine = Registry(hub.url, hub.people["owner"].credentials)
image = mine.push_image("olga/app", "1.0")
expect(Registry(hub.url).get("/v2/olga/app/manifests/1.0"), 200)
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
ABSENT = "sha256:" + "0" * 63 + "1"

#: A body, or a function that makes one afresh for every try.
Body = bytes | Callable[[], Iterator[bytes]] | None


@dataclass(frozen=True, slots=True)
class Image:
    """What was pushed: the manifest's bytes and digest, and the blobs by digest."""

    digest: str
    manifest: bytes
    blobs: dict[str, bytes]


class Registry:
    """Somebody's view of a hub; nobody's without credentials."""

    def __init__(self, url: str, credentials: tuple[str, str] | None = None) -> None:
        self.credentials = credentials
        self.http = httpx.Client(base_url=url, timeout=60, verify=False)  # no TLS here: spare the certificates
        self._token = ""
        self._scopes: set[str] = set()

    def __del__(self) -> None:
        self.http.close()

    # -- one request

    def request(
        self, method: str, path: str, *, content: Body = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Send; when challenged, get a token that also covers what was asked before, and send once more."""
        response = self._send(method, path, content, headers)
        scope = challenge_of(response).get("scope", "")
        if response.status_code == 401 and not (self._token and set(scope.split()) <= self._scopes):
            self._scopes |= set(scope.split())
            granted = self.token(*sorted(self._scopes))
            if granted.status_code != 200:
                return granted
            self._token = granted.json()["token"]
            response = self._send(method, path, content, headers)
        return response

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.request("GET", path, headers=_named(headers))

    def head(self, path: str, **headers: str) -> httpx.Response:
        return self.request("HEAD", path, headers=_named(headers))

    def post(self, path: str, content: Body = None, **headers: str) -> httpx.Response:
        return self.request("POST", path, content=content, headers=_named(headers))

    def patch(self, path: str, content: Body = None, **headers: str) -> httpx.Response:
        return self.request("PATCH", path, content=content, headers=_named(headers))

    def put(self, path: str, content: Body = None, **headers: str) -> httpx.Response:
        return self.request("PUT", path, content=content, headers=_named(headers))

    def delete(self, path: str) -> httpx.Response:
        return self.request("DELETE", path)

    def token(self, *scopes: str) -> httpx.Response:
        """Ask the token service, as GET."""
        return self.http.get("/token", params={"scope": list(scopes)}, auth=self.credentials)

    @property
    def bearer(self) -> dict[str, str]:
        """The header with the token that is held at the moment."""
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    def _send(self, method: str, path: str, content: Body, headers: Mapping[str, str] | None) -> httpx.Response:
        body = content() if callable(content) else content
        return self.http.request(method, path, content=body, headers={**self.bearer, **(headers or {})})

    # -- whole stories

    def start_upload(self, name: str, query: str = "") -> str:
        """Open an upload; returns its location."""
        response = expect(self.post(f"/v2/{name}/blobs/uploads/{query}"), 202)
        return response.headers["Location"]

    def push_blob(self, name: str, content: bytes, *, way: str = "monolithic", algorithm: str = "sha256") -> str:
        """Push in one of the ways of WAYS; returns the digest."""
        digest = digest_of(content, algorithm)
        response = expect(getattr(self, f"_push_{way}")(name, content, digest), 201)
        assert response.headers["Docker-Content-Digest"] == digest
        assert response.headers["Location"] == f"/v2/{name}/blobs/{digest}"
        return digest

    def _push_monolithic(self, name: str, content: bytes, digest: str) -> httpx.Response:
        return self.put(f"{self.start_upload(name)}?digest={digest}", content)

    def _push_post(self, name: str, content: bytes, digest: str) -> httpx.Response:
        return self.post(f"/v2/{name}/blobs/uploads/?digest={digest}", content)

    def _push_chunked(self, name: str, content: bytes, digest: str) -> httpx.Response:
        """Two chunks with Content-Range, then an empty PUT."""
        location, middle = self.start_upload(name), len(content) // 2
        for start, stop in ((0, middle), (middle, len(content))):
            if start < stop:
                place = {"Content-Range": f"{start}-{stop - 1}"}
                response = self.request("PATCH", location, content=content[start:stop], headers=place)
                location = expect(response, 202).headers["Location"]
                assert response.headers["Range"] == f"0-{stop - 1}"
        return self.put(f"{location}?digest={digest}")

    def _push_streamed(self, name: str, content: bytes, digest: str) -> httpx.Response:
        """One PATCH with Transfer-Encoding: chunked, as the Docker engine does."""
        response = expect(self.patch(self.start_upload(name), lambda: slices(content)), 202)
        return self.put(f"{response.headers['Location']}?digest={digest}")

    def push_manifest(
        self, name: str, reference: str, document: bytes | dict[str, Any], media_type: str = OCI_MANIFEST
    ) -> httpx.Response:
        """PUT a manifest, a dictionary as JSON; the answer is the caller's to judge."""
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        headers = {"Content-Type": media_type}
        return self.request("PUT", f"/v2/{name}/manifests/{reference}", content=content, headers=headers)

    def push_image(self, name: str, *tags: str, layers: tuple[bytes, ...] = (b"a layer",), **more: Any) -> Image:
        """Push layers, configuration and manifest; `more` are fields of the manifest. Returns what was pushed."""
        config = json.dumps({"os": "linux", "architecture": "amd64", "name": name, "tags": tags}).encode()
        blobs = {self.push_blob(name, content): content for content in (config, *layers)}
        document = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": descriptor(config, OCI_CONFIG),
            "layers": [descriptor(layer, OCI_LAYER) for layer in layers],
            **more,
        }
        manifest = json.dumps(document).encode()
        digest = digest_of(manifest)
        for reference in tags or (digest,):
            expect(self.push_manifest(name, reference, manifest), 201)
        return Image(digest=digest, manifest=manifest, blobs=blobs)

    def pull_image(self, name: str, reference: str) -> Image:
        """Pull a manifest and everything that it lists, all checked against their digests."""
        response = expect(self.get(f"/v2/{name}/manifests/{reference}"), 200)
        document = response.json()
        blobs = {}
        for item in [document["config"], *document["layers"]]:
            blob = expect(self.get(f"/v2/{name}/blobs/{item['digest']}"), 200)
            assert digest_of(blob.content) == item["digest"]
            blobs[item["digest"]] = blob.content
        assert response.headers["Docker-Content-Digest"] == digest_of(response.content)
        return Image(digest=digest_of(response.content), manifest=response.content, blobs=blobs)


#: The ways of :meth:`Registry.push_blob`.
WAYS = ("monolithic", "post", "chunked", "streamed")


def send(method: str, url: str, **more: Any) -> httpx.Response:
    """One bare request, without a token and on a connection of its own."""
    return httpx.request(method, url, verify=False, timeout=60, **more)


def expect(response: httpx.Response, status: int, code: str = "") -> httpx.Response:
    """Assert the status, and the code of the first error when one is given; returns the answer."""
    said = f"{response.request.method} {response.request.url} → {response.status_code} {response.text[:500]}"
    assert response.status_code == status, said
    if code:
        assert response.headers["Content-Type"] == "application/json", said
        assert response.json()["errors"][0]["code"] == code, said
    return response


def challenge_of(response: httpx.Response) -> dict[str, str]:
    """The values of the one Bearer challenge; empty when there is none."""
    headers = response.headers.get_list("WWW-Authenticate")
    assert len(headers) <= 1
    if not headers or not headers[0].startswith("Bearer "):
        return {}
    return dict(re.findall(r'([a-z]+)="([^"]*)"', headers[0]))


def claims_of(token: str) -> dict[str, Any]:
    """What a bearer token says, unverified."""
    payload = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return found


def access_in(response: httpx.Response) -> dict[str, list[str]]:
    """The actions by name of a resource that a token service's answer grants."""
    expect(response, 200)
    return {entry["name"]: entry["actions"] for entry in claims_of(response.json()["token"])["access"]}


def digest_of(content: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"


def descriptor(content: bytes, media_type: str, algorithm: str = "sha256") -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest_of(content, algorithm), "size": len(content)}


def slices(content: bytes, length: int = 7919) -> Iterator[bytes]:
    """The content in uneven pieces."""
    for start in range(0, len(content), length):
        yield content[start : start + length]


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    """``Content_Range=…`` as a header."""
    return {name.replace("_", "-"): value for name, value in headers.items()}
