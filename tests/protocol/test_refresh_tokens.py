"""Refresh tokens: what a client keeps instead of the password, as `docker login` asks for."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.live import Hub, Person
from tests.registry import Registry, expect, send


def login(hub: Hub, username: str, secret: str, **query: str) -> dict[str, Any]:
    """What `docker login` asks of the token service."""
    asked = {"offline_token": "true", "client_id": "docker", "account": username, "service": hub.registry, **query}
    found: dict[str, Any] = expect(send("GET", f"{hub.url}/token", params=asked, auth=(username, secret)), 200).json()
    return found


def refresh(hub: Hub, token: str, scope: str = "") -> httpx.Response:
    """What `docker push` asks of the token service after such a login."""
    fields = {"grant_type": "refresh_token", "service": hub.registry, "client_id": "docker", "scope": scope}
    return send("POST", f"{hub.url}/token", data={**fields, "refresh_token": token})


def newcomer(hub: Hub, name: str) -> Person:
    """Somebody with a repository `<name>/app`."""
    code = f"from tests.make import people; import json; u = people.user({name!r})\n"
    token = hub.python(code + "print(people.access_token(u)[1])").strip()
    person = Person(name, f"{name}@example.com", hub.people["owner"].password, token)
    Registry(hub.url, person.credentials).push_image(f"{name}/app", "1")
    return person


def test_a_password_is_exchanged_for_a_refresh_token(hub: Hub) -> None:
    person = newcomer(hub, "rosa")
    kept = login(hub, "rosa", person.password)["refresh_token"]
    answer = expect(refresh(hub, kept, "repository:rosa/app:pull,push"), 200).json()
    assert answer["refresh_token"] == kept
    assert answer["scope"] == "repository:rosa/app:pull,push"
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    expect(send("GET", f"{hub.url}/v2/rosa/app/tags/list", headers=bearer), 200)


def test_the_form_gives_one_to_who_asks_for_offline_access(hub: Hub) -> None:
    owner = hub.people["owner"]
    fields = {"grant_type": "password", "username": owner.username, "password": owner.password, "client_id": "tests"}
    assert "refresh_token" not in expect(send("POST", f"{hub.url}/token", data=fields), 200).json()
    answer = expect(send("POST", f"{hub.url}/token", data={**fields, "access_type": "offline"}), 200).json()
    expect(refresh(hub, answer["refresh_token"]), 200)


def test_a_personal_token_is_kept_as_it_is(hub: Hub) -> None:
    """It can be revoked already, and configurations that hold a login are also read by programs that know no other."""
    owner = hub.people["owner"]
    assert "refresh_token" not in login(hub, owner.username, owner.token)
    expect(refresh(hub, owner.token), 200)


def test_nobody_keeps_nothing(hub: Hub) -> None:
    answer = expect(send("GET", f"{hub.url}/token", params={"offline_token": "true"}), 200).json()
    assert "refresh_token" not in answer


@pytest.mark.parametrize("token", ["", "x", "berth_ref_" + "0" * 49, "nul\0byte", "x" * 10_000])
def test_what_is_no_refresh_token_is_refused(hub: Hub, token: str) -> None:
    expect(refresh(hub, token), 401, "UNAUTHORIZED")


def test_a_refresh_token_is_neither_a_password_nor_a_bearer_token(hub: Hub) -> None:
    owner = hub.people["owner"]
    kept = login(hub, owner.username, owner.password)["refresh_token"]
    expect(send("GET", f"{hub.url}/token", auth=(owner.username, kept)), 401)
    for path in ("/v2/", "/api/v1/tokens"):
        assert send("GET", hub.url + path, headers={"Authorization": f"Bearer {kept}"}).status_code == 401


def test_what_ends_a_refresh_token_ends_its_bearer_tokens(hub: Hub) -> None:
    """Each of these people loses it in another way; the bearer token that they got a moment earlier ends with it."""
    ends = {
        "rudi": "AccessToken.objects.filter(user=user).update(revoked_at='2020-01-01T00:00Z')",
        "ruth": "AccessToken.objects.filter(user=user).update(expires_at='2020-01-01T00:00Z')",
        "rita-b": "AccountAdapter().set_password(user, 'another-good-password')",
        "ralf": "users.disable(user)",
    }
    held = {}
    for name in ends:
        kept = login(hub, name, newcomer(hub, name).password)["refresh_token"]
        answer = expect(refresh(hub, kept, f"repository:{name}/app:pull"), 200).json()
        held[name] = kept, {"Authorization": f"Bearer {answer['token']}"}
    find = "user = User.objects.get(username={!r})\n{}\n"
    hub.python(
        "from accounts import users; from accounts.adapters import AccountAdapter\n"
        "from accounts.models import AccessToken, User\n"
        + "".join(find.format(name, end) for name, end in ends.items())
    )
    for name, (kept, bearer) in held.items():
        expect(refresh(hub, kept), 401, "UNAUTHORIZED")
        expect(send("GET", f"{hub.url}/v2/{name}/app/tags/list", headers=bearer), 401, "UNAUTHORIZED")


def test_sign_ins_are_listed_and_can_be_ended(hub: Hub) -> None:
    person = newcomer(hub, "rolf")
    kept = login(hub, "rolf", person.password, client_id="docker\n <b>")["refresh_token"]
    mine = {"Authorization": f"Bearer {person.token}"}
    rows = expect(send("GET", f"{hub.url}/api/v1/tokens", headers=mine), 200).json()["results"]
    found = {row["kind"]: row for row in rows}
    assert (found["refresh"]["name"], found["refresh"]["hint"]) == ("docker <b>", kept[:14])
    assert kept not in json.dumps(rows)
    expect(send("DELETE", f"{hub.url}/api/v1/tokens/{found['refresh']['id']}", headers=mine), 204)
    expect(refresh(hub, kept), 401, "UNAUTHORIZED")
