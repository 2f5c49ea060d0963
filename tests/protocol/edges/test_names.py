"""Cases 104 to 106 and 121: names of repositories, and what else is in an address."""

from __future__ import annotations

import pytest

from tests.live import Hub
from tests.registry import ABSENT, Registry, expect, send
from tests.wire import Line

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


def test_case_104_names_may_hold_the_words_of_the_routes(owner: Registry, public: str) -> None:
    for tail in ("blobs/uploads", "blobs", "manifests", "manifests/latest", "tags/list", "referrers", "token", "v2"):
        name = f"{public}/{tail}"
        image = owner.push_image(name, "1", layers=(name.encode(),))
        assert owner.pull_image(name, "1") == image
        assert owner.get(f"/v2/{name}/tags/list").json() == {"name": name, "tags": ["1"]}
        assert owner.get(f"/v2/{name}/referrers/{image.digest}").json()["manifests"] == []


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", BAD_NAMES)
def test_case_105_a_bad_name_is_called_bad(hub: Hub, name: str, path: str) -> None:
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        response = send(method, hub.url + path.format(name))
        assert response.status_code == 400
        assert response.headers["Content-Type"] == "application/json"
        if method != "HEAD":
            expect(response, 400, "NAME_INVALID")


@pytest.mark.parametrize(
    "path",
    [
        "/v2/../etc/passwd",
        "/v2/olga/../../etc/passwd/manifests/1",
        "/v2/olga/app/blobs/../../../../etc/passwd",
        "/v2/olga/app/manifests/..",
        "/v2/./olga/app/tags/list",
        "/v2//olga/app/tags/list",
        "/v2/olga/app/tags/list/",
        "//v2/",
    ],
)
def test_a_path_is_never_a_way_to_files(hub: Hub, owner: Registry, path: str) -> None:
    """Sent as written: clients and libraries would tidy it up first."""
    owner.get("/v2/")
    with Line(hub) as line:
        line.request("GET", path, bearer=owner.bearer)
        answer = line.answer()
        assert answer.status in {400, 401, 404}
        assert b"root:" not in answer.body


def test_case_106_a_name_has_at_most_255_characters(owner: Registry) -> None:
    longest = "olga/" + "a" * 250
    location = expect(owner.post(f"/v2/{longest}/blobs/uploads/"), 202).headers["Location"]
    expect(owner.delete(location), 204)
    expect(owner.post(f"/v2/{longest}a/blobs/uploads/"), 400, "NAME_INVALID")


def test_case_121_a_hint_for_proxies_changes_nothing(owner: Registry, public: str) -> None:
    image = owner.push_image(public, "1")
    for path in ("manifests/1", f"manifests/{image.digest}", f"blobs/{next(iter(image.blobs))}", "tags/list"):
        for method in ("GET", "HEAD"):
            plain = owner.request(method, f"/v2/{public}/{path}")
            hinted = expect(owner.request(method, f"/v2/{public}/{path}?ns=docker.io"), 200)
            assert hinted.content == plain.content
            assert {**hinted.headers, "date": "", "x-request-id": ""} == {
                **plain.headers,
                "date": "",
                "x-request-id": "",
            }
