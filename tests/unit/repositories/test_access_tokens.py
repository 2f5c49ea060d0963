"""What an access token allows, what hidden names answer, and that lists and look-ups follow one rule."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.callers import ANONYMOUS, Caller
from accounts.models import AccessToken, Namespace, User
from accounts.roles import Role
from accounts.scopes import TokenScope
from repositories import access as rights
from repositories import catalog
from repositories.access import Action
from repositories.errors import RepositoryUnknown
from repositories.models import Repository
from repositories.oci import names
from tests.make import people
from tests.make.people import caller_of
from tests.unit.repositories.permissions import ALL, NONE, PULL, PUSH, Level, grant, make, may, roomy

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("scope", "private", "public"),
    [
        (TokenScope.PUBLIC_READ, NONE, PULL),
        (TokenScope.READ, PULL, PULL),
        (TokenScope.WRITE, PUSH, PUSH),
        (TokenScope.ADMIN, ALL, ALL),
    ],
)
def test_a_token_allows_no_more_than_its_scope(
    club: Namespace, owner: User, scope: TokenScope, private: frozenset[Action], public: frozenset[Action]
) -> None:
    caller = caller_of(owner, people.access_token(owner, scope)[0])
    assert may(caller, make(owner, club, "app")) == private
    assert may(caller, make(owner, club, "open", "public")) == public


def test_a_token_allows_no_more_than_its_user(club: Namespace, owner: User, member: User) -> None:
    caller = caller_of(member, people.access_token(member, TokenScope.ADMIN)[0])
    repository = make(owner, club, "app")
    assert may(caller, repository) == NONE
    grant(club, Level.READ, user=member, on=repository)
    assert may(caller, repository) == PULL


@pytest.mark.parametrize(
    ("patterns", "reached"),
    [
        ([], {"app", "app_1", "appx1", "a/b"}),
        (["the-club/app"], {"app"}),
        (["the-club/app_*"], {"app_1"}),
        (["the-club/*"], {"app", "app_1", "appx1", "a/b"}),
        (["*/app"], {"app"}),
        (["other/*", "the-club/a/*"], {"a/b"}),
        (["the-clu_/*"], set()),
    ],
)
def test_a_token_reaches_only_the_repositories_of_its_patterns(
    club: Namespace, owner: User, patterns: list[str], reached: set[str]
) -> None:
    caller = caller_of(owner, people.access_token(owner, TokenScope.ADMIN, patterns)[0])
    for name in ("app", "app_1", "appx1", "a/b"):
        assert may(caller, make(owner, club, name)) == (ALL if name in reached else NONE), name


def revoke(token: AccessToken) -> None:
    AccessToken.objects.filter(pk=token.pk).update(revoked_at=timezone.now())


def expire(token: AccessToken) -> None:
    AccessToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def delete(token: AccessToken) -> None:
    AccessToken.objects.filter(pk=token.pk).delete()


@pytest.mark.parametrize("end", [revoke, expire, delete])
def test_a_token_that_ended_may_nothing(club: Namespace, owner: User, end: Callable[[AccessToken], None]) -> None:
    token = people.access_token(owner)[0]
    caller = caller_of(owner, token)
    repository, public = make(owner, club, "app"), make(owner, club, "public", "public")
    assert may(caller, repository) == ALL
    end(token)
    assert may(caller, repository) == may(caller, public) == NONE
    new = names.repository(f"{club.name}/new")
    assert rights.actions_for(new, caller) == NONE
    assert rights.may_create(new, caller) is None


def test_a_token_of_somebody_else_is_none(club: Namespace, owner: User, outsider: User) -> None:
    repository = make(owner, club, "app")
    stolen = Caller(uid=outsider.uid, epoch=outsider.token_epoch, token_id=people.access_token(owner)[0].pk)
    assert may(stolen, repository) == NONE


# -- What is absent and what may not be seen


def answer(name: str, caller: Caller) -> tuple[str, bool]:
    with pytest.raises(RepositoryUnknown) as refused:
        rights.find(names.repository(name), caller)
    return str(refused.value), refused.value.in_reach


def test_what_is_hidden_and_what_is_absent_are_answered_alike(
    club: Namespace, owner: User, member: User, outsider: User
) -> None:
    hidden = make(owner, club, "hidden").full_name
    absent, nowhere = f"{club.name}/absent", "nobody-here/absent"
    for caller in (caller_of(member), caller_of(outsider), ANONYMOUS):
        assert answer(hidden, caller) == answer(absent, caller) == answer(nowhere, caller)
        assert answer(absent, caller)[1] is False
        assert rights.actions_for(names.repository(absent), caller) == NONE


@pytest.mark.parametrize(
    ("scope", "patterns"),
    [(TokenScope.PUBLIC_READ, []), (TokenScope.ADMIN, ["elsewhere/*"]), (TokenScope.READ, ["the-club/other"])],
)
def test_a_token_that_does_not_reach_a_repository_does_not_tell_whether_it_exists(
    club: Namespace, owner: User, scope: TokenScope, patterns: list[str]
) -> None:
    hidden = make(owner, club, "hidden").full_name
    caller = caller_of(owner, people.access_token(owner, scope, patterns)[0])
    assert answer(hidden, caller) == answer(f"{club.name}/absent", caller)


def test_an_absent_name_is_in_reach_of_who_could_make_it(club: Namespace, owner: User, settings: Settings) -> None:
    absent = names.repository(f"{club.name}/absent")
    assert answer(absent, caller_of(owner))[1] is True
    assert rights.actions_for(absent, caller_of(owner)) == ALL
    writer = caller_of(owner, people.access_token(owner, TokenScope.WRITE)[0])
    assert rights.actions_for(absent, writer) == PUSH
    assert rights.may_create(absent, writer) == club
    reader = caller_of(owner, people.access_token(owner, TokenScope.READ)[0])
    assert answer(absent, reader)[1] is True
    assert rights.actions_for(absent, reader) == PULL
    assert rights.may_create(absent, reader) is None
    settings.HUB_CREATE_ON_PUSH = False
    assert rights.actions_for(absent, caller_of(owner)) == NONE


# -- The list rule and the single rule are one rule


def world(chance: random.Random) -> list[User]:
    """People, organizations, repositories, memberships and grants, as chance has it; returns the people."""
    users = [people.user() for _ in range(3)]
    homes = [people.organization(None, users[0]), people.organization(None, users[1]), users[2].namespace]
    for home in homes:
        roomy(home)
        if home.kind == Namespace.Kind.ORGANIZATION and chance.random() < 0.7:
            people.member(home, users[2], chance.choice(list(Role)))
        for name in ("app", "app_1", "appx1", "a/b"):
            make(people.an_owner(home), home, name, chance.choice(["public", "private"]))
    for user in users:
        repository = chance.choice(list(Repository.objects.select_related("namespace")))
        grant(repository.namespace, chance.choice(list(Level)), user=user, on=repository)
        grant(chance.choice(homes), chance.choice(list(Level)), user=user, on=chance.choice(["*", "app_*", "*b"]))
    return users


def single(caller: Caller) -> set[str]:
    """The repositories that the caller finds one by one."""
    found = set()
    for repository in Repository.objects.select_related("namespace"):
        with contextlib.suppress(RepositoryUnknown):
            found.add(rights.find(names.repository(repository.full_name), caller).repository.full_name)
    return found


@pytest.mark.parametrize("seed", range(2))
def test_lists_show_exactly_what_can_be_found(seed: int) -> None:
    chance = random.Random(seed)
    users = world(chance)
    callers = [ANONYMOUS, *map(caller_of, users)]
    for user in users:
        for patterns in ([], ["*/app_1", "*/a*b"], [f"{chance.choice(users).username}/*"]):
            token = people.access_token(user, chance.choice(list(TokenScope)), patterns)[0]
            callers.append(caller_of(user, token))
    for caller in callers:
        listed = {repository.full_name for repository in rights.visible_to(caller)}
        assert listed == single(caller)
        assert catalog.names_after(caller, last="", limit=1000) == (sorted(listed), False)
        assert {repository.full_name for repository in catalog.search(caller)} == listed
