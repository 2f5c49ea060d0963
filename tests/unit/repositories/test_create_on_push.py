"""A first push makes its repository, where the rules allow it."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from accounts.callers import ANONYMOUS, Caller
from accounts.models import Namespace, User
from accounts.scopes import TokenScope
from repositories import access as rights
from repositories import catalog
from repositories.access import Action
from repositories.errors import (
    AccessDenied,
    QuotaExceeded,
    RepositoryUnknown,
)
from repositories.models import Repository
from repositories.oci import names
from tests.make import people
from tests.make.people import caller_of
from tests.make.threads import together

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("audited")]


def create(user: User, name: str, namespace: str = "", **more: str) -> Repository:
    return catalog.create(caller_of(user), namespace=namespace or user.username, name=name, **more)


def push_to(user: User | Caller, name: str) -> rights.Access:
    caller = user if isinstance(user, Caller) else caller_of(user)
    return catalog.open_for_push(names.repository(name), caller)


def test_a_push_makes_a_missing_repository_with_the_default_visibility(owner: User, organization: Namespace) -> None:
    assert push_to(owner, "owner-person/new").repository.visibility == "public"
    access = push_to(owner, f"{organization.name}/deep/new")
    assert access.repository.visibility == "private"
    assert access.may(Action.PUSH)
    assert push_to(owner, "owner-person/new").repository.pk != access.repository.pk
    assert Repository.objects.count() == 2


def test_a_push_makes_nothing_where_the_caller_may_not_create(
    owner: User, organization: Namespace, member: User, outsider: User
) -> None:
    reader = caller_of(owner, people.access_token(owner, TokenScope.READ)[0])
    for who in (member, outsider, ANONYMOUS, reader):
        for name in (f"{organization.name}/new", "nobody-here/new", "library/new"):
            with pytest.raises(RepositoryUnknown):
                push_to(who, name)
    assert not Repository.objects.exists()


def test_a_push_makes_nothing_when_the_hub_does_not_allow_it(owner: User, settings: Settings) -> None:
    settings.HUB_CREATE_ON_PUSH = False
    with pytest.raises(RepositoryUnknown):
        push_to(owner, "owner-person/new")
    create(owner, "new")
    assert push_to(owner, "owner-person/new").may(Action.PUSH)


def test_a_push_that_would_take_a_private_slot_too_many_is_refused_with_the_rule(
    owner: User, organization: Namespace
) -> None:
    push_to(owner, f"{organization.name}/first")
    with pytest.raises(QuotaExceeded):
        push_to(owner, f"{organization.name}/second")
    assert Repository.objects.count() == 1


def test_who_may_only_pull_may_not_push(owner: User, outsider: User) -> None:
    create(owner, "app")
    with pytest.raises(AccessDenied):
        push_to(outsider, "owner-person/app")


@pytest.mark.django_db(transaction=True)
def test_the_parallel_layers_of_a_first_push_make_one_repository(owner: User) -> None:
    caller = caller_of(owner)
    outcomes = together([lambda: push_to(caller, "owner-person/new")] * 4)
    assert all(isinstance(outcome, rights.Access) for outcome in outcomes), outcomes
    assert Repository.objects.count() == 1
