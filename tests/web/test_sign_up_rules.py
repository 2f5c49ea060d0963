"""Signing up, proving the address, signing in, resetting a password: the rules behind the pages, not their looks."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts import callers, namespaces, users
from accounts.errors import CredentialsRejected, RateLimited
from accounts.models import NamespaceName, User
from tests.make import people
from tests.make.threads import together

pytestmark = pytest.mark.django_db

PASSWORD = people.PASSWORD
CODE = re.compile(r"\b[A-Z]{4}-[A-Z]{4}\b")
Outbox = list[EmailMessage]


def sign_up(client: Client, name: str = "new-person", email: str = "new@example.com", **more: str) -> HttpResponse:
    facts = {"username": name, "email": email, "password1": PASSWORD, **more}
    return client.post(reverse("account_signup"), facts)  # type: ignore[return-value]


def sign_in(client: Client, login: str, password: str = PASSWORD, **more: str) -> HttpResponse:
    return client.post(reverse("account_login"), {"login": login, "password": password}, **more)  # type: ignore


def confirm(client: Client, code: str) -> HttpResponse:
    return client.post(reverse("account_email_verification_sent"), {"code": code})  # type: ignore[return-value]


def code_in(letter: EmailMessage) -> str:
    found = CODE.search(str(letter.body))
    assert found, letter.body
    return found[0]


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def other_than(code: str) -> str:
    return code.translate(str.maketrans("BCDF", "CDFB")) if set(code) & set("BCDF") else "BBBB-BBBB"


def sentences(response: HttpResponse) -> str:
    form = response.context["form"]  # type: ignore[attr-defined]
    return " ".join(message for errors in form.errors.values() for message in errors)


# -- signing up


def test_signing_up_claims_the_namespace_and_the_code_opens_the_door(client: Client, mailoutbox: Outbox) -> None:
    response = sign_up(client)
    assert response.status_code == 302
    assert response["Location"] == reverse("account_email_verification_sent")
    user = User.objects.get(username="new-person")
    assert namespaces.find("new-person").user == user
    assert [letter.to for letter in mailoutbox] == [["new@example.com"]]
    assert not callers.trusted_users().filter(pk=user.pk).exists()
    assert not is_signed_in(client)

    assert confirm(client, code_in(mailoutbox[0])).status_code == 302
    assert is_signed_in(client)
    assert callers.trusted_users().filter(pk=user.pk).exists()
    assert EmailAddress.objects.get(user=user).verified


def test_the_code_may_be_typed_as_people_type(client: Client, mailoutbox: Outbox) -> None:
    sign_up(client)
    confirm(client, " " + code_in(mailoutbox[0]).lower().replace("-", " ") + " ")
    assert is_signed_in(client)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("admin", "reserved"),
        ("librar\u0443", "lower-case letters"),  # Cyrillic y
        ("Upper", "lower-case letters"),
        ("_x_", "lower-case letters"),
        ("a--b", "lower-case letters"),
        ("-/-", "lower-case letters"),
        ("owner-person", "taken"),
        ("0wner.pers0n", "too similar"),
    ],
)
def test_names_that_nobody_gets(client: Client, owner: User, mailoutbox: Outbox, name: str, sentence: str) -> None:
    before = set(User.objects.values_list("username", flat=True))
    response = sign_up(client, name)
    assert response.status_code == 200
    assert sentence in sentences(response)
    assert set(User.objects.values_list("username", flat=True)) == before
    assert mailoutbox == []


@pytest.mark.parametrize("password", ["short-12", "password123", "new-person", "12345678901"])
def test_weak_passwords_are_refused(client: Client, password: str) -> None:
    assert sign_up(client, password1=password).status_code == 200
    assert not User.objects.filter(username="new-person").exists()
    assert not NamespaceName.objects.filter(name="new-person").exists()


def test_long_passwords_count_to_their_last_character(client: Client, mailoutbox: Outbox) -> None:
    long = "a lot of words, " * 12 + "end"
    sign_up(client, password1=long)
    confirm(client, code_in(mailoutbox[0]))
    assert users.authenticate("new-person", long, address="192.0.2.1").username == "new-person"
    for cut in (long[:128], long[:72], long[:-1]):
        with pytest.raises(CredentialsRejected):
            users.authenticate("new-person", cut, address="192.0.2.1")


def test_a_taken_address_looks_like_success_and_tells_its_owner(
    client: Client, owner: User, mailoutbox: Outbox
) -> None:
    other = Client()
    taken, free = sign_up(client, "first-try", "OWNER-person@example.com"), sign_up(other, "second-try")
    assert (taken.status_code, taken["Location"]) == (free.status_code, free["Location"])
    assert set(taken.headers) == set(free.headers)
    assert set(taken.cookies) == set(free.cookies)

    after_taken, after_free = (one.get(reverse("account_email_verification_sent")) for one in (client, other))
    hide = re.compile(r"owner-person@example\.com|new@example\.com|value=\"[\w-]{20,}\"", re.IGNORECASE)
    assert after_taken.status_code == after_free.status_code == 200
    assert hide.sub("", after_taken.content.decode()) == hide.sub("", after_free.content.decode())
    assert confirm(client, "BBBB-BBBB").status_code == confirm(other, "BBBB-BBBB").status_code

    assert not User.objects.filter(username="first-try").exists()
    to_owner = [letter for letter in mailoutbox if letter.to == ["owner-person@example.com"]]
    assert len(to_owner) == 1
    assert not CODE.search(str(to_owner[0].body))


def test_the_decoy_field_catches_robots_silently(client: Client, mailoutbox: Outbox) -> None:
    assert sign_up(client, phone_number="555").status_code == 302
    assert not User.objects.filter(username="new-person").exists()
    assert mailoutbox == []


@pytest.mark.parametrize("mode", ["closed", "invite"])
def test_a_closed_hub_takes_nobody(client: Client, settings: Settings, mode: str) -> None:
    settings.HUB_SIGNUP = mode
    sign_up(client)
    assert client.get(reverse("account_signup")).status_code == 200
    assert not User.objects.filter(username="new-person").exists()


def test_an_address_gets_forty_sign_ups_an_hour(client: Client) -> None:
    for _ in range(40):
        assert sign_up(client, "admin").status_code == 200
    response = sign_up(client)
    assert response.status_code == 429
    assert 3500 < int(response["Retry-After"]) <= 3601
    assert not User.objects.filter(username="new-person").exists()
    assert client.get(reverse("account_signup")).status_code == 200
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert sign_up(elsewhere).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_two_who_want_one_name_at_once(mailoutbox: Outbox) -> None:
    responses = together([lambda n=n: sign_up(Client(), "wanted-name", f"p{n}@example.com") for n in range(4)])  # type: ignore[misc]
    assert all(isinstance(response, HttpResponse) for response in responses), responses
    assert User.objects.filter(username="wanted-name").count() == 1
    assert len(mailoutbox) == 1


@pytest.mark.django_db(transaction=True)
def test_two_sign_ups_with_one_address_at_once(mailoutbox: Outbox) -> None:
    names = ["first-wish", "other-word", "third-plan"]
    responses = together([lambda name=name: sign_up(Client(), name, "same@example.com") for name in names])  # type: ignore[misc]
    assert {response.status_code for response in responses} == {302}  # type: ignore[attr-defined]
    assert User.objects.filter(email="same@example.com").count() == 1
    assert NamespaceName.objects.filter(name__in=names).count() == 1
    assert sum(bool(CODE.search(str(letter.body))) for letter in mailoutbox) == 1


def test_letters_name_the_hub_as_its_settings_do(owner: User, mailoutbox: Outbox, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.2"]
    sign_up(Client(HTTP_HOST="127.0.0.2"), "first-try", owner.email)
    sign_up(Client(HTTP_HOST="127.0.0.2"))
    texts = [str(letter.body) + letter.subject for letter in mailoutbox]
    assert len(texts) == 2
    assert settings.HUB_PUBLIC_URL + reverse("account_reset_password") in texts[0]
    assert not [text for text in texts if "127.0.0.2" in text]


# -- proving the address


def test_wrong_codes_end_after_three(client: Client, mailoutbox: Outbox) -> None:
    sign_up(client)
    right = code_in(mailoutbox[0])
    assert confirm(client, other_than(right)).status_code == 200
    assert confirm(client, other_than(right)).status_code == 200
    confirm(client, other_than(right))
    confirm(client, right)
    assert not is_signed_in(client)
    assert not EmailAddress.objects.get(email="new@example.com").verified


def test_an_expired_code_opens_nothing(client: Client, mailoutbox: Outbox) -> None:
    sign_up(client)
    session = client.session
    session["account_email_verification_code"]["at"] -= 901
    session.save()
    confirm(client, code_in(mailoutbox[0]))
    assert not is_signed_in(client)
    assert not EmailAddress.objects.get(email="new@example.com").verified


def test_a_code_works_once_and_in_its_own_session_only(client: Client, mailoutbox: Outbox) -> None:
    sign_up(client)
    code = code_in(mailoutbox[0])
    stranger = Client()
    confirm(stranger, code)
    assert not is_signed_in(stranger)
    confirm(client, code)
    client.logout()
    confirm(client, code)
    assert not is_signed_in(client)


def test_nobody_signs_in_before_the_address_is_proven(mailoutbox: Outbox) -> None:
    sign_up(Client())
    client = Client()
    response = sign_in(client, "new-person")
    assert response["Location"] == reverse("account_email_verification_sent")
    assert not is_signed_in(client)
    with pytest.raises(CredentialsRejected):
        users.authenticate("new-person", PASSWORD, address="192.0.2.1")
    confirm(client, code_in(mailoutbox[-1]))
    assert is_signed_in(client)


# -- signing in


@pytest.mark.parametrize("login", ["owner-person", "owner-person@example.com", "OWNER-PERSON@example.com"])
def test_signing_in_by_name_or_address(client: Client, owner: User, login: str) -> None:
    before = client.session.session_key
    assert sign_in(client, login).status_code == 302
    assert is_signed_in(client)
    assert client.session.session_key != before


def test_a_wrong_password_and_an_unknown_name_get_one_answer(client: Client, owner: User) -> None:
    wrong, unknown = sign_in(client, owner.username, "not-the-password"), sign_in(client, "nobody-here")
    assert wrong.status_code == unknown.status_code == 200
    assert sentences(wrong) == sentences(unknown) != ""
    assert not is_signed_in(client)


def test_disabled_people_stay_outside(client: Client, owner: User) -> None:
    sign_in(client, owner.username)
    users.disable(owner)
    assert client.get(reverse("account_email")).status_code == 302
    fresh = Client()
    sign_in(fresh, owner.username)
    assert not is_signed_in(fresh)


def test_the_eleventh_guess_is_refused_at_every_door(client: Client, owner: User) -> None:
    variants = [
        "owner-person",
        " OWNER-person ",
        "owner-person@example.com",
        "\uff4fwner-person",
        "Owner-Person@Example.com",
    ]
    for n in range(5):
        assert sign_in(client, variants[n], "wrong", REMOTE_ADDR=f"192.0.2.{n}").status_code == 200
        with pytest.raises(CredentialsRejected):
            users.authenticate(variants[n], "wrong", address=f"198.51.100.{n}")
    refused = sign_in(client, owner.username, PASSWORD, REMOTE_ADDR="203.0.113.5")
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 301
    assert not is_signed_in(client)
    with pytest.raises(RateLimited):
        users.authenticate(owner.username, PASSWORD, address="203.0.113.6")


def test_one_address_guesses_thirty_times_over_all_accounts(client: Client, owner: User) -> None:
    for n in range(30):
        assert sign_in(client, f"somebody-{n}", "wrong", HTTP_X_FORWARDED_FOR=f"192.0.2.{n}").status_code == 200
    assert sign_in(client, owner.username, HTTP_X_FORWARDED_FOR="192.0.2.99").status_code == 429
    assert sign_in(Client(REMOTE_ADDR="203.0.113.5"), owner.username).status_code == 302


def test_successes_neither_count_nor_clear_the_count(client: Client, owner: User) -> None:
    for _ in range(12):
        assert sign_in(Client(), owner.username).status_code == 302
        assert users.authenticate(owner.username, PASSWORD, address="127.0.0.1") == owner
    for _ in range(9):
        sign_in(client, owner.username, "wrong")
    assert sign_in(Client(), owner.username).status_code == 302
    assert sign_in(client, owner.username, "wrong").status_code == 200
    assert sign_in(client, owner.username, "wrong").status_code == 429


def test_a_trusted_proxy_speaks_for_its_clients(client: Client, owner: User, settings: Settings) -> None:
    settings.HUB_TRUSTED_PROXIES = ["127.0.0.0/8"]
    for n in range(30):
        assert sign_in(client, f"somebody-{n}", "wrong", HTTP_X_FORWARDED_FOR="9.9.9.9, 192.0.2.1").status_code == 200
    assert sign_in(client, owner.username, HTTP_X_FORWARDED_FOR="8.8.8.8, 192.0.2.1").status_code == 429
    assert sign_in(client, owner.username, HTTP_X_FORWARDED_FOR="192.0.2.2").status_code == 302


def test_proving_oneself_again_is_counted_too(client: Client, owner: User) -> None:
    sign_in(client, owner.username)
    url = reverse("account_reauthenticate")
    for _ in range(10):
        assert client.post(url, {"password": "wrong"}).status_code == 200
    assert client.post(url, {"password": PASSWORD}).status_code == 429


# -- resetting a password


def ask_for_reset(client: Client, email: str) -> HttpResponse:
    return client.post(reverse("account_reset_password"), {"email": email})  # type: ignore[return-value]


def test_a_reset_by_code_sets_the_password_and_ends_what_was_before(owner: User, mailoutbox: Outbox) -> None:
    elsewhere, client = Client(), Client()
    sign_in(elsewhere, owner.username)
    epoch = owner.token_epoch
    ask_for_reset(client, owner.email)
    assert mailoutbox[0].to == [owner.email]
    code = code_in(mailoutbox[0])
    response = client.post(reverse("account_confirm_password_reset_code"), {"code": code}, follow=True)
    url = response.redirect_chain[-1][0]
    fresh = "an-altogether-fresh-password"
    assert client.post(url, {"password1": fresh, "password2": fresh}).status_code == 302
    assert not is_signed_in(client)
    assert sign_in(Client(), owner.username).status_code == 200
    assert sign_in(client, owner.username, fresh).status_code == 302
    assert elsewhere.get(reverse("account_email")).status_code == 302
    owner.refresh_from_db()
    assert owner.token_epoch > epoch


def test_a_reset_for_nobody_looks_the_same(owner: User, mailoutbox: Outbox) -> None:
    known, unknown = ask_for_reset(Client(), owner.email), ask_for_reset(Client(), "nobody@example.com")
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert [bool(CODE.search(str(letter.body))) for letter in mailoutbox] == [True, False]


def test_wrong_reset_codes_end_after_three(client: Client, owner: User, mailoutbox: Outbox) -> None:
    ask_for_reset(client, owner.email)
    right = code_in(mailoutbox[0])
    url = reverse("account_confirm_password_reset_code")
    for _ in range(3):
        client.post(url, {"code": other_than(right)})
    client.post(url, {"code": right})
    fresh = "an-altogether-fresh-password"
    client.post(reverse("account_complete_password_reset"), {"password1": fresh, "password2": fresh})
    assert sign_in(Client(), owner.username).status_code == 302


def test_a_mailbox_is_not_flooded(owner: User, mailoutbox: Outbox) -> None:
    for _ in range(10):
        assert ask_for_reset(Client(), owner.email).status_code == 302
    for email in (owner.email, owner.email.upper()):
        assert ask_for_reset(Client(REMOTE_ADDR="192.0.2.3"), email).status_code == 429
    assert len(mailoutbox) == 10


def test_one_address_does_not_mail_the_world(mailoutbox: Outbox) -> None:
    for n in range(60):
        ask_for_reset(Client(), f"person{n}@example.com")
    assert ask_for_reset(Client(), "one-more@example.com").status_code == 429
    assert len(mailoutbox) == 60


# -- accounts that nobody verified


def test_a_name_that_was_never_proven_is_free_after_a_week(client: Client) -> None:
    sign_up(client)
    assert users.forget_unverified() == 0
    User.objects.update(date_joined=timezone.now() - timedelta(days=8))
    assert users.forget_unverified() == 1
    assert not User.objects.filter(username="new-person").exists()
    assert sign_up(Client(), "new-person", "somebody-else@example.com").status_code == 302
    assert namespaces.find("new-person").user == User.objects.get(email="somebody-else@example.com")
