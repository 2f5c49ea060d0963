"""Signing up as a person sees it: the rules first, the code on the local mail page, then signed in."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Namespace, User
from tests.make import people
from tests.web.reading import Page, client_of, get, post

pytestmark = pytest.mark.django_db

PASSWORD = people.PASSWORD
CODE_PAGE = "Confirm your e-mail"


@pytest.fixture(autouse=True)
def outbox(settings: Settings, tmp_path: Path) -> None:
    """Mail goes to the local mail page, as on a fresh clone."""
    settings.EMAIL_BACKEND = "hub.mail.OutboxBackend"
    settings.HUB_MAIL = "outbox"
    settings.HUB_SIGNUP = "open"
    settings.HUB_OUTBOX_DIR = tmp_path / "outbox"


def sign_up(client: Client, **changed: str) -> Page:
    facts = {"email": "new@example.com", "username": "new-person", "password1": PASSWORD, **changed}
    return post(client, reverse("account_signup"), **facts)


def sign_in(client: Client, login: str = "new-person") -> Page:
    return post(client, reverse("account_login"), login=login, password=PASSWORD)


def code_of_the_mail_page() -> str:
    return get(Client(), reverse("mail")).commands[0]


def test_the_form_says_its_rules_before_they_are_broken() -> None:
    page = get(Client(), reverse("account_signup"))
    assert page.headings(1) == ["Sign up"]
    assert "3 to 39 lower-case letters and digits" in page.text
    assert "At least 9 characters" in page.text
    assert page.has_link("Sign in")
    assert "style=" not in page.raw


def test_sign_up_then_the_code_of_the_mail_page_signs_in() -> None:
    client = Client()
    page = sign_up(client)
    assert page.headings(1) == [CODE_PAGE]
    assert "new@example.com" in page.text
    assert page.link("local mail page").endswith(reverse("mail"))
    page = post(client, reverse("account_email_verification_sent"), code=code_of_the_mail_page())
    assert page.headings(1) == ["My hub"]
    assert "new-person" in page.text
    assert Namespace.objects.filter(name="new-person", user__username="new-person").exists()
    assert get(client, reverse("settings")).url == reverse("settings")


def test_signing_in_before_the_code_is_refused() -> None:
    sign_up(Client())
    client = Client()
    page = sign_in(client)
    assert page.headings(1) == [CODE_PAGE]
    assert get(client, reverse("settings")).headings(1) == [CODE_PAGE]


def test_a_wrong_code_is_told_and_does_not_sign_in() -> None:
    client = Client()
    sign_up(client)
    page = post(client, reverse("account_email_verification_sent"), code="XXXX-XXXX")
    field = page.all("input", name="code")[0].attributes
    assert field["aria-invalid"] == "true"
    assert page.all("ul", id=field["aria-describedby"])[0].text
    assert get(client, reverse("settings")).headings(1) == [CODE_PAGE]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("username", "No Capitals", "lower-case letters and digits"),
        ("username", "ab", "at least 3 characters"),
        ("username", "admin", "reserved"),
        ("username", "a--b", "single dashes"),
        ("password1", "short", "at least 9 characters"),
        ("password1", "password1", "common"),
        ("email", "nobody", "valid email"),
    ],
)
def test_a_broken_rule_is_told_beside_its_field(field: str, value: str, sentence: str) -> None:
    page = sign_up(Client(), **{field: value})
    assert page.headings(1) == ["Sign up"]
    shown = page.all("input", name=field)[0].attributes
    assert shown["aria-invalid"] == "true"
    errors = [each for each in page.all("ul") if each.attributes.get("id", "").endswith(f"{field}_error")]
    assert sentence in errors[0].text
    assert not User.objects.filter(email="new@example.com").exists()


def test_a_taken_name_is_told(owner: User) -> None:
    page = sign_up(Client(), username="owner-person")
    assert "taken" in page.text


def test_a_taken_address_looks_like_success(owner: User) -> None:
    page = sign_up(Client(), email=owner.email)
    assert page.headings(1) == [CODE_PAGE]
    letters = get(Client(), reverse("mail"))
    assert letters.headings(2) == ["[Berth] You have an account already"]
    assert letters.commands == []
    assert not User.objects.filter(username="new-person").exists()


def test_a_machine_that_fills_in_everything_gets_no_account() -> None:
    page = sign_up(Client(), phone_number="12345")
    assert page.status == 200
    assert not User.objects.filter(username="new-person").exists()


def test_closed_sign_up_says_so_and_makes_nobody(settings: Settings) -> None:
    settings.HUB_SIGNUP = "closed"
    page = get(Client(), reverse("account_signup"))
    assert page.headings(1) == ["Sign-up is closed"]
    assert not page.has_link("Sign up")
    assert not get(Client(), reverse("home")).has_link("Sign up")
    assert sign_up(Client()).headings(1) == ["Sign-up is closed"]
    assert not User.objects.exists()


def test_without_mail_an_administrator_confirms(settings: Settings) -> None:
    settings.HUB_MAIL = "none"
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    page = sign_up(Client())
    assert page.headings(1) == ["Waiting for an administrator"]
    assert "An administrator will confirm the account" in page.text
    assert not page.all("input", name="code")
    assert not page.has_link("local mail page")


def test_a_mail_server_needs_no_mail_page(settings: Settings) -> None:
    settings.HUB_MAIL = "smtp"
    assert not sign_up(Client()).has_link("local mail page")


def test_a_new_password_by_a_mailed_code(owner: User) -> None:
    client = Client()
    page = post(client, reverse("account_reset_password"), email=owner.email)
    assert page.headings(1) == ["Enter the code"]
    page = post(client, reverse("account_confirm_password_reset_code"), code=code_of_the_mail_page())
    assert page.headings(1) == ["Choose a new password"]
    fresh = "a-fresh-long-password"
    page = post(client, reverse("account_complete_password_reset"), password1=fresh, password2=fresh)
    assert "Password changed" in page.headings(1) or page.headings(1) == ["Sign in"]
    page = post(Client(), reverse("account_login"), login=owner.username, password=fresh)
    assert page.headings(1) == ["My hub"]


def test_a_wrong_password_is_told_in_one_sentence(owner: User) -> None:
    page = post(Client(), reverse("account_login"), login=owner.username, password="not-this-one")
    assert page.headings(1) == ["Sign in"]
    alerts = page.all("div", role="alert")
    assert len(alerts) == 1
    assert alerts[0].text


def test_signing_out_asks_first_and_then_forgets(owner: User) -> None:
    client = client_of(owner)
    assert get(client, reverse("account_logout")).headings(1) == ["Sign out?"]
    post(client, reverse("account_logout"))
    assert get(client, reverse("settings")).headings(1) == ["Sign in"]
