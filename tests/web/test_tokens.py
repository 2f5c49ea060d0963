"""Access tokens in the settings: made, shown once, listed, revoked."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import callers, refresh_tokens, tokens
from accounts.errors import CredentialsRejected
from accounts.models import AccessToken, User
from accounts.scopes import TokenScope
from tests.make import people
from tests.web.reading import Page, client_of, get, post

pytestmark = pytest.mark.django_db

TOKEN = re.compile(re.escape(tokens.PREFIX) + r"[0-9A-Za-z]{49}")


def make(client: Client, **changed: str) -> Page:
    facts = {"name": "laptop", "scope": "repo:write", "repositories": "", "expiry": "90", **changed}
    return post(client, reverse("tokens"), **facts)


def test_the_list_is_empty_at_first_and_teaches(owner: User) -> None:
    page = get(client_of(owner), reverse("tokens"))
    assert "No access token yet" in page.headings(3)
    assert page.value("expiry") == "90"
    assert page.value("scope") == "repo:write"


def test_a_new_token_is_shown_once_with_the_command_that_uses_it(owner: User) -> None:
    client = client_of(owner)
    page = make(client)
    token = page.commands[0]
    assert TOKEN.fullmatch(token)
    assert page.raw.count(token) == 1
    assert page.commands[1] == f"docker login {settings.HUB_REGISTRY_HOST} -u owner-person"
    assert tokens.authenticate(token).user == owner
    listed = get(client, reverse("tokens"))
    assert token not in listed.raw
    assert "laptop" in listed.text
    assert token not in str(dict(client.session))
    assert not TOKEN.search(get(client, reverse("home")).raw)


def test_the_page_with_the_token_is_the_answer_itself_and_kept_nowhere(owner: User) -> None:
    answer = client_of(owner).post(reverse("tokens"), {"name": "laptop", "scope": "repo:read", "expiry": "30"})
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]


def test_the_choices_are_what_the_token_gets(owner: User) -> None:
    make(client_of(owner), name="ci", scope="repo:read", repositories="acme/*, owner-person/app", expiry="30")
    row = AccessToken.objects.get(name="ci")
    assert row.scope == TokenScope.READ
    assert row.repositories == ["acme/*", "owner-person/app"]
    assert row.expires_at is not None
    assert timedelta(days=29) < row.expires_at - timezone.now() <= timedelta(days=30)
    make(client_of(owner), name="for ever", expiry="never")
    assert AccessToken.objects.get(name="for ever").expires_at is None


def test_the_list_tells_what_each_token_may_and_when_it_ends(owner: User) -> None:
    client = client_of(owner)
    make(client, name="ci", scope="repo:admin", repositories="acme/*")
    make(client, name="for ever", scope="repo:public_read", expiry="never")
    AccessToken.objects.filter(name="ci").update(expires_at=timezone.now() - timedelta(hours=1))
    newer, older = (each.text for each in get(client, reverse("tokens")).all("tr")[1:])
    assert all(word in newer for word in ("for ever", "Public read", "all", "never"))
    assert all(word in older for word in ("ci", "Read, write & delete", "acme/*", "Expired"))


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "required"),
        ("name", "x" * 65, "at most 64"),
        ("name", "   ", "required"),
        ("scope", "repo:everything", "valid choice"),
        ("scope", "", "required"),
        ("repositories", "acme/app club", "“club” is not the name of a repository"),
        ("repositories", "<script>", "not the name of a repository"),
        ("expiry", "3650", "valid choice"),
    ],
)
def test_a_broken_rule_is_told_and_makes_no_token(owner: User, field: str, value: str, sentence: str) -> None:
    page = make(client_of(owner), **{field: value})
    assert page.headings(1) == ["Access tokens"]
    assert sentence in page.text
    assert not AccessToken.objects.exists()


def test_revoking_asks_first_and_then_ends_the_token_at_once(owner: User) -> None:
    client = client_of(owner)
    token = make(client).commands[0]
    listed = get(client, reverse("tokens"))
    page = get(client, listed.link("Revoke laptop"))
    assert page.headings(1) == ["Revoke “laptop”?"]
    assert tokens.authenticate(token)
    page = post(client, page.url)
    assert page.url == reverse("tokens")
    assert "laptop" not in page.text
    with pytest.raises(CredentialsRejected):
        tokens.authenticate(token)
    gone = reverse("token_revoke", args=[AccessToken.objects.get().pk])
    assert get(client, gone).status == 404
    assert post(client, gone).status == 404


def test_nobody_else_sees_or_revokes_a_token(owner: User, member: User, outsider: User) -> None:
    row, token = people.access_token(owner)
    address = reverse("token_revoke", args=[row.pk])
    for other in (member, outsider):
        client = client_of(other)
        assert row.name not in get(client, reverse("tokens")).text
        assert get(client, address).status == 404
        assert post(client, address).status == 404
    assert get(client_of(), address).headings(1) == ["Sign in"]
    assert post(client_of(), address).headings(1) == ["Sign in"]
    assert tokens.authenticate(token).user == owner
    assert get(client_of(owner), address).status == 200


def test_the_settings_say_who_one_is_and_lead_on(owner: User) -> None:
    page = get(client_of(owner), reverse("settings"))
    assert page.headings(1) == ["Settings"]
    assert owner.email in page.text
    assert page.has_link("owner-person")
    side = [each.text for each in page.all("a") if each.attributes.get("aria-current") == "page"]
    assert side == ["Profile"]
    assert page.link("Access tokens").endswith(reverse("tokens"))


def test_a_changed_password_ends_the_session_elsewhere(owner: User) -> None:
    here, fresh = client_of(owner), "a-fresh-long-password"
    elsewhere = client_of(owner)
    page = post(here, reverse("account_login"), login=owner.username, password=people.PASSWORD)
    page = get(here, reverse("account_change_password"))
    assert page.headings(1) == ["Change your password"]
    facts = {"oldpassword": people.PASSWORD, "password1": fresh, "password2": fresh}
    post(here, reverse("account_change_password"), **facts)
    assert get(elsewhere, reverse("settings")).headings(1) == ["Sign in"]
    page = post(Client(), reverse("account_login"), login=owner.username, password=fresh)
    assert page.headings(1) == ["My hub"]


def test_a_sign_in_of_a_program_is_listed_and_told_from_a_token(client: Client, owner: User) -> None:
    row, token = refresh_tokens.issue(callers.of(owner), client="docker")
    client.force_login(owner)
    text = client.get("/settings/tokens").content.decode()
    assert "docker" in text
    assert "Sign-in" in text
    assert token not in text
    assert "asks for the password again" in client.get(f"/settings/tokens/{row.pk}/revoke").content.decode()
