"""A session is good for as long as its account is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts import users
from accounts.models import User
from tests.make import content, people
from tests.web.reading import client_of, get

pytestmark = pytest.mark.django_db


def unverify(user: User) -> None:
    EmailAddress.objects.filter(user=user).update(verified=False)


@pytest.fixture
def boss() -> User:
    return users.create_administrator(username="admin", email="admin@example.com", password=people.PASSWORD)


@pytest.mark.parametrize("end", [users.disable, unverify])
def test_the_session_of_an_account_that_ended_is_nobodys(owner: User, end: Callable[[User], None]) -> None:
    content.repository(owner, "open")
    browser = client_of(owner)
    assert "Signed in as owner-person" in get(browser, "/owner-person/open").text

    end(owner)

    page = get(browser, "/owner-person/open")
    assert page.status == 200
    assert "Signed in" not in page.text
    for path in ("/settings/tokens", "/new", "/accounts/email/"):
        assert get(browser, path).url.startswith("/accounts/login/?next=")
    assert browser.get("/api/v1/tokens/").status_code == 401


@pytest.mark.parametrize("end", [users.disable, unverify])
def test_the_administration_is_closed_to_it(boss: User, end: Callable[[User], None]) -> None:
    browser = Client()
    browser.post("/accounts/login/", {"login": "admin", "password": people.PASSWORD})
    assert browser.get("/admin/accounts/user/").status_code == 200

    end(boss)

    assert browser.get("/admin/accounts/user/")["Location"] == "/accounts/login/?next=/admin/accounts/user/"
