"""Claiming namespaces, finding them, roles in them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from accounts import callers, names, namespaces, users
from accounts.errors import NameReserved, NamespaceUnknown, NameTaken, RoleDenied
from accounts.models import Membership, Namespace, NamespaceName, User
from accounts.roles import CONTENT_ROLES, PEOPLE_ROLES, Role
from tests.make import people
from tests.make.people import caller_of
from tests.make.threads import together

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(db: None) -> User:
    return users.create_administrator(username="boss-person", email="boss@example.com", password=people.PASSWORD)


def test_a_personal_namespace_is_public_and_its_user_owns_it(owner: User) -> None:
    found = namespaces.find("owner-person")
    assert (found.kind, found.user, found.default_visibility) == ("personal", owner, "public")
    assert namespaces.role_in(found, caller_of(owner)) is Role.OWNER


def test_an_organization_is_private(organization: Namespace, owner: User) -> None:
    found = namespaces.find("the-club")
    assert (found.kind, found.user, found.default_visibility) == ("organization", None, "private")
    assert namespaces.role_in(found, caller_of(owner)) is Role.OWNER


@pytest.mark.parametrize("name", ["owner-person", "owner.person", "0wner_pers0n", "the-club", "the-c1ub"])
def test_taken_names_and_look_alikes(organization: Namespace, outsider: User, name: str) -> None:
    with pytest.raises(NameTaken, match="taken, or too similar"):
        namespaces.check_free(name)
    with pytest.raises(NameTaken):
        namespaces.create_organization(name, outsider)
    assert Membership.objects.filter(user=outsider).count() == 1


def test_reserved_names_belong_to_the_hub(outsider: User) -> None:
    for name in ("library", "l1brary", "admin"):
        with pytest.raises(NameReserved):
            namespaces.check_free(name)
        with pytest.raises(NameReserved):
            namespaces.create_organization(name, outsider)


def test_retired_names_stay_taken_and_lead_nowhere() -> None:
    NamespaceName.objects.create(name="old-name", skeleton=names.skeleton("old-name"), state="retired")
    with pytest.raises(NameTaken):
        namespaces.check_free("oldname")
    with pytest.raises(NamespaceUnknown, match="old-name"):
        namespaces.find("old-name")


def test_an_alias_leads_to_its_namespace(organization: Namespace) -> None:
    former = names.skeleton("former-name")
    NamespaceName.objects.create(name="former-name", skeleton=former, namespace=organization, state="alias")
    assert namespaces.find("former-name") == organization


@pytest.mark.parametrize("name", ["nobody", "The-Club", "", "the-club/", "a\x00b", "x" * 10_000])
def test_unknown_names(organization: Namespace, name: str) -> None:
    with pytest.raises(NamespaceUnknown):
        namespaces.find(name)


def test_library_is_there_and_belongs_to_staff(staff: User, owner: User) -> None:
    library = namespaces.find("library")
    assert library.kind == "site"
    assert namespaces.role_in(library, caller_of(staff)) is Role.OWNER
    assert namespaces.role_in(library, caller_of(owner)) is None
    assert namespaces.role_in(library, callers.ANONYMOUS) is None
    assert namespaces.ensure_site_namespace() == library


def test_every_migration_brings_library_back(db: None) -> None:
    NamespaceName.objects.all().delete()
    Namespace.objects.all().delete()
    call_command("migrate", verbosity=0)
    assert namespaces.find("library").kind == "site"


@pytest.mark.parametrize("allowed", [CONTENT_ROLES, PEOPLE_ROLES, tuple(Role)])
def test_require_role_walks_the_cast(
    organization: Namespace, owner: User, member: User, outsider: User, staff: User, allowed: tuple[Role, ...]
) -> None:
    editor = people.user("editor-person")
    people.member(organization, editor, Role.EDITOR)
    cast = {owner: Role.OWNER, editor: Role.EDITOR, member: Role.MEMBER, outsider: None, staff: None}
    for user, role in cast.items():
        if role in allowed:
            assert namespaces.require_role(organization, caller_of(user), allowed) is role
        else:
            with pytest.raises(RoleDenied, match="Only an owner"):
                namespaces.require_role(organization, caller_of(user), allowed)
    with pytest.raises(RoleDenied):
        namespaces.require_role(organization, callers.ANONYMOUS, allowed)


def test_namespaces_of_a_user(organization: Namespace, owner: User, member: User, outsider: User, staff: User) -> None:
    def of(user: User, *roles: Role) -> list[str]:
        return [found.name for found in namespaces.of_user(caller_of(user), roles or CONTENT_ROLES)]

    assert of(owner) == ["owner-person", "the-club"]
    assert of(member) == ["member-person"]
    assert of(member, *Role) == ["member-person", "the-club"]
    assert of(outsider) == ["outsider-person"]
    people.organization("a-club", staff)
    assert of(staff) == ["boss-person", "a-club", "library"]
    assert list(namespaces.of_user(callers.ANONYMOUS)) == []


def test_a_lost_claim_has_no_role(organization: Namespace, owner: User) -> None:
    stale = caller_of(owner)
    users.end_bearer_tokens(owner)
    assert namespaces.role_in(organization, stale) is None
    assert list(namespaces.of_user(stale)) == []
    unverified = people.user(verified=False)
    assert namespaces.role_in(namespaces.find(unverified.username), caller_of(unverified)) is None


def test_the_database_keeps_the_shape_of_namespaces(owner: User, organization: Namespace) -> None:
    spare = User.objects.create(username="spare-person")
    broken: list[dict[str, Any]] = [
        {"name": "no-user", "kind": "personal", "default_visibility": "public"},
        {
            "name": "has-user",
            "kind": "organization",
            "user": spare,
            "default_visibility": "public",
        },
        {"name": "odd-kind", "kind": "club", "default_visibility": "public"},
        {"name": "odd-view", "kind": "organization", "default_visibility": "secret"},
        {"name": "the-club", "kind": "organization", "default_visibility": "public"},
    ]
    for facts in broken:
        with pytest.raises(IntegrityError), transaction.atomic():
            Namespace.objects.create(**facts)
    broken_names: list[dict[str, Any]] = [
        {"name": "x-one", "skeleton": "xone", "namespace": organization, "state": "current"},
        {"name": "x-two", "skeleton": "xtwo", "namespace": None, "state": "alias"},
        {"name": "x-three", "skeleton": "xthree", "namespace": organization, "state": "retired"},
        {"name": "x-four", "skeleton": names.skeleton("the-club"), "namespace": organization, "state": "alias"},
    ]
    for facts in broken_names:
        with pytest.raises(IntegrityError), transaction.atomic():
            NamespaceName.objects.create(**facts)
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(namespace=organization, user=owner, role="member")
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(namespace=organization, user=people.user("other-spare"), role="king")


@pytest.mark.django_db(transaction=True)
def test_one_of_many_gets_a_name() -> None:
    founders = [people.user() for _ in range(4)]
    wishes = ["the-prize", "the.prize", "theprize", "the_pr1ze"]
    outcomes = together(
        [lambda pair=pair: namespaces.create_organization(*pair) for pair in zip(wishes, founders, strict=True)]  # type: ignore[misc]
    )
    assert sum(isinstance(outcome, Namespace) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, NameTaken) for outcome in outcomes) == 3
    assert Namespace.objects.filter(kind="organization").count() == 1


@pytest.mark.django_db(transaction=True)
def test_processes_that_start_together_make_one_library() -> None:
    NamespaceName.objects.filter(name="library").delete()
    Namespace.objects.filter(name="library").delete()
    outcomes = together([namespaces.ensure_site_namespace] * 4)
    assert outcomes == [Namespace.objects.get(name="library")] * 4
