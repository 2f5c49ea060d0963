"""Members of organizations: add, change the role, remove. The last owner stays, also when two owners act at once."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from accounts import callers, namespaces
from accounts.callers import Caller
from accounts.errors import LastOwner, MembershipInvalid, RoleDenied
from accounts.models import Membership, Namespace, User
from accounts.roles import Role


def role(user: User, *, namespace: Namespace) -> Role | None:
    """The role of anybody in the namespace, None for outsiders; what a caller may do is `namespaces.role_in`."""
    found = Membership.objects.filter(namespace=namespace, user=user).values_list("role", flat=True).first()
    return Role(found) if found else None


def of_namespace(caller: Caller, *, namespace: Namespace) -> QuerySet[Membership]:
    """The members with their users, by name; shown to members only. Errors: RoleDenied."""
    namespaces.require_role(namespace, caller, tuple(reversed(Role)))
    return Membership.objects.filter(namespace=namespace).select_related("user").order_by("user__username")


@transaction.atomic
def add(caller: Caller, *, namespace: Namespace, username: str, role: Role) -> Membership:
    """Make a person a member of an organization.

    Errors: RoleDenied, MembershipInvalid (not an organization, no such person, a member already).
    """
    locked = _organization(namespace, caller)
    user = callers.trusted_users().filter(username=username.strip().lower()).first()
    if user is None:
        raise MembershipInvalid(f"There is no user “{username.strip()}”.")
    membership, made = Membership.objects.get_or_create(namespace=locked, user=user, defaults={"role": role})
    if not made:
        raise MembershipInvalid(f"“{user.username}” is already a member of “{locked.name}”.")
    return membership


@transaction.atomic
def change_role(caller: Caller, *, namespace: Namespace, username: str, role: Role) -> Membership:
    """Give a member another role. Errors: RoleDenied, MembershipInvalid, LastOwner."""
    membership = _membership(_organization(namespace, caller), username)
    if role != Role.OWNER:
        _require_another_owner(membership)
    membership.role = role
    membership.save(update_fields=["role"])
    return membership


@transaction.atomic
def remove(caller: Caller, *, namespace: Namespace, username: str) -> None:
    """End a membership, and with it the places in the organization's teams. Owners remove anybody; members, themselves.

    Errors: RoleDenied, MembershipInvalid, LastOwner.
    """
    try:
        locked = _organization(namespace, caller)
    except RoleDenied:
        locked = namespace
        leaving = callers.matching(caller).filter(username=username).exists()
        if not leaving or caller.token_id is not None:
            raise
    membership = _membership(locked, username)
    _require_another_owner(membership)
    membership.delete()


def _organization(namespace: Namespace, caller: Caller) -> Namespace:
    locked = namespaces.govern(namespace, caller)
    if locked.kind != Namespace.Kind.ORGANIZATION:
        raise MembershipInvalid(f"“{locked.name}” is not an organization; only organizations have members.")
    return locked


def _membership(namespace: Namespace, username: str) -> Membership:
    found = Membership.objects.filter(namespace=namespace, user__username=username).select_related("user").first()
    if found is None:
        raise MembershipInvalid(f"“{username}” is not a member of “{namespace.name}”.")
    return found


def _require_another_owner(membership: Membership) -> None:
    """One who can act, that is; the lock of the namespace's row keeps the answer true until the commit."""
    able = callers.trusted_users()
    owners = Membership.objects.filter(namespace=membership.namespace_id, role=Role.OWNER, user__in=able)
    if membership.role == Role.OWNER and not owners.exclude(pk=membership.pk).exists():
        raise LastOwner(membership.namespace.name)
