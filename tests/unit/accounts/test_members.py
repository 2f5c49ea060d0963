"""Members of organizations, and the last owner who stays."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts import callers, members, namespaces, users
from accounts.callers import Caller
from accounts.errors import AccountError, LastOwner, MembershipInvalid, RoleDenied
from accounts.models import Membership, Namespace, TeamMember, User
from accounts.roles import Role
from tests.make import people
from tests.make.people import caller_of
from tests.make.threads import together

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(organization: Namespace) -> User:
    found = people.user("editor-person")
    people.member(organization, found, Role.EDITOR)
    return found


@pytest.fixture
def staff(db: None) -> User:
    return users.create_administrator(username="boss-person", email="boss@example.com", password=people.PASSWORD)


def roles(namespace: Namespace) -> dict[str, str]:
    return dict(namespace.memberships.values_list("user__username", "role"))


def test_an_owner_adds_changes_and_removes(organization: Namespace, owner: User, outsider: User) -> None:
    who = caller_of(owner)
    members.add(who, namespace=organization, username=" Outsider-Person ", role=Role.EDITOR)
    assert roles(organization) == {"owner-person": "owner", "outsider-person": "editor"}
    assert members.role(outsider, namespace=organization) is Role.EDITOR
    members.change_role(who, namespace=organization, username="outsider-person", role=Role.OWNER)
    assert members.role(outsider, namespace=organization) is Role.OWNER
    members.remove(who, namespace=organization, username="outsider-person")
    assert members.role(outsider, namespace=organization) is None
    assert roles(organization) == {"owner-person": "owner"}


Act = Callable[[Caller, Namespace], object]
ACTS: dict[str, Act] = {
    "add": lambda who, club: members.add(who, namespace=club, username="stranger", role=Role.MEMBER),
    "change": lambda who, club: members.change_role(who, namespace=club, username="target", role=Role.EDITOR),
    "remove": lambda who, club: members.remove(who, namespace=club, username="target"),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS.keys())
def test_only_owners_change_members(
    act: Act, organization: Namespace, owner: User, editor: User, member: User, outsider: User, staff: User
) -> None:
    people.user("stranger")
    people.member(organization, people.user("target"))
    before = roles(organization)
    token, _ = people.access_token(owner)
    refused = [caller_of(editor), caller_of(member), caller_of(outsider), caller_of(staff), callers.ANONYMOUS]
    for who in [*refused, caller_of(owner, token)]:
        with pytest.raises(RoleDenied, match="Only an owner of “the-club” may do this"):
            act(who, organization)
    assert roles(organization) == before
    act(caller_of(owner), organization)
    assert roles(organization) != before


def test_a_claim_that_no_longer_holds_changes_nothing(organization: Namespace, owner: User, member: User) -> None:
    stale = caller_of(owner)
    users.end_bearer_tokens(owner)
    with pytest.raises(RoleDenied):
        members.remove(stale, namespace=organization, username=member.username)
    users.disable(owner)
    with pytest.raises(RoleDenied):
        members.remove(caller_of(owner), namespace=organization, username=member.username)


def test_members_leave_on_their_own_but_remove_nobody_else(organization: Namespace, member: User, editor: User) -> None:
    with pytest.raises(RoleDenied):
        members.remove(caller_of(member), namespace=organization, username=editor.username)
    members.remove(caller_of(member), namespace=organization, username=member.username)
    assert members.role(member, namespace=organization) is None


def test_the_last_owner_stays(organization: Namespace, owner: User, editor: User) -> None:
    who = caller_of(owner)
    with pytest.raises(LastOwner, match="must keep at least one owner"):
        members.remove(who, namespace=organization, username=owner.username)
    with pytest.raises(LastOwner):
        members.change_role(who, namespace=organization, username=owner.username, role=Role.MEMBER)
    members.change_role(who, namespace=organization, username=editor.username, role=Role.OWNER)
    members.remove(who, namespace=organization, username=owner.username)
    assert roles(organization) == {"editor-person": "owner"}


def test_an_owner_who_cannot_act_is_none(organization: Namespace, owner: User, editor: User) -> None:
    members.change_role(caller_of(owner), namespace=organization, username=editor.username, role=Role.OWNER)
    users.disable(editor)
    with pytest.raises(LastOwner):
        members.remove(caller_of(owner), namespace=organization, username=owner.username)
    members.remove(caller_of(owner), namespace=organization, username=editor.username)
    assert roles(organization) == {"owner-person": "owner"}


@pytest.mark.parametrize("username", ["nobody", "unverified", "disabled", ""])
def test_only_people_who_can_act_are_added(organization: Namespace, owner: User, username: str) -> None:
    people.user("unverified", verified=False)
    users.disable(people.user("disabled"))
    with pytest.raises(MembershipInvalid, match="There is no user"):
        members.add(caller_of(owner), namespace=organization, username=username, role=Role.MEMBER)


def test_a_member_is_added_once(organization: Namespace, owner: User, member: User) -> None:
    with pytest.raises(MembershipInvalid, match="already a member"):
        members.add(caller_of(owner), namespace=organization, username=member.username, role=Role.OWNER)
    assert members.role(member, namespace=organization) is Role.MEMBER
    with pytest.raises(MembershipInvalid, match="is not a member"):
        members.change_role(caller_of(owner), namespace=organization, username="nobody", role=Role.OWNER)


def test_personal_namespaces_and_the_site_have_no_members(owner: User, outsider: User, staff: User) -> None:
    own = namespaces.find(owner.username)
    library = namespaces.find("library")
    for who, namespace in ((owner, own), (staff, library)):
        with pytest.raises(MembershipInvalid, match="only organizations have members"):
            members.add(caller_of(who), namespace=namespace, username=outsider.username, role=Role.OWNER)
    with pytest.raises(MembershipInvalid):
        members.remove(caller_of(owner), namespace=own, username=owner.username)
    assert roles(own) == {"owner-person": "owner"}


def test_leaving_the_organization_leaves_its_teams(organization: Namespace, owner: User, member: User) -> None:
    team = people.team(organization, users=(member, owner))
    members.remove(caller_of(owner), namespace=organization, username=member.username)
    assert [row.membership.user for row in TeamMember.objects.filter(team=team)] == [owner]


def test_members_are_listed_to_members_only(organization: Namespace, member: User, outsider: User) -> None:
    listed = members.of_namespace(caller_of(member), namespace=organization)
    assert [row.user.username for row in listed] == ["member-person", "owner-person"]
    for who in (caller_of(outsider), callers.ANONYMOUS):
        with pytest.raises(RoleDenied):
            members.of_namespace(who, namespace=organization)


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_remove_each_other_leave_one() -> None:
    ana, ben = people.user("ana-person"), people.user("ben-person")
    club = people.organization("race-club", ana)
    people.member(club, ben, Role.OWNER)
    outcomes = together(
        [
            lambda: members.remove(caller_of(ana), namespace=club, username=ben.username),
            lambda: members.remove(caller_of(ben), namespace=club, username=ana.username),
        ]
    )
    assert Membership.objects.filter(namespace=club, role=Role.OWNER).count() == 1
    assert sum(isinstance(outcome, AccountError) for outcome in outcomes) == 1


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_step_down_at_once_leave_one() -> None:
    ana, ben = people.user("ana-person"), people.user("ben-person")
    club = people.organization("race-club", ana)
    people.member(club, ben, Role.OWNER)
    outcomes = together(
        [
            lambda: members.change_role(caller_of(ana), namespace=club, username=ana.username, role=Role.MEMBER),
            lambda: members.change_role(caller_of(ben), namespace=club, username=ben.username, role=Role.MEMBER),
        ]
    )
    assert Membership.objects.filter(namespace=club, role=Role.OWNER).count() == 1
    assert [type(outcome) for outcome in outcomes].count(LastOwner) == 1
