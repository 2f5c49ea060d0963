"""Refresh tokens: exchanged for a password, good for bearer tokens only, ended one by one or all at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import serializers
from django.utils import timezone

from accounts import callers, refresh_tokens, tokens, users
from accounts.errors import CredentialsRejected
from accounts.models import AccessToken, User
from tests.make import people
from tests.make.people import caller_of

pytestmark = pytest.mark.django_db


def issue(user: User, client: str = "docker") -> tuple[AccessToken, str]:
    return refresh_tokens.issue(caller_of(user), client=client)


def test_it_stands_for_its_user_and_is_stored_as_a_hash(owner: User) -> None:
    row, token = issue(owner)
    assert token.startswith("berth_ref_")
    assert refresh_tokens.redeem(token) == row
    assert token.removeprefix("berth_ref_")[:12] not in serializers.serialize("json", AccessToken.objects.all())


def test_it_is_no_personal_token_and_a_personal_token_may_stand_in_for_it(owner: User) -> None:
    with pytest.raises(CredentialsRejected):
        tokens.authenticate(issue(owner)[1])
    row, token = people.access_token(owner)
    assert refresh_tokens.redeem(token) == row


def test_its_life_begins_anew_with_each_use_and_ends_without(owner: User) -> None:
    row, token = issue(owner)
    AccessToken.objects.filter(pk=row.pk).update(expires_at=timezone.now() + timedelta(days=1))
    refresh_tokens.redeem(token)
    row.refresh_from_db()
    assert row.expires_at is not None
    assert row.expires_at > timezone.now() + timedelta(days=89)
    AccessToken.objects.filter(pk=row.pk).update(expires_at=timezone.now())
    with pytest.raises(CredentialsRejected):
        refresh_tokens.redeem(token)
    assert refresh_tokens.forget_ended() == 1


def test_a_claim_that_no_longer_holds_gets_none(owner: User) -> None:
    caller = caller_of(owner)
    users.disable(owner)
    with pytest.raises(CredentialsRejected):
        refresh_tokens.issue(caller, client="docker")


def test_all_of_a_user_end_together_and_personal_tokens_stay(owner: User, outsider: User) -> None:
    (_, mine), (_, other), (_, personal) = issue(owner), issue(outsider), people.access_token(owner)
    refresh_tokens.end_all(owner)
    with pytest.raises(CredentialsRejected):
        refresh_tokens.redeem(mine)
    refresh_tokens.redeem(other)
    tokens.authenticate(personal)


def test_the_oldest_ends_when_there_are_too_many(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh_tokens, "MOST", 2)
    made = [issue(owner)[1] for _ in range(3)]
    with pytest.raises(CredentialsRejected):
        refresh_tokens.redeem(made[0])
    assert [refresh_tokens.redeem(token).user for token in made[1:]] == [owner, owner]


@pytest.mark.parametrize(("client", "name"), [("docker", "docker"), ("", "unnamed client"), ("a\n b" * 40, None)])
def test_a_client_is_named_in_one_short_line(owner: User, client: str, name: str | None) -> None:
    row, _ = issue(owner, client)
    assert row.name == (name or row.name)
    assert len(row.name) <= 64
    assert "\n" not in row.name


def test_it_is_the_token_of_the_caller_that_it_makes(owner: User) -> None:
    row, _ = issue(owner)
    assert callers.matching(callers.of(owner, row)).exists()
    tokens.revoke(caller_of(owner), row.pk)
    assert not callers.matching(callers.of(owner, row)).exists()
