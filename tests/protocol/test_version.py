"""end-1: the door itself."""

from __future__ import annotations

import httpx
import pytest

from tests.live import Hub
from tests.registry import Registry, challenge_of, expect, send


@pytest.mark.parametrize("path", ["/v2/", "/v2"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_without_a_token_there_is_always_a_challenge(hub: Hub, method: str, path: str) -> None:
    response = send(method, hub.url + path)
    assert response.status_code == 401
    assert challenge_of(response) == {"realm": f"{hub.url}/token", "service": hub.registry}
    assert response.headers["Docker-Distribution-API-Version"] == "registry/2.0"
    assert bool(response.content) == (method == "GET")


def test_a_password_is_no_token_here(hub: Hub) -> None:
    owner = hub.people["owner"]
    response = send("GET", f"{hub.url}/v2/", auth=(owner.username, owner.password))
    expect(response, 401, "UNAUTHORIZED")
    assert "error" not in challenge_of(response)


@pytest.mark.parametrize("path", ["/v2/", "/v2"])
def test_any_good_token_is_welcome(owner: Registry, anonymous: Registry, path: str) -> None:
    for client in (owner, anonymous):
        response = expect(client.get(path), 200)
        assert (response.content, response.headers["Content-Type"]) == (b"{}", "application/json")
        assert response.headers["Content-Length"] == "2"


@pytest.mark.parametrize("value", ["Bearer nonsense", "Bearer a.b.c", "Bearer", "bearer x"])
def test_a_bad_token_is_called_bad(hub: Hub, value: str) -> None:
    response = expect(send("GET", f"{hub.url}/v2/", headers={"Authorization": value}), 401, "UNAUTHORIZED")
    assert challenge_of(response)["error"] == "invalid_token"


def test_the_scheme_may_be_written_small(hub: Hub, owner: Registry) -> None:
    token = owner.token().json()["token"]
    expect(send("GET", f"{hub.url}/v2/", headers={"Authorization": f"bearer {token}"}), 200)


def test_the_realm_is_where_the_client_already_is(hub: Hub) -> None:
    response = send("GET", f"http://127.0.0.1:{hub.port}/v2/")
    assert challenge_of(response)["realm"] == f"http://127.0.0.1:{hub.port}/token"


@pytest.mark.parametrize("path", ["/v2/", "/token", "/v2/olga/app/tags/list"])
def test_an_unknown_host_is_refused_by_name_of_the_setting(hub: Hub, path: str) -> None:
    response = send("GET", hub.url + path, headers={"Host": "evil.example"})
    expect(response, 400, "UNSUPPORTED")
    assert "HUB_HOSTS" in response.text


def test_other_methods_are_not_allowed(owner: Registry) -> None:
    response = expect(owner.post("/v2/"), 405, "UNSUPPORTED")
    assert response.headers["Allow"] == "GET, HEAD"


def test_no_cookie_is_ever_set_or_read(hub: Hub, owner: Registry) -> None:
    with httpx.Client(base_url=hub.url, cookies={"hub_session": "x", "hub_csrf": "y"}) as browser:
        for path in ("/v2/", "/token", "/v2/_catalog", "/v2/BAD/manifests/x"):
            assert "Set-Cookie" not in browser.get(path).headers
    assert "Set-Cookie" not in owner.get("/v2/").headers
