"""Teams: named groups of an organization's members, to which rights on repositories are given."""

from __future__ import annotations

import re

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts import namespaces
from accounts.callers import Caller
from accounts.errors import MembershipInvalid, TeamInvalid, TeamUnknown
from accounts.models import Membership, Namespace, Team, TeamMember
from accounts.roles import Role

NAME_PATTERN = re.compile(r"[A-Za-z0-9_-]{3,30}", re.ASCII)
DESCRIPTION_MAX = 100


def of_namespace(caller: Caller, *, namespace: Namespace) -> QuerySet[Team]:
    """The teams by name; shown to members only. Errors: RoleDenied."""
    namespaces.require_role(namespace, caller, tuple(reversed(Role)))
    return Team.objects.filter(namespace=namespace).order_by("name")


def find(caller: Caller, *, namespace: Namespace, name: str) -> Team:
    """One team of the namespace. Errors: RoleDenied, TeamUnknown."""
    mine = of_namespace(caller, namespace=namespace).select_related("namespace")
    found = mine.filter(name=name).first() if NAME_PATTERN.fullmatch(name) else None
    if found is None:
        raise TeamUnknown(name)
    return found


@transaction.atomic
def create(caller: Caller, *, namespace: Namespace, name: str, description: str = "") -> Team:
    """Make an empty team. Errors: RoleDenied, MembershipInvalid (not an organization), TeamInvalid."""
    locked = namespaces.govern(namespace, caller)
    if locked.kind != Namespace.Kind.ORGANIZATION:
        raise MembershipInvalid(f"“{locked.name}” is not an organization; only organizations have teams.")
    return _save(Team(namespace=locked, name=name, description=description))


@transaction.atomic
def change(caller: Caller, *, team: Team, name: str | None = None, description: str | None = None) -> Team:
    """Rename or describe a team; None leaves a field as it is. Errors: RoleDenied, TeamUnknown, TeamInvalid."""
    found = _governed(caller, team)
    found.name = found.name if name is None else name
    found.description = found.description if description is None else description
    return _save(found)


@transaction.atomic
def delete(caller: Caller, *, team: Team) -> None:
    """Delete a team; its members stay members of the organization. Errors: RoleDenied, TeamUnknown."""
    _governed(caller, team).delete()


@transaction.atomic
def add_member(caller: Caller, *, team: Team, username: str) -> None:
    """Put a member into a team, if they are not in it. Errors: RoleDenied, TeamUnknown, MembershipInvalid."""
    found = _governed(caller, team)
    membership = Membership.objects.filter(namespace=found.namespace_id, user__username=username).first()
    if membership is None:
        raise MembershipInvalid(f"“{username}” is not a member of “{found.namespace.name}”.")
    TeamMember.objects.get_or_create(team=found, membership=membership)


@transaction.atomic
def remove_member(caller: Caller, *, team: Team, username: str) -> None:
    """Take a member out of a team. Errors: RoleDenied, TeamUnknown, MembershipInvalid (not in it)."""
    found = _governed(caller, team)
    gone, _ = TeamMember.objects.filter(team=found, membership__user__username=username).delete()
    if not gone:
        raise MembershipInvalid(f"“{username}” is not in the team “{found.name}”.")


def _governed(caller: Caller, team: Team) -> Team:
    """The team as it is now, under the lock of its namespace."""
    namespaces.govern(team.namespace, caller)
    found = Team.objects.select_related("namespace").filter(pk=team.pk).first()
    if found is None:
        raise TeamUnknown(team.name)
    return found


def _save(team: Team) -> Team:
    if not NAME_PATTERN.fullmatch(team.name):
        raise TeamInvalid("name", "Name the team with 3 to 30 letters, digits, dashes or underscores.")
    team.description = team.description.strip()
    if len(team.description) > DESCRIPTION_MAX:
        raise TeamInvalid("description", f"Describe the team in at most {DESCRIPTION_MAX} characters.")
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError as error:
        raise TeamInvalid("name", f"There is already a team “{team.name}”.") from error
    return team
