"""Errors are of the specification, whatever is sent; nothing of the inside ever shows."""

from __future__ import annotations

import re

import pytest

from registry_api.errors import Code
from tests.live import Hub
from tests.registry import ABSENT, Registry, expect, send

BAD_NAMES = [
    *("UPPER", "a//b", "a/%2E%2E/b", "-a", "a-", "a__-b", "a..b", "a b", "ä"),
    *("a%0A", "a%00b", "_a", "a/_b", "a" * 260),
]
PATHS = [
    "/v2/{}/manifests/latest",
    "/v2/{}/blobs/" + ABSENT,
    "/v2/{}/tags/list",
    "/v2/{}/referrers/" + ABSENT,
    "/v2/{}/blobs/uploads/x",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_bad_name_is_called_bad(hub: Hub, name: str, path: str) -> None:
    for method in ("GET", "HEAD"):
        response = send(method, hub.url + path.format(name))
        assert response.status_code == 400
        assert response.headers["Content-Type"] == "application/json"
        if method == "GET":
            expect(response, 400, "NAME_INVALID")


def test_a_name_has_at_most_255_characters(owner: Registry) -> None:
    longest = "olga/" + "a" * 250
    expect(owner.post(f"/v2/{longest}/blobs/uploads/"), 202)
    expect(owner.post(f"/v2/{longest}a/blobs/uploads/"), 400, "NAME_INVALID")


@pytest.mark.parametrize("path", ["olga/app", "olga/app/_oci/ext/other", "x/manifests", "olga/app/blobs"])
def test_what_is_no_endpoint_is_not_found(hub: Hub, path: str) -> None:
    expect(send("GET", f"{hub.url}/v2/{path}"), 404, "UNSUPPORTED")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/v2/olga/app/tags/list", "GET, HEAD"),
        ("PATCH", "/v2/olga/app/manifests/1", "GET, HEAD, PUT, DELETE"),
        ("GET", "/v2/olga/app/blobs/uploads/", "POST"),
        ("POST", "/v2/olga/app/blobs/" + ABSENT, "GET, HEAD, DELETE"),
        ("OPTIONS", "/v2/olga/app/tags/list", "GET, HEAD"),
        ("PUT", "/token", "GET, HEAD, POST"),
        ("BREW", "/v2/", "GET, HEAD"),
    ],
)
def test_other_methods_are_not_allowed(hub: Hub, method: str, path: str, allow: str) -> None:
    response = expect(send(method, hub.url + path), 405, "UNSUPPORTED")
    assert response.headers["Allow"] == allow


def test_every_error_has_the_specified_shape(hub: Hub, owner: Registry, public: str) -> None:
    responses = [
        send("GET", f"{hub.url}/v2/"),
        send("GET", f"{hub.url}/v2/BAD/tags/list"),
        owner.get(f"/v2/{public}/tags/list"),
        owner.get(f"/v2/{public}/manifests/x:y"),
        owner.request("PUT", "/v2/"),
        owner.get("/v2/_catalog?n=x"),
    ]
    for response in responses:
        assert response.headers["Content-Type"] == "application/json"
        assert response.headers["Docker-Distribution-API-Version"] == "registry/2.0"
        assert response.headers["Cache-Control"] == "no-store"
        for entry in response.json()["errors"]:
            assert entry.keys() <= {"code", "message", "detail"}
            assert entry["code"] in set(Code) - {Code.UNKNOWN, Code.UNAVAILABLE}
            assert re.fullmatch(r"[A-Z].*\.", entry["message"])


def test_the_hubs_own_faults_are_logged_and_not_told(hub: Hub, owner: Registry) -> None:
    """A blob whose file has gone is the hub's fault: a later try may succeed."""
    name, content = "olga/faulty", b"to be lost"
    digest = owner.push_blob(name, content)
    hub.python(
        "from repositories.models import Blob; from repositories.oci import digests\n"
        "from repositories.storage import store\n"
        f"blob = Blob.objects.get(digest=digests.parse({digest!r}))\n"
        "print(list(store().delete_many([blob.storage_key])))"
    )
    response = owner.get(f"/v2/{name}/blobs/{digest}")
    expect(response, 503, "UNAVAILABLE")
    assert str(hub.data_dir) not in response.text
    assert "Traceback" not in response.text


@pytest.mark.parametrize("text", ["%FF%FE", "%F0%9F%90%B3", "%22%27%3B--", "a" * 5000])
def test_odd_text_breaks_nothing(owner: Registry, public: str, text: str) -> None:
    owner.push_image(public, "1")
    for path in (f"tags/list?last={text}", f"referrers/{ABSENT}?artifactType={text}", f"blobs/uploads/{text}"):
        assert owner.get(f"/v2/{public}/{path}").status_code in {200, 404}


@pytest.mark.parametrize(
    "header", ["Range", "Content-Range", "If-None-Match", "Authorization", "Accept", "X-Forwarded-For"]
)
def test_odd_headers_break_nothing(hub: Hub, owner: Registry, public: str, header: str) -> None:
    owner.push_image(public, "1")
    for value in ("\xff\xfe", "a" * 5000, "bytes=" + "0-0," * 900, ",,,;;;===", "Bearer " + "." * 3000):
        for path in (f"/v2/{public}/manifests/1", "/v2/", "/token"):
            response = send("GET", hub.url + path, headers=[(header.encode(), value.encode("latin-1"))])
            assert response.status_code < 500, response.text
