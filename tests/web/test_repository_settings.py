"""Settings of a repository: description, visibility, deletion by typing the name."""

from __future__ import annotations

import re

import pytest

from accounts.models import Namespace, User
from tests.make import content
from tests.web.reading import client_of, get, post

pytestmark = pytest.mark.django_db

REPOSITORY = "/owner-person/app"
URL = f"{REPOSITORY}/-/settings"


def test_the_description_can_be_changed(owner: User) -> None:
    content.repository(owner, "app", description="Old words")
    assert get(client_of(owner), URL).value("description") == "Old words"

    page = post(client_of(owner), URL, description="New words")

    assert page.url == URL
    assert "The description is saved." in page.text
    assert "New words" in get(client_of(), REPOSITORY).text
    assert "Old words" not in post(client_of(owner), URL, description="").text


def test_a_long_description_is_refused_and_kept_in_the_form(owner: User) -> None:
    content.repository(owner, "app", description="Old words")

    page = post(client_of(owner), URL, description="x" * 101)

    assert "Use at most 100 characters; this has 101." in page.text
    assert page.value("description") == "x" * 101
    assert "Old words" in get(client_of(), REPOSITORY).text


def test_visibility_changes_after_typing_the_name(owner: User) -> None:
    content.repository(owner, "app")
    assert get(client_of(owner), URL).value("visibility") == "private"

    page = post(client_of(owner), f"{URL}/visibility", visibility="private", confirm="app")
    assert "owner-person/app is private now." in page.text
    assert get(client_of(), REPOSITORY).status == 404
    assert page.value("visibility") == "public"

    post(client_of(owner), f"{URL}/visibility", visibility="public", confirm="app")
    assert get(client_of(), REPOSITORY).status == 200


@pytest.mark.parametrize("typed", ["", "App", "owner-person/app", "other"])
def test_visibility_stays_when_another_name_is_typed(owner: User, typed: str) -> None:
    content.repository(owner, "app")

    page = post(client_of(owner), f"{URL}/visibility", visibility="private", confirm=typed)

    assert page.headings(2)[:3] == ["Description", "Visibility", "Delete this repository"]
    assert page.all("input", name="confirm", aria_invalid="true")
    assert get(client_of(), REPOSITORY).status == 200


def test_hiding_a_second_repository_is_refused_with_the_rule(owner: User) -> None:
    content.repository(owner, "secret", private=True)
    content.repository(owner, "app")

    page = post(client_of(owner), f"{URL}/visibility", visibility="private", confirm="app")

    assert "The Free plan allows 1 private repository" in page.text
    assert get(client_of(), REPOSITORY).status == 200


def test_deletion_after_typing_the_full_name(owner: User) -> None:
    content.image(content.repository(owner, "app", private=True), "1.0")
    asked = get(client_of(owner), URL)
    assert "Type owner-person/app to confirm" in asked.text
    assert "1 tag and its image go with it" in asked.text

    page = post(client_of(owner), f"{URL}/delete", confirm="owner-person/app")

    assert page.url == "/owner-person"
    assert "owner-person/app is deleted." in page.text
    assert "0 B stored" in page.text
    assert "0 of 1 private repositories used" in page.text
    assert get(client_of(owner), REPOSITORY).status == 404


@pytest.mark.parametrize("typed", ["", "app", "owner-person/ap", "OWNER-PERSON/APP"])
def test_nothing_is_deleted_when_another_name_is_typed(owner: User, typed: str) -> None:
    content.repository(owner, "app")

    page = post(client_of(owner), f"{URL}/delete", confirm=typed)

    assert page.all("input", name="confirm", aria_invalid="true")
    assert get(client_of(owner), REPOSITORY).status == 200


def test_the_browser_compares_the_typed_name_too(owner: User) -> None:
    content.repository(owner, "my.app")

    fields = get(client_of(owner), "/owner-person/my.app/-/settings").all("input", name="confirm")

    for field, right, wrong in zip(
        fields, ("my.app", "owner-person/my.app"), ("myxapp", "owner-person/myxapp"), strict=True
    ):
        assert "required" in field.attributes
        assert re.fullmatch(field.attributes["pattern"], right)
        assert not re.fullmatch(field.attributes["pattern"], wrong)


def test_only_owners_change_and_delete(owner: User, organization: Namespace, member: User, outsider: User) -> None:
    content.repository(owner, "app", namespace="the-club", description="Old words")
    url = "/the-club/app/-/settings"
    forms = {
        url: {"description": "New words"},
        f"{url}/visibility": {"visibility": "private", "confirm": "app"},
        f"{url}/delete": {"confirm": "the-club/app"},
    }

    for path, fields in forms.items():
        assert [post(client_of(who), path, **fields).status for who in (member, outsider)] == [403, 403]
        assert post(client_of(), path, **fields).url.startswith("/accounts/login/")
    page = get(client_of(), "/the-club/app")
    assert "Old words" in page.text
    assert page.headings(1) == ["app Public"]
