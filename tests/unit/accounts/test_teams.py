"""Teams of organizations."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts import callers, members, namespaces, teams
from accounts.callers import Caller
from accounts.errors import MembershipInvalid, RoleDenied, TeamInvalid, TeamUnknown
from accounts.models import Namespace, Team, User
from accounts.roles import Role
from tests.make import people
from tests.make.people import caller_of

pytestmark = pytest.mark.django_db


def in_team(team: Team) -> list[str]:
    return list(team.members.order_by("pk").values_list("membership__user__username", flat=True))


def test_an_owner_makes_describes_fills_empties_and_deletes(organization: Namespace, owner: User, member: User) -> None:
    who = caller_of(owner)
    team = teams.create(who, namespace=organization, name="Back_end-1", description=" they build it ")
    assert (team.name, team.description) == ("Back_end-1", "they build it")
    teams.add_member(who, team=team, username=member.username)
    teams.add_member(who, team=team, username=member.username)
    assert in_team(team) == ["member-person"]
    assert teams.change(who, team=team, name="platform").description == "they build it"
    assert teams.change(who, team=team, description="").name == "platform"
    teams.remove_member(who, team=team, username=member.username)
    assert in_team(team) == []
    teams.delete(who, team=team)
    with pytest.raises(TeamUnknown):
        teams.find(who, namespace=organization, name="platform")
    assert members.role(member, namespace=organization) is Role.MEMBER


Act = Callable[[Caller, Team], object]
ACTS: dict[str, Act] = {
    "create": lambda who, team: teams.create(who, namespace=team.namespace, name="another"),
    "change": lambda who, team: teams.change(who, team=team, name="renamed"),
    "add": lambda who, team: teams.add_member(who, team=team, username="owner-person"),
    "remove": lambda who, team: teams.remove_member(who, team=team, username="member-person"),
    "delete": lambda who, team: teams.delete(who, team=team),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS.keys())
def test_only_owners_change_teams(act: Act, organization: Namespace, owner: User, member: User, outsider: User) -> None:
    editor = people.user("editor-person")
    people.member(organization, editor, Role.EDITOR)
    team = people.team(organization, "the-team", users=(member,))
    token, _ = people.access_token(owner)
    refused = [caller_of(editor), caller_of(member), caller_of(outsider), callers.ANONYMOUS, caller_of(owner, token)]
    for who in refused:
        with pytest.raises(RoleDenied):
            act(who, team)
    assert [(one.name, in_team(one)) for one in Team.objects.all()] == [("the-team", ["member-person"])]
    act(caller_of(owner), team)


def test_an_owner_of_another_organization_is_an_outsider(organization: Namespace, outsider: User) -> None:
    people.organization("other-club", outsider)
    team = people.team(organization)
    with pytest.raises(RoleDenied):
        teams.delete(caller_of(outsider), team=team)


@pytest.mark.parametrize("name", ["", "ab", "x" * 31, "two words", "naïve", "a/b", "a.b", "abc\n"])
def test_names_of_teams(organization: Namespace, owner: User, name: str) -> None:
    with pytest.raises(TeamInvalid, match="3 to 30 letters") as caught:
        teams.create(caller_of(owner), namespace=organization, name=name)
    assert caught.value.field == "name"


def test_a_name_is_given_once_in_an_organization(organization: Namespace, owner: User) -> None:
    first, second = people.team(organization, "first"), people.team(organization, "second")
    with pytest.raises(TeamInvalid, match="already a team"):
        teams.create(caller_of(owner), namespace=organization, name="first")
    with pytest.raises(TeamInvalid, match="already a team"):
        teams.change(caller_of(owner), team=second, name="first")
    assert teams.change(caller_of(owner), team=first, name="first").name == "first"
    elsewhere = people.organization("other-club", owner)
    assert teams.create(caller_of(owner), namespace=elsewhere, name="first").pk != first.pk


def test_descriptions_have_an_end(organization: Namespace, owner: User) -> None:
    team = people.team(organization)
    assert teams.change(caller_of(owner), team=team, description="x" * 100).description == "x" * 100
    with pytest.raises(TeamInvalid, match="at most 100") as caught:
        teams.change(caller_of(owner), team=team, description="x" * 101)
    assert caught.value.field == "description"


def test_only_members_enter_teams(organization: Namespace, owner: User, outsider: User) -> None:
    team = people.team(organization)
    with pytest.raises(MembershipInvalid, match="is not a member"):
        teams.add_member(caller_of(owner), team=team, username=outsider.username)
    with pytest.raises(MembershipInvalid, match="is not in the team"):
        teams.remove_member(caller_of(owner), team=team, username=owner.username)


def test_only_organizations_have_teams(owner: User) -> None:
    with pytest.raises(MembershipInvalid, match="only organizations have teams"):
        teams.create(caller_of(owner), namespace=namespaces.find(owner.username), name="my-team")


def test_teams_are_shown_to_members_only(organization: Namespace, member: User, outsider: User) -> None:
    people.team(organization, "zebra"), people.team(organization, "Apes")
    listed = teams.of_namespace(caller_of(member), namespace=organization)
    assert [team.name for team in listed] == ["Apes", "zebra"]
    assert teams.find(caller_of(member), namespace=organization, name="zebra").namespace == organization
    for name in ("Zebra", "", "ze\x00bra", "x" * 1000):
        with pytest.raises(TeamUnknown):
            teams.find(caller_of(member), namespace=organization, name=name)
    for who in (caller_of(outsider), callers.ANONYMOUS):
        with pytest.raises(RoleDenied):
            teams.find(who, namespace=organization, name="zebra")


def test_a_team_that_was_deleted_meanwhile(organization: Namespace, owner: User) -> None:
    team = people.team(organization, "the-team")
    Team.objects.filter(pk=team.pk).delete()
    with pytest.raises(TeamUnknown, match="the-team"):
        teams.change(caller_of(owner), team=team, name="renamed")
