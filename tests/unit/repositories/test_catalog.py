"""The catalogue: who may create what, under which names; change, delete, search and list."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.callers import ANONYMOUS
from accounts.errors import NamespaceUnknown, RoleDenied
from accounts.models import Namespace, User
from accounts.roles import Role
from accounts.scopes import TokenScope
from repositories import access as rights
from repositories import catalog, quotas, tags
from repositories.errors import (
    AccessDenied,
    ConfirmationMismatch,
    DescriptionTooLong,
    NameInvalid,
    QuotaExceeded,
    RepositoryExists,
    RepositoryUnknown,
)
from repositories.models import Blob, Repository, RepositoryGrant, RepositoryName, TagEvent
from repositories.oci import names
from repositories.upkeep import garbage
from tests.make import content, people
from tests.make.people import caller_of
from tests.make.threads import together
from tests.unit.repositories.builders import push_blob, push_image, push_index

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("audited")]


def create(user: User, name: str, namespace: str = "", **more: str) -> Repository:
    return catalog.create(caller_of(user), namespace=namespace or user.username, name=name, **more)


def test_a_new_repository_is_empty_and_says_who_made_it(owner: User) -> None:
    made = create(owner, "app", description="  A short\n text ", visibility="private")
    assert made.full_name == "owner-person/app"
    assert (made.description, made.visibility, made.created_by) == ("A short text", "private", owner)
    assert made.pushed_at is None
    assert tags.names_after(made) == ([], False)


def test_the_default_visibility_is_the_namespaces(owner: User, organization: Namespace) -> None:
    assert create(owner, "app").visibility == "public"
    assert create(owner, "app", organization.name).visibility == "private"


@pytest.mark.parametrize("name", ["app", "deep/er/app", "a.b_c-d", "0"])
def test_names_may_nest(owner: User, name: str) -> None:
    assert create(owner, name).name == name


@pytest.mark.parametrize("name", ["", "App", "-app", "a//b", "app/", "a b", "../x", "a/-/b", "a\x00", "x" * 250, "é"])
def test_what_is_no_name_is_refused(owner: User, name: str) -> None:
    with pytest.raises(NameInvalid):
        create(owner, name)
    assert not Repository.objects.exists()


def test_a_name_is_given_once(owner: User, organization: Namespace) -> None:
    create(owner, "app")
    with pytest.raises(RepositoryExists):
        create(owner, "app")
    create(owner, "app", organization.name)
    assert Repository.objects.count() == 2


def test_a_description_may_have_a_hundred_characters(owner: User) -> None:
    assert len(create(owner, "app", description="é" * 100).description) == 100
    with pytest.raises(DescriptionTooLong) as refused:
        create(owner, "other", description="é" * 101)
    assert (refused.value.length, refused.value.limit) == (101, 100)


def test_only_who_has_a_role_there_creates(owner: User, organization: Namespace, member: User, outsider: User) -> None:
    editor = people.user()
    people.member(organization, editor, Role.EDITOR)
    create(editor, "by-editor", organization.name)
    for caller in (caller_of(member), caller_of(outsider), ANONYMOUS):
        with pytest.raises(RoleDenied):
            catalog.create(caller, namespace=organization.name, name="app")
    with pytest.raises(NamespaceUnknown):
        create(owner, "app", "nobody-here")


@pytest.mark.parametrize(
    ("scope", "patterns", "may"),
    [
        (TokenScope.ADMIN, [], True),
        (TokenScope.WRITE, [], True),
        (TokenScope.READ, [], False),
        (TokenScope.ADMIN, ["owner-person/other"], False),
        (TokenScope.WRITE, ["owner-person/*"], True),
    ],
)
def test_a_token_creates_within_its_scope(owner: User, scope: TokenScope, patterns: list[str], may: bool) -> None:
    caller = caller_of(owner, people.access_token(owner, scope, patterns)[0])
    if may:
        catalog.create(caller, namespace=owner.username, name="app")
    else:
        with pytest.raises(RoleDenied):
            catalog.create(caller, namespace=owner.username, name="app")
    assert Repository.objects.exists() is may


def test_a_visibility_that_is_none_is_not_taken_for_a_name_in_use(owner: User) -> None:
    with pytest.raises(ValueError, match="secret"):
        create(owner, "app", visibility="secret")


def test_a_deleted_name_is_its_namespaces_to_use_again_and_nobody_elses(owner: User, outsider: User) -> None:
    access = content.repository(owner, "app")
    catalog.delete(access, confirm="owner-person/app")
    assert RepositoryName.objects.get().state == RepositoryName.State.RETIRED
    made = create(owner, "app")
    assert RepositoryName.objects.get().repository == made
    RepositoryName.objects.filter(repository=made).update(
        repository=None, state=RepositoryName.State.RETIRED, namespace=outsider.namespace
    )
    made.delete()
    with pytest.raises(RepositoryExists):
        create(owner, "app")


@pytest.mark.django_db(transaction=True)
def test_of_many_that_create_the_same_name_one_does(owner: User) -> None:
    caller = caller_of(owner)
    outcomes = together(
        [lambda: catalog.create(caller, namespace=owner.username, name="app", visibility="private")] * 4
    )
    assert sum(isinstance(outcome, Repository) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, (RepositoryExists, QuotaExceeded)) for outcome in outcomes) == 3


# -- Change


def test_the_description_and_the_visibility_change(owner: User) -> None:
    access = content.repository(owner, "app")
    changed = catalog.change(access, description="New", visibility="private")
    assert (changed.description, changed.visibility) == ("New", "private")
    assert quotas.usage_of(owner.namespace).private_used == 1
    with pytest.raises(RepositoryUnknown):
        rights.find(names.repository("owner-person/app"), ANONYMOUS)
    catalog.change(access, visibility="private")
    assert quotas.usage_of(owner.namespace).private_used == 1
    catalog.change(access, visibility="public")
    assert quotas.usage_of(owner.namespace).private_used == 0
    assert Repository.objects.get().description == "New"


def test_hiding_takes_a_slot_or_is_refused_whole(owner: User) -> None:
    content.repository(owner, "first", private=True)
    access = content.repository(owner, "second")
    with pytest.raises(QuotaExceeded):
        catalog.change(access, description="lost", visibility="private")
    with pytest.raises(DescriptionTooLong):
        catalog.change(access, description="x" * 101)
    row = Repository.objects.get(name="second")
    assert (row.visibility, row.description) == ("public", "")


def test_only_who_administers_changes_and_deletes(owner: User, outsider: User) -> None:
    made = create(owner, "app")
    RepositoryGrant.objects.create(namespace=owner.namespace, repository=made, user=outsider, level=2)
    writer = content.access(outsider, "owner-person/app")
    with pytest.raises(AccessDenied):
        catalog.change(writer, description="x")
    with pytest.raises(AccessDenied):
        catalog.delete(writer, confirm="owner-person/app")


# -- Delete


@pytest.mark.parametrize("typed", ["", "app", "owner-person/App", "owner-person/app2", "library/app"])
def test_deleting_needs_the_full_name(owner: User, typed: str) -> None:
    access = content.repository(owner, "app")
    with pytest.raises(ConfirmationMismatch):
        catalog.delete(access, confirm=typed)
    assert Repository.objects.exists()


def test_deleting_takes_everything_and_frees_the_usage(owner: User, outsider: User) -> None:
    access = content.repository(owner, "app", private=True)
    RepositoryGrant.objects.create(namespace=owner.namespace, repository=access.repository, user=outsider, level=1)
    push_index(access, [push_image(access, "one"), push_image(access, layers=[b"two"])], "all")
    tags.remove(access, "one")
    push_blob(access, b"loose")
    catalog.delete(access, confirm=" owner-person/app ")
    assert not Repository.objects.exists()
    assert not TagEvent.objects.exists()
    usage = quotas.usage_of(owner.namespace)
    assert (usage.used, usage.reserved, usage.private_used) == (0, 0, 0)
    garbage.collect(grace=timedelta(0))
    assert not Blob.objects.exists()
    with pytest.raises(RepositoryUnknown):
        catalog.delete(access, confirm="owner-person/app")
