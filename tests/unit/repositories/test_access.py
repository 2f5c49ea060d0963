"""Who may do what with which repository: the one rule behind lists, look-ups, tokens and pulls."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db.models import F
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts import members, namespaces
from accounts.callers import ANONYMOUS, Caller
from accounts.models import AccessToken, Namespace, Team, User
from accounts.roles import Role
from accounts.scopes import TokenScope
from repositories import access as rights
from repositories import catalog
from repositories.access import Action
from repositories.errors import AccessDenied, RepositoryUnknown
from repositories.models import NamespaceUsage, Plan, Repository, RepositoryGrant
from repositories.oci import names
from tests.make import people
from tests.make.people import caller_of

pytestmark = pytest.mark.django_db

NONE: frozenset[Action] = frozenset()
PULL = frozenset({Action.PULL})
PUSH = frozenset({Action.PULL, Action.PUSH})
ALL = frozenset(Action)
Level = RepositoryGrant.Level


@pytest.fixture
def club(organization: Namespace) -> Namespace:
    """The organization, with room for any number of private repositories."""
    roomy(organization)
    return organization


def roomy(namespace: Namespace) -> None:
    plan = Plan.objects.get_or_create(name="Roomy", defaults={"private_repositories": None})[0]
    NamespaceUsage.objects.update_or_create(namespace=namespace, defaults={"plan": plan})


def make(maker: User, namespace: Namespace, name: str, visibility: str = "private") -> Repository:
    return catalog.create(caller_of(maker), namespace=namespace.name, name=name, visibility=visibility)


def grant(
    namespace: Namespace, level: int, *, user: User | None = None, team: Team | None = None, on: Repository | str
) -> RepositoryGrant:
    if isinstance(on, Repository):
        return RepositoryGrant.objects.create(namespace=namespace, repository=on, user=user, team=team, level=level)
    return RepositoryGrant.objects.create(
        namespace=namespace, pattern=on, like=rights.like_of(on), user=user, team=team, level=level
    )


def may(caller: Caller, repository: Repository) -> frozenset[Action]:
    """What the caller may do, by every way to ask."""
    name = names.repository(repository.full_name)
    try:
        found = rights.find(name, caller).actions
    except RepositoryUnknown:
        found = NONE
    assert rights.actions_for(name, caller) == found
    assert rights.visible_to(caller).filter(pk=repository.pk).exists() is (Action.PULL in found)
    for action in Action:
        if action in found:
            assert rights.require(name, caller, action).may(action)
        else:
            with pytest.raises((AccessDenied, RepositoryUnknown)):
                rights.require(name, caller, action)
    return found


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


# -- Access tokens


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
