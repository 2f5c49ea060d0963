"""Who may do what with which repository: the one rule behind lists, look-ups, tokens and pulls."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.db.models import F

from accounts import members, namespaces
from accounts.callers import ANONYMOUS
from accounts.models import Namespace, User
from accounts.roles import Role
from repositories import access as rights
from repositories.access import Action
from repositories.oci import names
from tests.make import people
from tests.make.people import caller_of
from tests.unit.repositories.permissions import ALL, NONE, PULL, PUSH, Level, grant, make, may

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("visibility", "others"), [("public", PULL), ("private", NONE)])
def test_the_cast_on_a_repository_of_an_organization(
    club: Namespace, owner: User, member: User, outsider: User, visibility: str, others: frozenset[Action]
) -> None:
    repository = make(owner, club, "app", visibility)
    editor = people.user()
    people.member(club, editor, Role.EDITOR)
    staff = people.user()
    User.objects.filter(pk=staff.pk).update(is_staff=True, is_superuser=True)
    assert may(caller_of(owner), repository) == ALL
    assert may(caller_of(editor), repository) == ALL
    assert may(caller_of(member), repository) == others
    assert may(caller_of(outsider), repository) == others
    assert may(caller_of(staff), repository) == others  # staff run the site, they do not read everybody's images
    assert may(ANONYMOUS, repository) == others


@pytest.mark.parametrize(("visibility", "others"), [("public", PULL), ("private", NONE)])
def test_the_cast_on_a_personal_repository(
    owner: User, outsider: User, visibility: str, others: frozenset[Action]
) -> None:
    repository = make(owner, owner.namespace, "app", visibility)
    assert may(caller_of(owner), repository) == ALL
    assert may(caller_of(outsider), repository) == others
    assert may(ANONYMOUS, repository) == others


@pytest.mark.parametrize(("level", "allowed"), [(Level.READ, PULL), (Level.WRITE, PUSH), (Level.ADMIN, ALL)])
def test_grants_on_a_private_repository(
    club: Namespace, owner: User, member: User, outsider: User, level: int, allowed: frozenset[Action]
) -> None:
    repository, other = make(owner, club, "app"), make(owner, club, "other")
    team = people.team(club, users=(member,))
    grant(club, level, team=team, on=repository)
    grant(club, level, user=outsider, on=repository)
    assert may(caller_of(member), repository) == allowed
    assert may(caller_of(outsider), repository) == allowed
    assert may(caller_of(member), other) == may(caller_of(outsider), other) == NONE
    assert may(caller_of(people.user()), repository) == NONE


def test_the_strongest_of_several_grants_counts_and_never_less_than_public(
    club: Namespace, owner: User, member: User
) -> None:
    repository = make(owner, club, "app", "public")
    assert may(caller_of(member), repository) == PULL
    grant(club, Level.READ, user=member, on=repository)
    grant(club, Level.WRITE, team=people.team(club, users=(member,)), on="*")
    assert may(caller_of(member), repository) == PUSH
    grant(club, Level.ADMIN, user=owner, on=repository)
    assert may(caller_of(member), repository) == PUSH


def test_leaving_the_organization_or_the_team_ends_the_teams_grants(club: Namespace, owner: User, member: User) -> None:
    repository = make(owner, club, "app")
    team = people.team(club, users=(member,))
    grant(club, Level.WRITE, team=team, on=repository)
    assert may(caller_of(member), repository) == PUSH
    members.remove(caller_of(owner), namespace=club, username=member.username)
    assert may(caller_of(member), repository) == NONE


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("*", ["app", "a/b", "a_b"], []),
        ("app-*", ["app-1", "app-x/y"], ["app", "my-app-1"]),
        ("*-app", ["my-app"], ["my-app-1"]),
        ("a_b", ["a_b"], ["axb", "a-b", "a__b"]),
        ("a_*", ["a_b", "a_b/c"], ["ab", "axb"]),
        ("a%", [], ["a", "ab", "a/b"]),
        ("*/deep", ["a/deep", "a/b/deep"], ["deep"]),
        ("app", ["app"], ["app-1", "apps"]),
    ],
)
def test_a_pattern_matches_by_its_stars_alone(
    club: Namespace, owner: User, member: User, pattern: str, matching: list[str], others: list[str]
) -> None:
    grant(club, Level.WRITE, user=member, on=pattern)
    for name in matching:
        assert may(caller_of(member), make(owner, club, name)) == PUSH, name
    for name in others:
        assert may(caller_of(member), make(owner, club, name)) == NONE, name


def test_a_pattern_reaches_its_own_namespace_only(club: Namespace, owner: User, member: User) -> None:
    grant(club, Level.ADMIN, user=member, on="*")
    assert may(caller_of(member), make(owner, owner.namespace, "app")) == NONE


def test_the_library_belongs_to_staff(owner: User, outsider: User) -> None:
    library = namespaces.ensure_site_namespace()
    User.objects.filter(pk=owner.pk).update(is_staff=True)
    repository = make(owner, library, "app", "public")
    assert names.repository("app") == repository.full_name
    assert may(caller_of(owner), repository) == ALL
    assert may(caller_of(outsider), repository) == may(ANONYMOUS, repository) == PULL
    User.objects.filter(pk=owner.pk).update(is_staff=False)
    assert may(caller_of(owner), repository) == PULL


def disable(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def unverify(user: User) -> None:
    EmailAddress.objects.filter(user=user).update(verified=False)


def end_tokens(user: User) -> None:
    User.objects.filter(pk=user.pk).update(token_epoch=F("token_epoch") + 1)


@pytest.mark.parametrize("end", [disable, unverify, end_tokens])
def test_an_account_that_no_longer_holds_may_nothing_not_even_what_everybody_may(
    club: Namespace, owner: User, end: Callable[[User], None]
) -> None:
    caller = caller_of(owner)
    repository, public = make(owner, club, "app"), make(owner, club, "public", "public")
    assert may(caller, repository) == ALL
    end(owner)
    assert may(caller, repository) == NONE
    assert may(caller, public) == NONE
    assert rights.actions_for(names.repository(f"{club.name}/new"), caller) == NONE
    assert may(ANONYMOUS, public) == PULL
