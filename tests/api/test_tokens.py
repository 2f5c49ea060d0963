"""Personal access tokens over REST."""

from __future__ import annotations

import base64
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from accounts.models import AccessToken, User
from tests.api.conftest import Ask, Rest, refused
from tests.make import people


def basic(login: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()}


NEW = {"name": "ci", "scope": "repo:write", "repositories": ["owner-person/*"]}


def test_a_new_token_is_shown_once_and_works(owner: User, rest: Ask) -> None:
    mine = rest(owner)
    made = mine.post("tokens/", {**NEW, "expires_at": "2099-01-01T00:00:00Z"})
    assert made.status_code == 201
    facts = made.json()
    assert facts["token"].startswith("berth_pat_")
    assert facts["token"].startswith(facts["hint"])
    assert (facts["scope"], facts["repositories"]) == ("repo:write", ["owner-person/*"])
    assert facts["expires_at"] == "2099-01-01T00:00:00Z"
    listed = mine.get("tokens/")
    assert [row["name"] for row in listed.json()["results"]] == ["ci", "for a test"]
    assert facts["token"] not in listed.content.decode()
    theirs = Rest(headers={"Authorization": f"Bearer {facts['token']}"})
    assert theirs.get("namespaces/").json()["results"][0]["name"] == "owner-person"


def test_a_revoked_token_ends_at_once(owner: User, rest: Ask) -> None:
    mine = rest(owner)
    made = mine.post("tokens/", NEW).json()
    theirs = Rest(headers={"Authorization": f"Bearer {made['token']}"})
    assert theirs.get("namespaces/").status_code == 200
    assert mine.delete(f"tokens/{made['id']}/").status_code == 204
    assert refused(theirs.get("namespaces/"))["code"] == "credentials_rejected"
    assert refused(mine.delete(f"tokens/{made['id']}/"))["code"] == "token_unknown"


def test_tokens_of_others_do_not_exist(owner: User, outsider: User, rest: Ask) -> None:
    theirs = people.access_token(owner)[0]
    absent = theirs.pk + 1000
    answers = [rest(outsider).delete(f"tokens/{found}/") for found in (theirs.pk, absent)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    assert AccessToken.objects.get(pk=theirs.pk).revoked_at is None
    assert rest(outsider).get("tokens/").json()["count"] == 3  # the three that these requests used


def test_basic_takes_the_user_name_and_the_token(owner: User, client: Client) -> None:
    token = people.access_token(owner)[1]
    good = basic("owner-person", token)
    assert client.get("/api/v1/namespaces/", headers=good).status_code == 200
    for login, password in (("outsider-person", token), ("owner-person", people.PASSWORD), ("", token), ("x", "")):
        answer = client.get("/api/v1/namespaces/", headers=basic(login, password))
        assert refused(answer)["code"] == "credentials_rejected"
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_token_cannot_make_one_that_outlives_it(owner: User, rest: Ask) -> None:
    mine = rest(owner)
    ends = timezone.now() + timedelta(days=2)
    AccessToken.objects.filter(user=owner).update(expires_at=ends)
    for later in ({}, {"expires_at": None}, {"expires_at": (ends + timedelta(days=1)).isoformat()}):
        error = refused(mine.post("tokens/", {**NEW, **later}))
        assert list(error["fields"]) == ["expires_at"]
    sooner = {"expires_at": (ends - timedelta(days=1)).isoformat()}
    assert mine.post("tokens/", {**NEW, **sooner}).status_code == 201


def test_what_is_wrong_is_said_by_field(owner: User, rest: Ask) -> None:
    mine = rest(owner)
    wrong: list[tuple[dict[str, object], str]] = [
        ({**NEW, "name": ""}, "name"),
        ({**NEW, "name": "n" * 65}, "name"),
        ({**NEW, "name": "a\x00b"}, "name"),
        ({"name": "ci"}, "scope"),
        ({**NEW, "scope": "repo:everything"}, "scope"),
        ({**NEW, "repositories": ["Acme/[a-z]"]}, "repositories"),
        ({**NEW, "repositories": "acme/app"}, "repositories"),
        ({**NEW, "repositories": ["a/b", 7]}, "repositories.1"),
        ({**NEW, "expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({**NEW, "expires_at": "tomorrow"}, "expires_at"),
        ({**NEW, "user": 1}, "user"),
        ({**NEW, "hash": "00"}, "hash"),
    ]
    for body, name in wrong:
        answer = mine.post("tokens/", body)
        assert answer.status_code == 400
        assert list(refused(answer)["fields"]) == [name], body
    assert AccessToken.objects.filter(user=owner).count() == 1
