"""REST from a signed-in browser: the session counts, and what changes something needs the CSRF token."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import AccessToken, User
from tests.api.conftest import Rest, refused

NEW = {"name": "from a page", "scope": "repo:read"}


@pytest.fixture
def browser(owner: User) -> Rest:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    return Rest(client=client)


def test_reading_needs_only_the_session(browser: Rest) -> None:
    assert browser.get("namespaces/").json()["results"][0]["name"] == "owner-person"


def test_changing_needs_the_csrf_token(browser: Rest, owner: User) -> None:
    answer = browser.post("tokens/", NEW)
    assert (answer.status_code, refused(answer)["code"]) == (403, "csrf_failed")
    assert not AccessToken.objects.filter(user=owner).exists()
    token = browser.client.get("/api/v1/docs").cookies["hub_csrf"].value  # as every page with a form sets it
    assert browser.ask("POST", "tokens/", NEW, headers={"X-CSRFToken": token}).status_code == 201


def test_a_wrong_token_is_not_rescued_by_the_session(browser: Rest) -> None:
    answer = browser.ask("GET", "namespaces/", headers={"Authorization": "Bearer berth_pat_wrong"})
    assert refused(answer)["code"] == "credentials_rejected"


def test_a_disabled_account_is_nobody(browser: Rest, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert refused(browser.get("namespaces/"))["code"] == "identity_needed"
