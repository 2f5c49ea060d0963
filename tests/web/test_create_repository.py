"""Create repository: the form, what it refuses and in which words, and what is there afterwards."""

from __future__ import annotations

import pytest

from accounts.models import Namespace, User
from accounts.roles import Role
from tests.make import content, people
from tests.web.reading import Page, client_of, get, post

pytestmark = pytest.mark.django_db


def create(user: User, name: str, *, namespace: str = "owner-person", **more: str) -> Page:
    facts = {"namespace": namespace, "name": name, "description": "", "visibility": "public"} | more
    return post(client_of(user), "/new", **facts)


def test_the_form_is_ready_for_ones_own_namespace(owner: User, organization: Namespace) -> None:
    page = get(client_of(owner), "/new")

    assert page.headings(1) == ["Create repository"]
    assert [each.text for each in page.all("option")] == ["owner-person", "the-club"]
    assert page.value("namespace") == "owner-person"
    assert page.value("visibility") == "public"
    assert "0 of 1 private repositories used" in page.text
    assert page.all("input", name="description")[0].attributes["maxlength"] == "100"


def test_create_leads_to_the_empty_repository(owner: User) -> None:
    page = create(owner, "docker-quickstart", description="  The small   app ")

    assert page.url == "/owner-person/docker-quickstart"
    assert page.headings(1) == ["docker-quickstart Public"]
    assert "The small app" in page.text
    assert any(command.endswith("/owner-person/docker-quickstart:1.0") for command in page.commands)
    assert get(client_of(), page.url).status == 200


def test_a_private_repository_is_private_from_the_start(owner: User) -> None:
    page = create(owner, "secret", visibility="private")

    assert page.headings(1) == ["secret Private"]
    assert get(client_of(), "/owner-person/secret").status == 404
    assert "1 of 1 private repositories used" in get(client_of(owner), "/new").text


def test_the_second_private_repository_is_refused_in_the_form(owner: User) -> None:
    create(owner, "first", visibility="private")

    page = create(owner, "second", visibility="private", description="Kept words")

    assert "The Free plan allows 1 private repository" in page.text
    assert page.headings(1) == ["Create repository"]
    assert (page.value("name"), page.value("description"), page.value("visibility")) == (
        "second",
        "Kept words",
        "private",
    )
    assert get(client_of(owner), "/owner-person/second").status == 404
    assert create(owner, "second", visibility="public").url == "/owner-person/second"


@pytest.mark.parametrize(
    "name", ["Upper", "with space", "-dash", "dot..dot", "trailing-", "a//b", "/lead", "-/x", "tags/", "ü", "x" * 300]
)
def test_names_outside_the_grammar_are_refused_with_a_sentence(owner: User, name: str) -> None:
    page = create(owner, name)

    assert "A repository name has lower-case components" in page.text
    field = page.all("input", name="name")[0]
    assert field.attributes["aria-invalid"] == "true"
    assert field.attributes["value"] == name


def test_a_taken_name_is_refused_with_a_sentence(owner: User) -> None:
    create(owner, "app")
    assert "The repository “owner-person/app” exists already." in create(owner, "app").text


def test_a_long_description_is_refused_with_its_length(owner: User) -> None:
    assert "Use at most 100 characters; this has 101." in create(owner, "app", description="x" * 101).text
    assert create(owner, "app", description="x" * 100).url == "/owner-person/app"


@pytest.mark.parametrize("missing", ["name", "namespace", "visibility"])
def test_what_is_needed_is_asked_for(owner: User, missing: str) -> None:
    assert "This field is required." in create(owner, **({"name": "app"} | {missing: ""})).text


def test_odd_values_are_refused(owner: User) -> None:
    assert create(owner, "app", visibility="secret").headings(1) == ["Create repository"]
    assert create(owner, "a\x00b").headings(1) == ["Create repository"]
    assert get(client_of(owner), "/owner-person/app").status == 404


def test_only_owners_and_editors_create_in_an_organization(
    owner: User, organization: Namespace, member: User, outsider: User
) -> None:
    editor = people.user("editor-person")
    people.member(organization, editor, Role.EDITOR)

    assert create(editor, "by-editor", namespace="the-club").url == "/the-club/by-editor"
    for who in (member, outsider):
        assert "the-club" not in [each.text for each in get(client_of(who), "/new").all("option")]
        assert create(who, "sneaked-in", namespace="the-club").headings(1) == ["Create repository"]
    assert get(client_of(owner), "/the-club/sneaked-in").status == 404


def test_nobody_is_asked_to_sign_in(owner: User) -> None:
    assert get(client_of(), "/new").url == "/accounts/login/?next=/new"
    assert post(client_of(), "/new", namespace="owner-person", name="app", visibility="public").url.startswith(
        "/accounts/login/"
    )
    assert get(client_of(owner), "/owner-person/app").status == 404


def test_a_link_may_choose_the_namespace(owner: User, organization: Namespace) -> None:
    page = get(client_of(owner), "/new", namespace="the-club")
    assert (page.value("namespace"), page.value("visibility")) == ("the-club", "private")
    assert get(client_of(owner), "/new", namespace="nobody").status == 200


def test_a_deleted_name_may_be_used_again_by_its_namespace(owner: User) -> None:
    content.repository(owner, "app")
    post(client_of(owner), "/owner-person/app/-/settings/delete", confirm="owner-person/app")
    assert create(owner, "app").url == "/owner-person/app"
