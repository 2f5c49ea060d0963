"""A whole hub whose bytes are in an object store: push, pull, continue, redirect, collect."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests import gotools, objectstores, programs
from tests.live import Hub, running
from tests.objectstores import ObjectStore
from tests.registry import WAYS, Registry, digest_of, expect, send
from tests.unit.repositories.builders import content

pytestmark = gotools.needs("versitygw")

MIB = 2**20
LAYER = content(21 * MIB + 5)


@dataclass(frozen=True, slots=True)
class There:
    """A hub, the object store behind it, and where in the store it lives."""

    hub: Hub
    store: ObjectStore
    prefix: str

    def as_person(self, role: str) -> Registry:
        return Registry(self.hub.url, self.hub.people[role].credentials)

    @property
    def names(self) -> set[str]:
        return self.store.names(self.prefix)


@pytest.fixture(scope="module")
def store() -> Iterator[ObjectStore]:
    with objectstores.versitygw() as found:
        yield found


@pytest.fixture(scope="module")
def there(store: ObjectStore) -> Iterator[There]:
    """A hub behind which clients do not reach the object store."""
    with running(**store.settings("through")) as hub:
        yield There(hub, store, "through/")


@pytest.fixture(scope="module")
def redirecting(store: ObjectStore) -> Iterator[There]:
    with running(**store.settings("redirecting"), HUB_STORAGE_REDIRECT="always") as hub:
        yield There(hub, store, "redirecting/")


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_push_ends_in_the_bucket(there: There, way: str) -> None:
    mine, name = there.as_person("owner"), f"olga/{way}"
    body = content(9 * MIB + 1, way)
    before = there.names
    digest = mine.push_blob(name, body, way=way)
    assert mine.get(f"/v2/{name}/blobs/{digest}").content == body
    assert len(there.names - before) == 1, "one object, and nothing beside it"


def test_an_image_is_pulled_as_it_was_pushed(there: There) -> None:
    pushed = there.as_person("owner").push_image("olga/app", "1.0", layers=(LAYER, b"small", b""))
    pulled = Registry(there.hub.url).pull_image("olga/app", "1.0")
    assert pulled == pushed


def test_ranges_pass_through(there: There) -> None:
    mine = there.as_person("owner")
    digest = mine.push_blob("olga/ranges", LAYER)
    for header, expected in (("bytes=0-0", LAYER[:1]), ("bytes=8388600-8388700", LAYER[8388600:8388701])):
        answer = expect(mine.get(f"/v2/olga/ranges/blobs/{digest}", Range=header), 206)
        assert answer.content == expected
    several = expect(mine.get(f"/v2/olga/ranges/blobs/{digest}", Range="bytes=0-9,100-109"), 206)
    assert LAYER[:10] in several.content
    assert LAYER[100:110] in several.content


@pytest.mark.parametrize("size", [1 * MIB, 5 * MIB, 9 * MIB])
def test_an_upload_is_continued_after_the_web_server_was_started_anew(there: There, size: int) -> None:
    """Every chunk meets a process that has seen nothing of the ones before."""
    mine, name, body = there.as_person("owner"), f"olga/restarts-{size}", content(2 * size + 7, "restart")
    location = mine.start_upload(name)
    for start in range(0, len(body), size):
        piece = body[start : start + size]
        place = {"Content-Range": f"{start}-{start + len(piece) - 1}"}
        location = expect(mine.request("PATCH", location, content=piece, headers=place), 202).headers["Location"]
        there.hub.stop()
        there.hub.start()
        assert expect(mine.get(location), 204).headers["Range"] == f"0-{start + len(piece) - 1}"
    digest = digest_of(body)
    expect(mine.put(f"{location}?digest={digest}"), 201)
    assert mine.get(f"/v2/{name}/blobs/{digest}").content == body


def test_content_that_is_not_the_digests_is_refused(there: There) -> None:
    mine = there.as_person("owner")
    location = mine.start_upload("olga/wrong")
    for start in (0, 9 * MIB):
        expect(mine.patch(location, LAYER[start : start + 9 * MIB]), 202)
    expect(mine.put(f"{location}?digest={digest_of(b'else')}"), 400, "DIGEST_INVALID")
    expect(mine.get(location), 404, "BLOB_UPLOAD_UNKNOWN")
    there.hub.manage("collect_garbage", "--grace", "0")


def test_without_redirects_nobody_hears_of_the_store(there: There) -> None:
    mine = there.as_person("owner")
    digest = mine.push_blob("olga/through", b"through the hub")
    expect(mine.get(f"/v2/olga/through/blobs/{digest}"), 200)


def test_redirects_lead_to_the_object_and_to_ranges_of_it(redirecting: There) -> None:
    mine = redirecting.as_person("owner")
    digest = mine.push_blob("olga/elsewhere", LAYER)
    path = f"/v2/olga/elsewhere/blobs/{digest}"
    answer = expect(mine.get(path), 307)
    assert answer.headers["Docker-Content-Digest"] == digest
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Location"].startswith(redirecting.store.endpoint)
    assert "X-Amz-Expires=600" in answer.headers["Location"]
    assert send("GET", answer.headers["Location"]).content == LAYER
    part = httpx.get(answer.headers["Location"], headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, LAYER[10:20])
    head = expect(mine.head(path), 200)
    assert head.headers["Content-Length"] == str(len(LAYER)), "HEAD never leads away"


def test_only_who_may_pull_is_sent_to_the_object(redirecting: There) -> None:
    name = f"{redirecting.hub.organization}/hidden"
    digest = redirecting.as_person("owner").push_blob(name, b"private bytes")
    path = f"/v2/{name}/blobs/{digest}"
    for role in ("owner", "writer", "reader"):
        answer = expect(redirecting.as_person(role).get(path), 307)
        assert send("GET", answer.headers["Location"]).content == b"private bytes"
    for stranger in (redirecting.as_person("outsider"), Registry(redirecting.hub.url)):
        answer = expect(stranger.get(path), 401)
        assert "Location" not in answer.headers


@gotools.needs("crane")
def test_a_client_of_others_follows_to_a_private_object(redirecting: There, tmp_path: Path) -> None:
    """It leaves the hub's token behind on the way; the store would refuse a request with two proofs.

    From `localhost` crane does not follow to an address of a private network, such as the store's here.
    """
    hub, owner = redirecting.hub, redirecting.as_person("owner")
    registry = f"127.0.0.1:{hub.port}"
    name = f"{hub.organization}/followed"
    image = owner.push_image(name, "1", layers=(LAYER, b"small"))
    login = base64.b64encode(":".join(hub.people["reader"].credentials).encode()).decode()
    (tmp_path / "config.json").write_text(json.dumps({"auths": {registry: {"auth": login}}}))
    command = [str(gotools.program("crane")), "pull", "--format=oci", f"{registry}/{name}:1", f"{tmp_path}/image"]
    programs.run(*command, env={**os.environ, "DOCKER_CONFIG": str(tmp_path)})
    for digest, body in image.blobs.items():
        assert (tmp_path / "image/blobs" / digest.replace(":", "/")).read_bytes() == body


def test_an_object_of_the_wrong_size_is_never_served(redirecting: There, there: There) -> None:
    for one in (redirecting, there):
        mine, before = one.as_person("owner"), one.names
        digest = mine.push_blob("olga/damaged", f"whole {uuid4()}".encode())
        (name,) = one.names - before
        client = one.store.client()
        client.put_object(Bucket=objectstores.BUCKET, Key=name, Body=b"half")
        client.close()
        expect(mine.get(f"/v2/olga/damaged/blobs/{digest}"), 503, "UNAVAILABLE")


def test_collecting_garbage_leaves_nothing_in_the_bucket(store: ObjectStore) -> None:
    with running(**store.settings("emptied")) as hub:
        mine = Registry(hub.url, hub.people["owner"].credentials)
        image = mine.push_image("olga/goes", "1", layers=(LAYER, b"small"))
        for size in (100, 9 * MIB):  # given up, one of them in parts
            location = mine.start_upload("olga/goes")
            expect(mine.patch(location, LAYER[:size]), 202)
            expect(mine.patch(location, LAYER[size : 2 * size]), 202)
            expect(mine.delete(location), 204)
        assert any(name.endswith("(open)") for name in store.names("emptied/"))
        hub.manage("audit_storage")  # ends with an error when rows and objects disagree
        expect(mine.delete(f"/v2/olga/goes/manifests/{image.digest}"), 202)
        hub.manage("collect_garbage", "--grace", "0")
        assert store.names("emptied/") == set()
