"""The page of a namespace: its repositories, and its usage for those who see all of them."""

from __future__ import annotations

import pytest

from accounts.models import Namespace, User
from accounts.roles import Role
from tests.make import content, people
from tests.web.reading import client_of, get

pytestmark = pytest.mark.django_db


def test_everybody_sees_the_public_repositories_and_the_owner_all(
    owner: User, organization: Namespace, member: User, outsider: User
) -> None:
    content.repository(owner, "open")
    content.repository(owner, "closed", private=True)

    assert get(client_of(owner), "/owner-person").headings(2)[:2] == ["closed", "open"]
    for who in (member, outsider, None):
        page = get(client_of(who), "/owner-person")
        assert page.headings(1) == ["owner-person"]
        assert page.headings(2) == ["open"]
        assert "1 repository" in page.text


def test_usage_is_for_those_who_see_everything(
    owner: User, organization: Namespace, member: User, outsider: User
) -> None:
    """A plain member would learn from it how many private repositories there are, and how large."""
    content.image(content.repository(owner, "app", namespace="the-club", private=True), "1.0")
    editor = people.user("editor-person")
    people.member(organization, editor, Role.EDITOR)

    for who in (owner, editor):
        page = get(client_of(who), "/the-club")
        assert "Storage of the-club" in page.headings(2)
        assert "KB stored, no limit" in page.text
        assert "1 of 1 private repositories used" in page.text
        assert "Organization" in page.text
        assert "1 of 1 private repositories" in get(client_of(who), "/").text
    for other in (member, outsider, None):
        assert "Storage of the-club" not in get(client_of(other), "/the-club").headings(2)
    mine = get(client_of(member), "/")
    assert mine.link("the-club") == "/the-club"
    assert "1 of 1 private repositories" not in mine.text


def test_those_who_may_create_are_offered_to(owner: User, organization: Namespace, member: User) -> None:
    editor = people.user("editor-person")
    people.member(organization, editor, Role.EDITOR)

    for who in (owner, editor):
        form = get(
            client_of(who),
            get(client_of(who), "/the-club").all("a", href="/new?namespace=the-club")[0].attributes["href"],
        )
        assert form.value("namespace") == "the-club"
    for stranger in (member, None):
        assert not get(client_of(stranger), "/the-club").all("a", href="/new?namespace=the-club")


def test_a_namespace_can_be_searched(owner: User) -> None:
    for name in ("alpha", "beta", "gamma", "delta", "epsilon", "zeta"):
        content.repository(owner, name)

    page = get(client_of(), "/owner-person", q="eta")

    assert page.headings(2) == ["zeta", "beta"]
    assert page.value("q") == "eta"


@pytest.mark.parametrize("path", ["/nobody-here", "/UPPER", "/%00", "/a%2f", "/-", "/owner-person/"])
def test_what_is_no_namespace_is_not_found(owner: User, path: str) -> None:
    assert get(client_of(), path).status == 404
