"""Explore: what everybody finds, what only some find, searching and paging."""

from __future__ import annotations

import pytest

from accounts.models import Namespace, User
from repositories.models import Repository
from tests.make import content
from tests.web.reading import client_of, get

pytestmark = pytest.mark.django_db


def test_the_last_pushed_repository_comes_first(owner: User) -> None:
    content.image(content.repository(owner, "older"), "1.0")
    content.image(content.repository(owner, "newer"), "1.0", "latest")

    page = get(client_of(), "/explore")

    assert page.headings(1) == ["Explore"]
    assert page.headings(2) == ["owner-person/ newer", "owner-person/ older"]
    assert page.link("owner-person/ newer") == "/owner-person/newer"
    assert "2 repositories" in page.text
    assert "2 tags" in page.text
    assert "1 tag " in page.text


def test_the_most_pulled_repository_comes_first_when_asked(owner: User) -> None:
    for name, pulls in (("calm", 1), ("busy", 12_345), ("new", 0)):
        Repository.objects.filter(pk=content.repository(owner, name).repository.pk).update(pulls=pulls)

    page = get(client_of(), get(client_of(), "/explore", q="owner").link("most pulled first"))

    assert page.headings(2) == ["owner-person/ busy", "owner-person/ calm", "owner-person/ new"]
    assert page.value("q") == "owner"
    assert "12,345 pulls" in page.text
    assert "1 pull " in page.text
    back = get(client_of(), page.link("last pushed first"))
    assert back.headings(2) == ["owner-person/ new", "owner-person/ busy", "owner-person/ calm"]
    assert get(client_of(), "/explore", sort="nonsense").status == 200


def test_private_repositories_are_found_by_those_who_may_see_them(
    owner: User, organization: Namespace, member: User, outsider: User
) -> None:
    content.repository(owner, "secret-plans", private=True)
    content.repository(owner, "open-plans")

    found = {who: get(client_of(who), "/explore", q="plans").headings(2) for who in (owner, member, outsider, None)}

    assert found[owner] == ["owner-person/ open-plans", "owner-person/ secret-plans"]
    assert found[member] == found[outsider] == found[None] == ["owner-person/ open-plans"]


def test_search_looks_at_names_and_descriptions(owner: User) -> None:
    content.repository(owner, "weather", description="Reads the sensors on the roof")
    content.repository(owner, "billing")

    assert get(client_of(), "/explore", q="SENSORS roof").headings(2) == ["owner-person/ weather"]
    assert get(client_of(), "/explore", q="owner-person/bil").headings(2) == ["owner-person/ billing"]


def test_a_search_that_finds_nothing_says_so_and_leads_back(owner: User) -> None:
    content.repository(owner, "billing")

    page = get(client_of(), "/explore", q="<b>zeppelin")

    assert "Nothing found" in page.headings(2)
    assert page.value("q") == "<b>zeppelin"
    assert "<b>zeppelin" not in page.raw
    assert page.link("Show all repositories") == "/explore"


def test_an_empty_hub_teaches_the_next_step(owner: User) -> None:
    assert get(client_of(owner), "/explore").link("Create repository") == "/new"
    assert "No repositories yet" in get(client_of(), "/explore").headings(2)


def test_pages_hold_25_and_keep_the_search(owner: User) -> None:
    for number in range(26):
        content.repository(owner, f"part-{number}")

    first = get(client_of(), "/explore", q="part")
    second = get(client_of(), first.link("2"))

    assert len(first.headings(2)) == 25
    assert "26 repositories" in first.text
    assert second.headings(2) == ["owner-person/ part-0"]
    assert second.value("q") == "part"


@pytest.mark.parametrize("number", ["2", "0", "-1", "last", "99999999999999999999"])
def test_pages_that_are_not_there_are_not_found(owner: User, number: str) -> None:
    assert get(client_of(), "/explore", page=number).status == 404


@pytest.mark.parametrize("query", ["\x00", "a\x00b", "%", "'", "x" * 5000])
def test_odd_searches_find_nothing_and_break_nothing(owner: User, query: str) -> None:
    content.repository(owner, "billing")
    assert get(client_of(), "/explore", q=query).status == 200
