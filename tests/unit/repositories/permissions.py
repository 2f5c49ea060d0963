"""What tests of permissions ask and arrange."""

from __future__ import annotations

import pytest

from accounts.callers import Caller
from accounts.models import Namespace, Team, User
from repositories import access as rights
from repositories import catalog
from repositories.access import Action
from repositories.errors import AccessDenied, RepositoryUnknown
from repositories.models import NamespaceUsage, Plan, Repository, RepositoryGrant
from repositories.oci import names
from tests.make.people import caller_of

NONE: frozenset[Action] = frozenset()
PULL = frozenset({Action.PULL})
PUSH = frozenset({Action.PULL, Action.PUSH})
ALL = frozenset(Action)
Level = RepositoryGrant.Level


def roomy(namespace: Namespace) -> None:
    """Let the namespace have any number of private repositories."""
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
