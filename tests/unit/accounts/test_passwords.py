"""A new password ends what was given out for the old one, whichever way it was set."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.test import Client

from accounts import callers, refresh_tokens, tokens, users
from accounts.adapters import AccountAdapter
from accounts.errors import CredentialsRejected
from accounts.models import User
from tests.make import people

pytestmark = pytest.mark.django_db
NEW = "another-good-password"


def by_its_owner(user: User) -> None:
    browser = Client()
    browser.post("/accounts/login/", {"login": user.username, "password": people.PASSWORD})
    fields = {"oldpassword": people.PASSWORD, "password1": NEW, "password2": NEW}
    assert browser.post("/accounts/password/change/", fields).status_code == 302


def by_the_reset(user: User) -> None:
    AccountAdapter().set_password(user, NEW)


def by_an_administrator(user: User) -> None:
    boss = users.create_administrator(username="admin", email="admin@example.com", password=people.PASSWORD)
    browser = Client()
    browser.force_login(boss)
    fields = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    assert browser.post(f"/admin/accounts/user/{user.pk}/password/", fields).status_code == 302


def by_staff_for_themselves(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_staff=True)
    browser = Client()
    browser.force_login(user)
    fields = {"old_password": people.PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert browser.post("/admin/password_change/", fields).status_code == 302


def by_a_command(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getpass", lambda prompt="": NEW)
    call_command("changepassword", user.username)


def check(user: User, change: Callable[[User], None]) -> None:
    _, refresh = refresh_tokens.issue(people.caller_of(user), client="docker")
    _, token = people.access_token(user)
    before = people.caller_of(user)

    change(user)

    assert users.authenticate(user.username, NEW, address="127.0.0.1") == user
    assert not callers.matching(before).exists(), "bearer tokens of before"
    with pytest.raises(CredentialsRejected):
        refresh_tokens.redeem(refresh)
    assert tokens.authenticate(token).user == user  # made on purpose, and ended on purpose


@pytest.mark.parametrize("change", [by_its_owner, by_the_reset, by_an_administrator, by_staff_for_themselves])
def test_a_new_password_ends_bearer_and_refresh_tokens(owner: User, change: Callable[[User], None]) -> None:
    check(owner, change)


def test_so_does_the_command(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    check(owner, lambda user: by_a_command(user, monkeypatch))


def test_what_is_saved_afterwards_does_not_revive_them(owner: User) -> None:
    before = people.caller_of(owner)
    owner.set_password(NEW)
    owner.save()
    owner.save()
    assert not callers.matching(before).exists()
