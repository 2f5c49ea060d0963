"""Searching the catalogue and listing it: what the caller may see, in order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.callers import ANONYMOUS, Caller
from accounts.models import User
from repositories import catalog
from repositories.models import Repository
from tests.make import content
from tests.make.people import caller_of
from tests.unit.repositories.builders import push_image

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("audited")]


def create(user: User, name: str, namespace: str = "", **more: str) -> Repository:
    return catalog.create(caller_of(user), namespace=namespace or user.username, name=name, **more)


@pytest.fixture
def shelf(owner: User, outsider: User) -> None:
    content.repository(owner, "web", description="The shop")
    content.repository(owner, "web-admin", private=True, description="Secret shop")
    content.repository(outsider, "tools", description="For WEB people, 100%")


def found(caller: Caller, query: str = "", namespace: str | None = None) -> set[str]:
    return {repository.full_name for repository in catalog.search(caller, query=query, namespace=namespace)}


@pytest.mark.parametrize(
    ("query", "names_found"),
    [
        ("", {"owner-person/web", "outsider-person/tools"}),
        ("web", {"owner-person/web", "outsider-person/tools"}),
        ("WEB shop", {"owner-person/web"}),
        ("owner-person/web", {"owner-person/web"}),
        ("person tools", {"outsider-person/tools"}),
        ("100%", {"outsider-person/tools"}),
        ("%", {"outsider-person/tools"}),
        ("_", set()),
        ("secret", set()),
        ("\x00", set()),
        ("\ud800", set()),
        ("'\"\\", set()),
    ],
)
def test_search_finds_words_in_names_and_descriptions(shelf: None, query: str, names_found: set[str]) -> None:
    assert found(ANONYMOUS, query) == names_found


def test_search_shows_private_repositories_to_who_may_see_them(shelf: None, owner: User, outsider: User) -> None:
    assert "owner-person/web-admin" in found(caller_of(owner), "secret")
    assert found(caller_of(outsider), "secret") == set()
    assert found(caller_of(owner), namespace="owner-person") == {"owner-person/web", "owner-person/web-admin"}
    assert found(caller_of(outsider), namespace="owner-person") == {"owner-person/web"}
    assert found(caller_of(owner), namespace="nobody") == found(caller_of(owner), namespace="\x00") == set()


def test_search_shows_the_latest_push_first_with_tags_and_size(owner: User) -> None:
    first, second = content.repository(owner, "first"), content.repository(owner, "second")
    push_image(first, "one", "two", layers=[b"12345"])
    rows = list(catalog.search(ANONYMOUS))
    assert [row.name for row in rows] == ["first", "second"]
    facts = [(row.tag_count, row.size) for row in rows]  # type: ignore[attr-defined]
    assert facts == [(2, 7), (0, 0)]
    assert all(type(number) is int for row in facts for number in row)
    Repository.objects.filter(pk=second.repository.pk).update(pushed_at=timezone.now() + timedelta(hours=1))
    assert [row.name for row in catalog.search(ANONYMOUS)] == ["second", "first"]


def test_names_are_listed_in_byte_order_a_page_at_a_time(owner: User, outsider: User) -> None:
    for name in ("a-b", "a.b", "a/b", "a_b", "ab", "a0"):
        create(owner, name)
    create(owner, "hidden", visibility="private")
    create(outsider, "a")
    public = sorted(
        [f"owner-person/{name}" for name in ("a-b", "a.b", "a/b", "a_b", "ab", "a0")] + ["outsider-person/a"]
    )
    assert catalog.names_after(ANONYMOUS, last="", limit=100) == (public, False)
    assert catalog.names_after(ANONYMOUS, last="", limit=3) == (public[:3], True)
    assert catalog.names_after(ANONYMOUS, last=public[2], limit=4) == (public[3:], False)
    assert catalog.names_after(ANONYMOUS, last="owner-person/a-c", limit=1) == (["owner-person/a.b"], True)
    assert "owner-person/hidden" in catalog.names_after(caller_of(owner), last="", limit=100)[0]
