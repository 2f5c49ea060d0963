"""Personal access tokens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import serializers
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import callers, tokens, users
from accounts.errors import CredentialsRejected, TokenInvalid, TokenUnknown
from accounts.models import AccessToken, User
from accounts.scopes import TokenScope
from tests.make import people
from tests.make.people import caller_of

pytestmark = pytest.mark.django_db


def issue(user: User, **facts: object) -> tuple[AccessToken, str]:
    return tokens.issue(user, **{"name": "laptop", "scope": TokenScope.READ, **facts})  # type: ignore[arg-type]


def test_a_token_is_shown_once_and_stands_for_its_user(owner: User) -> None:
    row, token = issue(owner, repositories=["owner-person/*"])
    assert token.startswith("berth_pat_")
    assert len(token) == len("berth_pat_") + 49
    assert tokens.looks_like_one(token)
    found = tokens.authenticate(token)
    assert (found, found.user) == (row, owner)
    assert (found.scope, found.repositories) == ("repo:read", ["owner-person/*"])
    stored = serializers.serialize("json", AccessToken.objects.all())
    assert token not in stored
    assert token.removeprefix("berth_pat_")[:12] not in stored
    assert row.hint == token[:14]
    assert token not in str(row)


def test_tokens_differ(owner: User) -> None:
    assert len({issue(owner)[1] for _ in range(20)}) == 20


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: "",
        lambda token: token[:-1],
        lambda token: token + "0",
        lambda token: token.upper(),
        lambda token: token.replace("berth_pat_", "berth-pat-"),
        lambda token: token.removeprefix("berth_pat_"),
        lambda token: "berth_pat_" + "é" * 49,
        lambda token: "berth_pat_" + "0" * 49,
        lambda token: token[:20] + ("a" if token[20] != "a" else "b") + token[21:],
        lambda token: token + "\n",
        lambda token: "x" * 100_000,
    ],
)
def test_what_is_no_token_needs_no_database(owner: User, spoil: object, django_assert_num_queries: object) -> None:
    _, token = issue(owner)
    with django_assert_num_queries(0), pytest.raises(CredentialsRejected):  # type: ignore[operator]
        tokens.authenticate(spoil(token))  # type: ignore[operator]


def test_well_formed_but_unknown_tokens(owner: User) -> None:
    row, token = issue(owner)
    row.delete()
    assert tokens.looks_like_one(token)
    with pytest.raises(CredentialsRejected):
        tokens.authenticate(token)


def test_expired_revoked_disabled_and_unverified(owner: User) -> None:
    for end in (
        lambda row: AccessToken.objects.filter(pk=row.pk).update(expires_at=timezone.now() - timedelta(seconds=1)),
        lambda row: tokens.revoke(caller_of(owner), row.pk),
        lambda row: EmailAddress.objects.update(verified=False),
        lambda row: users.disable(row.user),
    ):
        row, token = issue(owner)
        tokens.authenticate(token)
        end(row)
        with pytest.raises(CredentialsRejected):
            tokens.authenticate(token)
        EmailAddress.objects.update(verified=True)


@pytest.mark.parametrize("name", ["", "   ", "x" * 65])
def test_names_of_tokens(owner: User, name: str) -> None:
    with pytest.raises(TokenInvalid) as caught:
        issue(owner, name=name)
    assert caught.value.field == "name"
    assert issue(owner, name="  " + "x" * 64 + " ")[0].name == "x" * 64


def test_expiry_lies_ahead(owner: User) -> None:
    with pytest.raises(TokenInvalid) as caught:
        issue(owner, expires_at=timezone.now())
    assert caught.value.field == "expires_at"
    assert issue(owner, expires_at=timezone.now() + timedelta(minutes=1))[0].pk


@pytest.mark.parametrize("pattern", ["", "acme", "/app", "Acme/*", "acme/[a]", "x/y" * 200])
def test_patterns_that_could_never_match_are_refused(owner: User, pattern: str) -> None:
    with pytest.raises(TokenInvalid) as caught:
        issue(owner, repositories=["acme/app", pattern])
    assert caught.value.field == "repositories"


def test_patterns_are_kept_once_and_are_not_endless(owner: User) -> None:
    row, _ = issue(owner, repositories=["acme/*", "acme/app", "acme/*", "acme/deep/er-app", "acme/team-*"])
    assert row.repositories == ["acme/*", "acme/app", "acme/deep/er-app", "acme/team-*"]
    with pytest.raises(TokenInvalid, match="at most 100"):
        issue(owner, repositories=[f"acme/app{n}" for n in range(101)])


def test_last_use_is_stamped_every_ten_minutes(owner: User) -> None:
    _, token = issue(owner)
    first = tokens.authenticate(token).pk
    stamp = AccessToken.objects.get(pk=first).last_used_at
    assert stamp is not None
    tokens.authenticate(token)
    assert AccessToken.objects.get(pk=first).last_used_at == stamp
    AccessToken.objects.update(last_used_at=stamp - timedelta(minutes=11))
    tokens.authenticate(token)
    assert AccessToken.objects.get(pk=first).last_used_at >= stamp  # type: ignore[operator]


def test_people_see_and_revoke_their_own_only(owner: User, outsider: User) -> None:
    first, _ = issue(owner, name="first")
    second, _ = issue(owner, name="second")
    theirs, _ = issue(outsider)
    assert list(tokens.of_user(caller_of(owner))) == [second, first]
    assert list(tokens.of_user(callers.ANONYMOUS)) == []
    for who, row in ((owner, theirs), (outsider, first)):
        with pytest.raises(TokenUnknown):
            tokens.revoke(caller_of(who), row.pk)
    with pytest.raises(TokenUnknown):
        tokens.revoke(callers.ANONYMOUS, first.pk)
    tokens.revoke(caller_of(owner), first.pk)
    with pytest.raises(TokenUnknown):
        tokens.revoke(caller_of(owner), first.pk)
    assert list(tokens.of_user(caller_of(owner))) == [second]


def test_a_caller_with_a_dead_token_is_nobody(owner: User, outsider: User) -> None:
    row, _ = people.access_token(owner)
    who = caller_of(owner, row)
    assert callers.matching(who).get() == owner
    borrowed = callers.Caller(uid=outsider.uid, epoch=outsider.token_epoch, token_id=row.pk)
    assert not callers.matching(borrowed).exists()
    tokens.revoke(who, row.pk)
    assert not callers.matching(who).exists()
    assert not callers.matching(callers.ANONYMOUS).exists()


def test_the_database_knows_the_scopes_and_keeps_hashes_apart(owner: User) -> None:
    row, _ = issue(owner)
    for facts in ({"scope": "repo:all", "hash": b"1"}, {"scope": "repo:read", "hash": bytes(row.hash)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            AccessToken.objects.create(user=owner, name="x", hint="x", **facts)
