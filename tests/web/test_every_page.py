"""What every page promises: a title, one h1, landmarks, nothing inline, labels, few queries. No route is left out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from tests.make import content, people
from tests.web.reading import Page, client_of, get

pytestmark = pytest.mark.django_db

QUERIES = 16
#: Routes with arguments, from the small world below; a route that is missing here fails the test.
ARGUMENTS: dict[str, list[str]] = {
    "namespace": ["owner-person"],
    "repository": ["owner-person/tools/app"],
    "tags": ["owner-person/tools/app"],
    "tag": ["owner-person/tools/app", "1.0"],
    "tag_delete": ["owner-person/tools/app", "1.0"],
    "manifest": ["owner-person/tools/app", "DIGEST"],
    "repository_settings": ["owner-person/tools/app"],
    "repository_visibility": ["owner-person/tools/app"],
    "repository_delete": ["owner-person/tools/app"],
    "token_revoke": ["TOKEN"],
}
#: Not pages: data for programs, and addresses that only take a form.
NO_PAGES = {"health", "theme", "api_schema"}
#: Pages that are only there in the middle of something, or lead on at once.
ON_THE_WAY = {
    "account_email_verification_sent",
    "account_confirm_login_code",
    "account_confirm_password_reset_code",
    "account_complete_password_reset",
    "account_set_password",
    "account_reauthenticate",
    "token_revoke",
}
FOR_NOBODY = {"account_login", "account_signup"}  # signed-in people are led on
FOR_SIGNED_IN = {
    "repository_new",
    "settings",
    "tokens",
    "token_revoke",
    "account_logout",
    "account_email",
    "account_change_password",
    "tag_delete",
    "repository_settings",
    "repository_visibility",
    "repository_delete",
}


def _routes() -> Iterator[str]:
    """The names of all routes that draw pages."""

    def walk(patterns: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
        for each in patterns:
            if isinstance(each, URLResolver):
                if each.namespace != "admin":
                    yield from walk(each.url_patterns)
            else:
                yield each

    for route in walk(get_resolver().url_patterns):
        if route.name and route.name not in NO_PAGES and not str(route.name).startswith("api_"):
            yield str(route.name)


@pytest.fixture
def world(owner: User) -> dict[str, str]:
    """A repository with two images and one token: what the routes' arguments stand for."""
    access = content.repository(owner, "tools/app", description="For the tour")
    content.index(access, "1.0", "latest")
    digest = content.image(access, "2.0", layers=[("COPY . /", 900)])
    return {"DIGEST": str(digest), "TOKEN": str(people.access_token(owner)[0].pk)}


def _url(name: str, world: dict[str, str]) -> str:
    return reverse(name, args=[world.get(each, each) for each in ARGUMENTS.get(name, [])])


@pytest.mark.parametrize("name", sorted(set(_routes()) - FOR_NOBODY - ON_THE_WAY))
def test_pages_of_somebody_signed_in(
    name: str, owner: User, world: dict[str, str], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_of(owner)
    url = _url(name, world)

    with django_assert_max_num_queries(QUERIES):
        response = client.get(url)

    assert response.status_code == 200
    _check(get(client, url))


@pytest.mark.parametrize("name", sorted(set(_routes()) - FOR_SIGNED_IN - ON_THE_WAY))
def test_pages_of_nobody(
    name: str, world: dict[str, str], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    url = _url(name, world)

    with django_assert_max_num_queries(QUERIES):
        response = Client().get(url)

    assert response.status_code == 200
    _check(get(client_of(), url))


@pytest.mark.parametrize("name", sorted(FOR_SIGNED_IN))
def test_pages_that_ask_to_sign_in(name: str, world: dict[str, str]) -> None:
    page = get(client_of(), _url(name, world))

    assert page.url.startswith(("/accounts/login/", "/"))
    assert page.headings(1)
    assert "For the tour" not in page.text
    _check(page)


@pytest.mark.parametrize("name", sorted(ON_THE_WAY))
def test_pages_on_the_way_never_fail(name: str, owner: User, world: dict[str, str]) -> None:
    for client in (client_of(owner), client_of()):
        response: Any = client.get(_url(name, world), follow=True)
        assert response.status_code in (200, 405)


def test_the_answers_to_mistakes_are_pages_too(owner: User) -> None:
    for client in (client_of(owner), client_of()):
        page = get(client, "/owner-person/nothing")
        assert page.status == 404
        _check(page)


def test_more_tags_take_no_more_queries(owner: User, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    access = content.repository(owner, "app")
    for number in range(12):
        content.index(access, f"1.{number}", layers=[("COPY . /", 300 + number)])

    client = client_of(owner)
    for url in ("/owner-person/app/-/tags", "/owner-person/app", "/owner-person", "/explore", "/"):
        with django_assert_max_num_queries(QUERIES):
            assert client.get(url).status_code == 200


def _check(page: Page) -> None:
    """The promises of one page."""
    assert len(page.headings(1)) == 1
    assert page.headings(1)[0]
    titles = page.all("title")
    assert any(each.text.endswith(" · Berth") and len(each.text) > len(" · Berth") for each in titles)
    assert len(page.all("main")) == len(page.all("header", class_="topbar")) == 1
    assert page.all("footer")
    assert page.all("html", lang="en")
    assert page.all("a", class_="skip", href="#main")
    _check_nothing_inline(page)
    _check_forms(page)
    identifiers = [each.attributes["id"] for each in page.elements if "id" in each.attributes]
    assert len(identifiers) == len(set(identifiers)), sorted(identifiers)
    levels = [int(each.tag[1]) for each in page.elements if each.tag in ("h1", "h2", "h3", "h4")]
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels


def _check_nothing_inline(page: Page) -> None:
    assert not page.all("style")
    for each in page.elements:
        assert "style" not in each.attributes, each
        assert not [name for name in each.attributes if name.startswith("on")], each
        assert not each.attributes.get("href", "").startswith(("javascript:", "http://", "//")), each
    for script in page.all("script"):
        assert script.attributes["src"].startswith("/static/")
        assert not script.text


def _check_forms(page: Page) -> None:
    """Each field has a name for screen readers, and each form that changes something its token."""
    labelled = {each.attributes.get("for") for each in page.all("label")}
    for each in page.elements:
        unseen = each.attributes.get("type") == "hidden" or each.attributes.get("aria-hidden") == "true"
        if each.tag in ("input", "select", "textarea") and not unseen:
            named = {"aria-label", "aria-labelledby"} & each.attributes.keys() or "label" in each.inside
            assert named or each.attributes.get("id") in labelled, each
    changing = page.all("form", method="post")
    tokens = page.all("input", name="csrfmiddlewaretoken")
    assert len(tokens) == len(changing)
    for table in page.all("table"):
        assert [each for each in page.all("caption") if "table" in each.inside], table
