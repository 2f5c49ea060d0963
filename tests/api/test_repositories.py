"""Repositories over REST: list, search, create, read, change, delete."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from repositories.models import NamespaceUsage, Repository
from tests.api.conftest import Ask, refused
from tests.make import content

NEW = {"namespace": "owner-person", "name": "app"}


def names(answer: Any) -> list[str]:
    return [row["full_name"] for row in answer.json()["results"]]


def test_create_and_read(owner: User, rest: Ask) -> None:
    mine = rest(owner)
    made = mine.post("repositories/", {**NEW, "description": "  Our \n app ", "visibility": "private"})
    assert made.status_code == 201
    facts = made.json()
    assert (facts["full_name"], facts["namespace"], facts["name"]) == ("owner-person/app", "owner-person", "app")
    assert (facts["description"], facts["visibility"], facts["pushed_at"]) == ("Our app", "private", None)
    assert mine.get("repositories/owner-person/app/").json() == facts
    assert mine.get("repositories/owner-person%2Fapp").json() == facts


def test_the_default_visibility_is_the_namespaces(owner: User, member: User, rest: Ask) -> None:
    mine = rest(owner)
    assert mine.post("repositories/", NEW).json()["visibility"] == "public"
    assert mine.post("repositories/", {**NEW, "namespace": "the-club"}).json()["visibility"] == "private"


def test_nested_names_have_addresses_of_their_own(owner: User, rest: Ask) -> None:
    mine = rest(owner)
    for name in ("team", "team/tags", "team/tags/tags", "usage"):
        assert mine.post("repositories/", {**NEW, "name": name}).status_code == 201
        assert mine.get(f"repositories/owner-person/{name}/").json()["name"] == name
        assert mine.get(f"repositories/owner-person/{name}/-/tags/").json()["count"] == 0


def test_what_cannot_be_created(owner: User, outsider: User, rest: Ask) -> None:
    mine = rest(owner)
    content.repository(owner, "app")
    content.repository(owner, "secret", private=True)
    wrong: list[tuple[dict[str, Any], int, str, list[str]]] = [
        (NEW, 409, "repository_exists", ["name"]),
        ({**NEW, "name": "App"}, 400, "name_invalid", ["name"]),
        ({**NEW, "name": "a//b"}, 400, "name_invalid", ["name"]),
        ({**NEW, "name": "-/tags"}, 400, "name_invalid", ["name"]),
        ({**NEW, "name": "a" * 250}, 400, "name_invalid", ["name"]),
        ({**NEW, "name": ""}, 400, "validation_failed", ["name"]),
        ({"namespace": "owner-person"}, 400, "validation_failed", ["name"]),
        ({**NEW, "namespace": "Nobody!"}, 400, "validation_failed", ["namespace"]),
        ({**NEW, "name": "b", "description": "d" * 101}, 400, "validation_failed", ["description"]),
        ({**NEW, "name": "b", "visibility": "secret"}, 400, "validation_failed", ["visibility"]),
        ({**NEW, "name": "b", "pushed_at": None}, 400, "validation_failed", ["pushed_at"]),
        ({**NEW, "namespace": "nobody-here"}, 404, "namespace_unknown", []),
        ({**NEW, "namespace": "outsider-person"}, 403, "role_denied", []),
        ({**NEW, "name": "b", "visibility": "private"}, 403, "quota_exceeded", []),
    ]
    for body, status, code, fields in wrong:
        answer = mine.post("repositories/", body)
        error = refused(answer)
        assert (answer.status_code, error["code"]) == (status, code), body
        assert list(error.get("fields", {})) == fields
    assert mine.get("repositories/").json()["count"] == 2
    assert refused(rest().post("repositories/", NEW))["code"] == "identity_needed"


def test_the_quota_of_private_repositories_says_rule_used_and_limit(owner: User, rest: Ask) -> None:
    mine = rest(owner)
    content.repository(owner, "secret", private=True)
    content.repository(owner, "open")
    for answer in (
        mine.post("repositories/", {**NEW, "visibility": "private"}),
        mine.patch("repositories/owner-person/open/", {"visibility": "private"}),
    ):
        error = refused(answer)
        assert answer.status_code == 403
        assert (error["rule"], error["used"], error["limit"]) == ("private repositories", 1, 1)
        assert "1 private repository" in error["message"]
    assert mine.get("repositories/owner-person/open/").json()["visibility"] == "public"


def test_change(owner: User, rest: Ask) -> None:
    mine = rest(owner)
    content.repository(owner, "app", description="old")
    path = "repositories/owner-person/app/"
    assert mine.patch(path, {"description": "new"}).json()["description"] == "new"
    assert mine.patch(path, {"visibility": "private"}).json()["visibility"] == "private"
    assert mine.patch(path, {}).json()["description"] == "new"
    assert NamespaceUsage.objects.get(namespace__name="owner-person").private_repositories == 1
    for body in ({"name": "other"}, {"namespace": "the-club"}, {"description": None}, {"visibility": "hidden"}):
        assert list(refused(mine.patch(path, body))["fields"]) == list(body)
    assert mine.get(path).json()["description"] == "new"


def test_delete_needs_the_full_name(owner: User, rest: Ask) -> None:
    mine = rest(owner)
    for name in ("one", "two"):
        content.repository(owner, name)
    path = "repositories/owner-person/one/"
    assert list(refused(mine.delete(path))["fields"]) == ["confirm"]
    for wrong in ("one", "owner-person/two"):
        assert refused(mine.delete(path, confirm=wrong))["code"] == "confirmation_mismatch"
    assert list(refused(mine.delete(path, ["owner-person/one"]))["fields"]) == ["body"]
    assert mine.delete(path, confirm="owner-person/one").status_code == 204
    assert refused(mine.get(path))["code"] == "repository_unknown"
    assert mine.delete("repositories/owner-person/two/", {"confirm": "owner-person/two"}).status_code == 204
    assert mine.get("repositories/").json()["count"] == 0


def test_list_and_search(owner: User, outsider: User, rest: Ask) -> None:
    content.repository(owner, "quick_start", description="Learn the 100% basics")
    content.repository(owner, "tools/quickly")
    content.repository(owner, "hidden", private=True)
    content.repository(outsider, "quick")
    mine, nobody = rest(owner), rest()
    assert len(names(mine.get("repositories/"))) == 4
    assert "owner-person/hidden" not in names(nobody.get("repositories/"))
    assert set(names(nobody.get("repositories/", namespace="owner-person"))) == {
        "owner-person/quick_start",
        "owner-person/tools/quickly",
    }
    assert names(nobody.get("repositories/", namespace="owner-person", q="QUICK learn")) == ["owner-person/quick_start"]
    assert names(nobody.get("repositories/", q="100%")) == ["owner-person/quick_start"]
    assert names(nobody.get("repositories/", q="quick_")) == ["owner-person/quick_start"]
    assert names(nobody.get("repositories/", q="hidden")) == []
    assert names(nobody.get("repositories/", namespace="nobody-here")) == []


def test_lists_come_in_pages(owner: User, rest: Ask) -> None:
    for number in range(5):
        content.repository(owner, f"app-{number}")
    mine = rest(owner)
    seen: list[str] = []
    address = "/api/v1/repositories/?page_size=2&namespace=owner-person"
    pages = 0
    while address:
        found = mine.get(address).json()
        assert found["count"] == 5
        seen += [row["name"] for row in found["results"]]
        address = (found["next"] or "").removeprefix("http://testserver")
        pages += 1
    assert pages == 3
    assert seen == [f"app-{number}" for number in (4, 3, 2, 1, 0)]
    assert found["previous"].endswith("?page_size=2&namespace=owner-person&page=2") or "page=2" in found["previous"]
    assert refused(mine.get("repositories/", page=4, page_size=2))["code"] == "page_unknown"


@pytest.mark.parametrize(
    "query",
    [
        {"page": "0"},
        {"page": "x"},
        {"page_size": "101"},
        {"q": "a\x00"},
        {"q": "w" * 101},
        {"ordering": "user__password"},
        {"namespace__user__password__startswith": "p"},
        {"_connector": "OR 1=1"},
    ],
)
def test_queries_that_make_no_sense_are_refused(query: dict[str, str], rest: Ask) -> None:
    answer = rest().get("repositories/", **query)
    assert answer.status_code == 400
    assert list(refused(answer)["fields"]) == list(query)


def test_the_most_pulled_can_come_first(owner: User, rest: Ask) -> None:
    for name, pulls in (("some", 3), ("many", 1200), ("none", 0)):
        made = content.repository(owner, name).repository
        Repository.objects.filter(pk=made.pk).update(pulls=pulls)
    nobody = rest()
    assert names(nobody.get("repositories/")) == ["owner-person/none", "owner-person/many", "owner-person/some"]
    rows = nobody.get("repositories/", sort="pulls").json()["results"]
    assert [(row["name"], row["pulls"]) for row in rows] == [("many", 1200), ("some", 3), ("none", 0)]
    assert nobody.get("repositories/owner-person/many/").json()["pulls"] == 1200
    assert refused(nobody.get("repositories/", sort="size"))["fields"].keys() == {"sort"}
