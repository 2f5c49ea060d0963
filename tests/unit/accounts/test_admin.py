"""The administration's lists and actions."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts import callers, keys, users
from accounts.models import AccessToken, Namespace, SigningKey, User
from tests.make import people

pytestmark = pytest.mark.django_db
LISTS = ["user", "namespace", "membership", "team", "accesstoken", "signingkey"]


@pytest.fixture
def boss(client: Client) -> User:
    found = users.create_administrator(username="admin", email="admin@example.com", password=people.PASSWORD)
    client.post(reverse("account_login"), {"login": "admin", "password": people.PASSWORD})
    return found


def act(client: Client, action: str, *chosen: User) -> str:
    facts = {"action": action, "_selected_action": [str(user.pk) for user in chosen]}
    return client.post(reverse("admin:accounts_user_changelist"), facts, follow=True).content.decode()


@pytest.mark.parametrize("name", LISTS)
def test_lists_are_for_staff_only(client: Client, owner: User, boss: User, name: str) -> None:
    url = reverse(f"admin:accounts_{name}_changelist")
    assert client.get(url).status_code == 200
    assert Client().get(url).status_code == 302
    plain = Client()
    plain.post(reverse("account_login"), {"login": owner.username, "password": people.PASSWORD})
    assert plain.get(url).status_code in {302, 403}


def test_the_only_way_in_is_the_sign_in_page(client: Client, boss: User) -> None:
    stranger = Client()
    facts = {"username": "admin", "password": people.PASSWORD}
    answer = stranger.post(reverse("admin:login"), facts)
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))
    assert "_auth_user_id" not in stranger.session


def test_secrets_are_never_shown(client: Client, owner: User, boss: User, organization: Namespace) -> None:
    row, token = people.access_token(owner)
    signer = keys.active()
    key = SigningKey.objects.get(kid=signer.kid)
    shown = "".join(
        client.get(reverse(f"admin:accounts_{name}_{page}", args=args)).content.decode()
        for name, pk in (("accesstoken", row.pk), ("signingkey", key.pk))
        for page, args in (("changelist", []), ("change", [pk]))
    )
    assert row.name in shown
    assert signer.kid in shown
    assert "PUBLIC KEY" in shown
    hash_, sealed = bytes(AccessToken.objects.get().hash), bytes(key.private_key).decode()
    for secret in (token, str(hash_), hash_.hex(), sealed, "PRIVATE KEY"):
        assert secret not in shown


def test_actions_verify_and_disable(client: Client, owner: User, boss: User) -> None:
    waiting = people.user("waiting-person", verified=False)
    assert "Verified 1" in act(client, "verify_addresses", waiting)
    assert callers.trusted_users().filter(pk=waiting.pk).exists()
    assert "Disabled 1" in act(client, "disable_accounts", owner, boss)
    assert not callers.trusted_users().filter(pk=owner.pk).exists()
    assert callers.trusted_users().filter(pk=boss.pk).exists()


def test_nothing_is_deleted_or_renamed_here(client: Client, owner: User, boss: User) -> None:
    assert client.get(reverse("admin:accounts_user_delete", args=[owner.pk])).status_code == 403
    assert client.get(reverse("admin:accounts_user_add")).status_code == 403
    page = reverse("admin:accounts_user_change", args=[owner.pk])
    client.post(page, {"username": "renamed", "is_active": "on", "is_staff": "on"})
    owner.refresh_from_db()
    assert (owner.username, owner.is_staff) == ("owner-person", True)
