"""How a right ends: the acts behind section 10 of the table, each a call of a rule or a change that staff may make."""

from __future__ import annotations

from collections.abc import Callable

from allauth.account.models import EmailAddress
from django.utils import timezone

from accounts import members, refresh_tokens, teams, users
from accounts import tokens as access_tokens
from accounts.models import AccessToken, Namespace, Team, User
from accounts.roles import Role
from repositories import catalog
from repositories.access import Action
from repositories.models import RepositoryGrant
from tests.make import content, people
from tests.matrix.places import REPOSITORIES, username
from tests.matrix.world import World, user_of


def _acme() -> Namespace:
    return Namespace.objects.get(name="acme")


def _leave_organization(person: str, world: World) -> None:
    members.remove(people.caller_of(user_of("owner")), namespace=_acme(), username=username(person))


def _become_member(person: str, world: World) -> None:
    owner = people.caller_of(user_of("owner"))
    members.change_role(owner, namespace=_acme(), username=username(person), role=Role.MEMBER)


def _leave_team(person: str, world: World) -> None:
    owner, team = people.caller_of(user_of("owner")), _team_of(person)
    teams.remove_member(owner, team=team, username=username(person))


def _delete_team(person: str, world: World) -> None:
    teams.delete(people.caller_of(user_of("owner")), team=_team_of(person))


def _team_of(person: str) -> Team:
    return Team.objects.get(members__membership__user=user_of(person))


def _withdraw_grants(person: str, world: World) -> None:
    assert RepositoryGrant.objects.filter(user=user_of(person)).delete()[0]


def _leave_site(person: str, world: World) -> None:
    User.objects.filter(pk=user_of(person).pk).update(is_staff=False)


def _disable(person: str, world: World) -> None:
    users.disable(user_of(person))


def _unverify(person: str, world: World) -> None:
    EmailAddress.objects.filter(user=user_of(person)).update(verified=False)


def _change_password(person: str, world: World) -> None:
    user = user_of(person)
    user.set_password("another-good-password")
    user.save()


def _revoke(person: str, world: World) -> None:
    row = access_tokens.authenticate(world.proofs[person].login["token repo:admin"][1])
    access_tokens.revoke(people.caller_of(user_of(person)), row.pk)


def _expire(person: str, world: World) -> None:
    row = access_tokens.authenticate(world.proofs[person].login["token repo:admin"][1])
    AccessToken.objects.filter(pk=row.pk).update(expires_at=timezone.now())


def _revoke_refresh(person: str, world: World) -> None:
    row = refresh_tokens.redeem(world.proofs[person].login["refresh token"][1])
    access_tokens.revoke(people.caller_of(user_of(person)), row.pk)


def _hide_public(person: str, world: World) -> None:
    catalog.change(content.access(user_of("owner"), REPOSITORIES["public"], Action.ADMIN), visibility="private")


def _delete_secret(person: str, world: World) -> None:
    found = content.access(user_of("owner"), REPOSITORIES["secret"], Action.ADMIN)
    catalog.delete(found, confirm=REPOSITORIES["secret"])


#: By the table's words.
ACTS: dict[str, Callable[[str, World], None]] = {
    "they leave the organization": _leave_organization,
    "they become a plain member": _become_member,
    "they leave the team": _leave_team,
    "they leave team and organization": _leave_organization,
    "the team is deleted": _delete_team,
    "the grant is withdrawn": _withdraw_grants,
    "the grant on the pattern is withdrawn": _withdraw_grants,
    "they no longer work for the site": _leave_site,
    "the account is disabled": _disable,
    "the address is no longer verified": _unverify,
    "the password is changed": _change_password,
    "the access token is revoked": _revoke,
    "the access token expires": _expire,
    "the refresh token is revoked": _revoke_refresh,
    "`public` becomes private": _hide_public,
    "`secret` is deleted": _delete_secret,
}
