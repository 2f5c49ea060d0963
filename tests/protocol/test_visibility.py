"""What is private answers like what does not exist, byte for byte, to everybody who may not see it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.live import Hub
from tests.registry import ABSENT, OCI_MANIFEST, Image, Registry, challenge_of, expect, send

#: Method, path, body: every endpoint of a repository; the digests and the upload are those of the private one.
ENDPOINTS = [
    ("GET", "manifests/1", b""),
    ("HEAD", "manifests/1", b""),
    ("GET", "manifests/{manifest}", b""),
    ("HEAD", "manifests/{manifest}", b""),
    ("PUT", "manifests/1", b"{}"),
    ("PUT", "manifests/{manifest}?tag=x", b"{}"),
    ("DELETE", "manifests/1", b""),
    ("DELETE", "manifests/{manifest}", b""),
    ("GET", "blobs/{blob}", b""),
    ("HEAD", "blobs/{blob}", b""),
    ("DELETE", "blobs/{blob}", b""),
    ("POST", "blobs/uploads/", b""),
    ("POST", "blobs/uploads/?digest={blob}", b"x"),
    ("POST", "blobs/uploads/?mount={blob}&from=otto/thief", b""),
    ("GET", "blobs/uploads/{upload}", b""),
    ("PATCH", "blobs/uploads/{upload}", b"x"),
    ("PUT", "blobs/uploads/{upload}?digest={blob}", b"x"),
    ("DELETE", "blobs/uploads/{upload}", b""),
    ("GET", "tags/list", b""),
    ("GET", "tags/list?n=1&last=a", b""),
    ("GET", "referrers/{manifest}", b""),
    ("GET", "referrers/{absent}?artifactType=a/b", b""),
]


@pytest.fixture
def secret(owner: Registry, private: str) -> Image:
    return owner.push_image(private, "1")


@pytest.fixture
def facts(owner: Registry, private: str, secret: Image) -> dict[str, str]:
    upload = owner.start_upload(private).rpartition("/")[2]
    return {"manifest": secret.digest, "blob": next(iter(secret.blobs)), "upload": upload, "absent": ABSENT}


@pytest.fixture
def absent(private: str) -> str:
    """A name in the same namespace, as long, that nobody ever used."""
    return private.replace("secret", "absent")


def seen(response: httpx.Response, name: str) -> tuple[Any, ...]:
    """Everything about an answer that must not tell, the asked name masked."""
    headers = {
        key: value.replace(name, "<name>")
        for key, value in response.headers.items()
        if key not in {"date", "x-request-id"}
    }
    return response.status_code, tuple(sorted(headers.items())), response.content.replace(name.encode(), b"<name>")


def tokens(hub: Hub, name: str) -> Iterator[dict[str, str]]:
    """No token; a token of nobody and one of an outsider, each with all it was given for everything it asked."""
    yield {}
    for client in (Registry(hub.url), Registry(hub.url, hub.people["outsider"].credentials)):
        answer = expect(client.token(f"repository:{name}:*", "repository:otto/thief:*"), 200).json()
        yield {"Authorization": f"Bearer {answer['token']}"}


@pytest.mark.parametrize(("method", "path", "body"), ENDPOINTS)
def test_private_is_as_absent(
    hub: Hub, private: str, absent: str, facts: dict[str, str], method: str, path: str, body: bytes
) -> None:
    for hidden, nothing in zip(tokens(hub, private), tokens(hub, absent), strict=True):
        answers = [
            seen(
                send(method, f"{hub.url}/v2/{name}/{path.format(**facts)}", headers=headers, content=body or None), name
            )
            for name, headers in ((private, hidden), (absent, nothing))
        ]
        assert answers[0] == answers[1]
        assert answers[0][0] == 401


def test_the_token_service_does_not_tell_either(hub: Hub, private: str, absent: str, secret: Image) -> None:
    for client in (Registry(hub.url), Registry(hub.url, hub.people["outsider"].credentials)):
        lengths = {len(client.token(f"repository:{name}:pull,push").json()["token"]) for name in (private, absent)}
        assert len(lengths) == 1


def test_who_may_pull_may_pull_and_nothing_else(
    owner: Registry, writer: Registry, reader: Registry, outsider: Registry, private: str, secret: Image
) -> None:
    for client in (owner, writer, reader):
        assert client.pull_image(private, "1") == secret
    expect(outsider.get(f"/v2/{private}/manifests/1"), 401, "UNAUTHORIZED")
    expect(reader.post(f"/v2/{private}/blobs/uploads/"), 401, "UNAUTHORIZED")
    expect(reader.push_manifest(private, "1", secret.manifest), 401, "UNAUTHORIZED")
    expect(writer.push_manifest(private, "2", secret.manifest), 201)


def test_only_who_creates_in_a_namespace_may_push_something_new(
    owner: Registry, writer: Registry, outsider: Registry, anonymous: Registry, private: str
) -> None:
    for client in (writer, outsider, anonymous):
        expect(client.post(f"/v2/{private}/blobs/uploads/"), 401, "UNAUTHORIZED")
    expect(owner.get(f"/v2/{private}/tags/list"), 404, "NAME_UNKNOWN")
    expect(owner.post(f"/v2/{private}/blobs/uploads/"), 202)
    expect(owner.get(f"/v2/{private}/tags/list"), 200)


@pytest.mark.parametrize("name", ["nobody-has-this/app", "library/made-by-nobody", "made-by-nobody", "otto/app"])
def test_nothing_can_be_pushed_where_one_has_no_right(reader: Registry, name: str) -> None:
    response = expect(reader.post(f"/v2/{name}/blobs/uploads/"), 401, "UNAUTHORIZED")
    assert challenge_of(response)["scope"] == f"repository:{name}:pull,push"


def test_publishing_and_hiding_count_at_the_next_request(hub: Hub, owner: Registry, anonymous: Registry) -> None:
    name = f"harbour/turning-{uuid4().hex[:8]}"
    pushed = owner.push_image(name, "1")
    change = (
        "from repositories import access, catalog; from repositories.oci import names; from tests.make import people\n"
        "from accounts.models import User\n"
        "caller = people.caller_of(User.objects.get(username='olga'))\n"
        f"found = access.require(names.repository({name!r}), caller, access.Action.ADMIN)\n"
        "catalog.change(found, visibility={!r})"
    )
    expect(anonymous.get(f"/v2/{name}/manifests/1"), 401)
    hub.python(change.format("public"))
    fresh = Registry(hub.url)
    assert fresh.pull_image(name, "1") == pushed
    hub.python(change.format("private"))
    response = send("GET", f"{hub.url}/v2/{name}/manifests/1", headers=fresh.bearer)
    assert challenge_of(expect(response, 401))["error"] == "insufficient_scope"


def test_a_free_namespace_has_one_private_repository(hub: Hub) -> None:
    hub.python(
        "from accounts.models import User; from tests.make import people\n"
        "people.organization('small-club', User.objects.get(username='olga'))"
    )
    owner = Registry(hub.url, hub.people["owner"].credentials)
    owner.push_image("small-club/first", "1")
    response = expect(owner.post("/v2/small-club/second/blobs/uploads/"), 403, "DENIED")
    error = response.json()["errors"][0]
    assert error["detail"] == {"rule": "private repositories", "used": 1, "limit": 1}
    assert error["message"].endswith(".")
    expect(owner.push_manifest("small-club/second", "1", b"{}", OCI_MANIFEST), 403, "DENIED")
    expect(owner.get("/v2/small-club/second/tags/list"), 404, "NAME_UNKNOWN")
