"""The token service, and what tokens are good for."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.live import Hub, Person, running
from tests.registry import Registry, access_in, challenge_of, claims_of, expect, send


def newcomers(hub: Hub, *names: str) -> dict[str, Person]:
    """People who just signed up, each with an access token."""
    code = (
        "import json; from tests.make import people\n"
        f"made = {{name: people.user(name) for name in {names!r}}}\n"
        "print(json.dumps({name: [name, user.email, people.PASSWORD, people.access_token(user)[1]] "
        "for name, user in made.items()}))"
    )
    return {name: Person(*facts) for name, facts in json.loads(hub.python(code)).items()}


# -- who may have a token


def test_nobody_gets_a_token_of_nobody(anonymous: Registry) -> None:
    response = expect(anonymous.token(), 200)
    claims = claims_of(response.json()["token"])
    assert (claims["sub"], claims["access"]) == ("", [])


def test_the_answer_has_every_field_in_the_form_that_clients_parse(hub: Hub, owner: Registry) -> None:
    response = expect(owner.token(), 200)
    answer = response.json()
    assert answer["token"] == answer["access_token"]
    assert type(answer["expires_in"]) is int
    assert answer["expires_in"] == 300
    age = datetime.now(UTC) - datetime.strptime(answer["issued_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert abs(age.total_seconds()) < 30
    assert response.headers["Cache-Control"] == "no-store"
    claims = claims_of(answer["token"])
    assert (claims["iss"], claims["aud"]) == (hub.url, hub.registry)


def test_a_password_or_a_token_or_an_address_open_the_door(hub: Hub) -> None:
    owner = hub.people["owner"]
    for login, secret in (
        (owner.username, owner.password),
        (owner.email, owner.password),
        (owner.username, owner.token),
        (owner.username.upper(), owner.token),
    ):
        assert claims_of(expect(Registry(hub.url, (login, secret)).token(), 200).json()["token"])["sub"]


@pytest.mark.parametrize("login", ["olga", "nobody-of-this-name", ""])
@pytest.mark.parametrize("secret", ["wrong", "", "berth_pat_" + "0" * 49, "nul\0byte"])
def test_wrong_credentials_are_never_nobodys(hub: Hub, login: str, secret: str) -> None:
    if secret == "nul\0byte" and login == "olga":
        login = "olga\0"  # a database must not choke on it either
    response = expect(send("GET", f"{hub.url}/token", auth=(login, secret)), 401, "UNAUTHORIZED")
    assert response.headers["WWW-Authenticate"].startswith("Basic ")


def test_a_token_belongs_to_its_user(hub: Hub) -> None:
    stolen = (hub.people["outsider"].username, hub.people["owner"].token)
    expect(Registry(hub.url, stolen).token(), 401, "UNAUTHORIZED")


@pytest.mark.parametrize("value", ["Basic", "Basic !!!", "Basic b2xnYQ==", "Basic /////w==", "Bearer x", "Digest x"])
def test_malformed_credentials_are_wrong_ones(hub: Hub, value: str) -> None:
    expect(send("GET", f"{hub.url}/token", headers={"Authorization": value}), 401, "UNAUTHORIZED")


def test_another_service_has_its_own_tokens(hub: Hub) -> None:
    expect(send("GET", f"{hub.url}/token", params={"service": hub.registry}), 200)
    expect(send("GET", f"{hub.url}/token", params={"service": "registry.example"}), 400, "UNSUPPORTED")


# -- what a token holds


def test_what_is_asked_is_narrowed_to_what_is_allowed(
    owner: Registry, writer: Registry, reader: Registry, outsider: Registry, anonymous: Registry, private: str
) -> None:
    owner.push_image(private, "1")
    wanted = f"repository:{private}:pull,push,delete"
    assert access_in(owner.token(wanted)) == {private: ["pull", "push", "delete"]}
    assert access_in(writer.token(wanted)) == {private: ["pull", "push"]}
    assert access_in(reader.token(wanted)) == {private: ["pull"]}
    assert access_in(outsider.token(wanted)) == {}
    assert access_in(anonymous.token(wanted)) == {}


def test_everybody_may_pull_what_is_public(
    owner: Registry, outsider: Registry, anonymous: Registry, public: str
) -> None:
    owner.push_image(public, "1")
    for client in (outsider, anonymous):
        assert access_in(client.token(f"repository:{public}:push,pull")) == {public: ["pull"]}


def test_everything_is_granted_by_name(owner: Registry, public: str) -> None:
    assert access_in(owner.token(f"repository:{public}:*")) == {public: ["pull", "push", "delete"]}


@pytest.mark.parametrize(
    "scope", ["", "nonsense", "repository:BAD NAME:pull", "repository:x:fly", "user:olga:admin", "a:b:c:d:", ":::"]
)
def test_what_is_not_understood_is_left_out(owner: Registry, scope: str) -> None:
    assert access_in(owner.token(scope)) == {}


def test_one_parameter_or_many(owner: Registry, public: str) -> None:
    one, two = f"repository:{public}:pull", f"repository:{public}-2:pull"
    assert access_in(owner.token(one, two)) == access_in(owner.token(f"{one} {two}"))


def test_many_scopes_make_no_large_token(owner: Registry) -> None:
    response = owner.token(*[f"repository:olga/many-{number}:pull" for number in range(50)])
    assert len(access_in(response)) == 20
    assert len(response.json()["token"]) < 4096


def test_an_access_token_is_never_more_than_its_scope(hub: Hub, owner: Registry, public: str) -> None:
    code = (
        "from accounts.models import User; from accounts.scopes import TokenScope; from tests.make import people\n"
        "olga = User.objects.get(username='olga')\n"
        f"print(people.access_token(olga, TokenScope.READ)[1], people.access_token(olga, repositories=['{public}'])[1])"
    )
    read_only, limited = hub.python(code).split()
    everything = f"repository:{public}:*"
    owner.push_image(public, "1")
    assert access_in(Registry(hub.url, ("olga", read_only)).token(everything)) == {public: ["pull"]}
    found = access_in(Registry(hub.url, ("olga", limited)).token(everything, f"repository:{public}-2:*"))
    assert found == {public: ["pull", "push", "delete"]}


# -- the form of OAuth2


def post(hub: Hub, **fields: Any) -> httpx.Response:
    return send("POST", f"{hub.url}/token", data={"client_id": "tests", "service": hub.registry, **fields})


def test_the_form_with_a_password_works_as_well(hub: Hub, public: str) -> None:
    owner = hub.people["owner"]
    scopes = [f"repository:{public}:pull", f"repository:{public}:push"]
    fields = {"grant_type": "password", "username": owner.username, "password": owner.token, "scope": scopes}
    answer = expect(post(hub, **fields), 200).json()
    assert answer["scope"] == f"repository:{public}:pull,push"
    assert answer["access_token"] == answer["token"]
    assert "refresh_token" not in answer


@pytest.mark.parametrize("grant", ["client_credentials", "authorization_code", ""])
def test_other_grants_are_refused(hub: Hub, grant: str) -> None:
    expect(post(hub, grant_type=grant, refresh_token="x"), 400, "UNSUPPORTED")


def test_a_form_with_wrong_credentials_is_refused(hub: Hub) -> None:
    expect(post(hub, grant_type="password", username="olga", password="wrong"), 401, "UNAUTHORIZED")
    expect(post(hub, grant_type="password"), 401, "UNAUTHORIZED")


def test_a_form_has_an_end(hub: Hub) -> None:
    expect(post(hub, grant_type="password", username="x" * 100_000), 413, "SIZE_INVALID")


def test_a_form_may_say_its_charset_and_come_in_chunks(hub: Hub) -> None:
    owner = hub.people["owner"]
    body = f"grant_type=password&username={owner.username}&password={owner.token}"
    kind = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    expect(send("POST", f"{hub.url}/token", content=body, headers=kind), 200)
    expect(send("POST", f"{hub.url}/token", content=iter([body.encode()]), headers=kind), 200)


# -- what a token is good for


def test_a_token_without_the_scope_is_asked_for_a_larger_one(hub: Hub, owner: Registry, public: str) -> None:
    owner.push_image(public, "1")
    token = owner.token(f"repository:{public}:pull").json()["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    expect(send("GET", f"{hub.url}/v2/{public}/tags/list", headers=bearer), 200)
    response = send("POST", f"{hub.url}/v2/{public}/blobs/uploads/", headers=bearer)
    expect(response, 401, "UNAUTHORIZED")
    assert challenge_of(response)["error"] == "insufficient_scope"
    assert challenge_of(response)["scope"] == f"repository:{public}:pull,push"


def test_a_token_for_one_repository_opens_no_other(hub: Hub, owner: Registry, public: str) -> None:
    owner.push_image(public, "1")
    token = owner.token(f"repository:{public}-2:pull").json()["token"]
    response = send("GET", f"{hub.url}/v2/{public}/tags/list", headers={"Authorization": f"Bearer {token}"})
    assert challenge_of(expect(response, 401))["error"] == "insufficient_scope"


def test_a_right_that_was_taken_away_ends_at_the_next_request(hub: Hub, owner: Registry, private: str) -> None:
    friend = newcomers(hub, "felix")["felix"]
    owner.push_image(private, "1")
    grants = (
        "from accounts.models import Namespace, User; from repositories.models import RepositoryGrant as G\n"
        "facts = dict(namespace=Namespace.objects.get(name='harbour'), user=User.objects.get(username='felix'))\n"
    )
    hub.python(grants + "G.objects.create(pattern='*', like='%', level=G.Level.WRITE, **facts)")
    client = Registry(hub.url, friend.credentials)
    expect(client.get(f"/v2/{private}/tags/list"), 200)
    location = client.start_upload(private)
    hub.python(grants + "G.objects.filter(**facts).delete()")
    expect(client.get(f"/v2/{private}/tags/list"), 401, "UNAUTHORIZED")
    expect(client.patch(location, b"more"), 401, "UNAUTHORIZED")


def test_a_bearer_token_ends_with_what_it_came_from(hub: Hub) -> None:
    """Each of these people loses something; the bearer tokens they hold end with it, for public repositories too."""
    ends = {
        "gerd": "user.access_tokens.update(revoked_at='2020-01-01T00:00Z')",
        "heidi": "user.access_tokens.update(expires_at='2020-01-01T00:00Z')",
        "ivan": "users.end_bearer_tokens(user)",
        "judy": "User.objects.filter(pk=user.pk).update(is_active=False)",
        "kurt": "EmailAddress.objects.filter(user=user).update(verified=False)",
        "lena": "pass",
    }
    tokens = {}
    for name, person in newcomers(hub, *ends).items():
        client = Registry(hub.url, person.credentials)
        client.push_image(f"{name}/app", "1")
        expect(client.get("/v2/"), 200)
        tokens[name] = client.bearer
    find = "user = User.objects.get(username={!r})\n{}\n"
    hub.python(
        "from accounts import users; from accounts.models import User\n"
        "from allauth.account.models import EmailAddress\n"
        + "".join(find.format(name, end) for name, end in ends.items())
    )
    for name, bearer in tokens.items():
        for path in ("/v2/", f"/v2/{name}/app/tags/list"):
            expect(send("GET", hub.url + path, headers=bearer), 200 if name == "lena" else 401)


# -- behind a proxy, and against guessing


def test_guessing_is_slowed_down_for_one_and_not_for_others() -> None:
    with running(HUB_TRUSTED_PROXIES="127.0.0.1") as hub:
        owner = hub.people["owner"]

        def sign_in(password: str, address: str, login: str = owner.username) -> httpx.Response:
            headers = {"X-Forwarded-For": address, "X-Forwarded-Proto": "https"}
            return send("GET", f"{hub.url}/token", auth=(login, password), headers=headers)

        for number in range(10):
            expect(sign_in("wrong", f"192.0.2.{number}"), 401)
        response = expect(sign_in(owner.password, "192.0.2.77"), 429, "TOOMANYREQUESTS")
        assert 0 < int(response.headers["Retry-After"]) <= 301
        expect(sign_in(owner.token, "192.0.2.77"), 200)
        expect(sign_in(hub.people["reader"].password, "192.0.2.1", "rita"), 200)
        secure = send("GET", f"{hub.url}/v2/", headers={"X-Forwarded-Proto": "https"})
        assert challenge_of(secure)["realm"] == f"https://{hub.registry}/token"
