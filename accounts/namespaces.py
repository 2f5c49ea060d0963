"""Namespaces: claim, find, settle who may do what in one. Renaming and deleting touch content: see `repositories`."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import Case, Q, QuerySet, When

from accounts import callers, names
from accounts.callers import Caller
from accounts.errors import NameInvalid, NamespaceUnknown, NameTaken, RoleDenied
from accounts.models import Membership, Namespace, NamespaceName, User
from accounts.roles import CONTENT_ROLES, PEOPLE_ROLES, Role

SITE_NAMESPACE = "library"


def claim_personal(user: User) -> Namespace:
    """Make the namespace that a person signs up with, named like the user; public by default.

    Errors: NameInvalid, NameReserved, NameTaken.
    """
    return _claim(names.check(user.username), kind=Namespace.Kind.PERSONAL, owner=user)


def create_organization(name: str, owner: User) -> Namespace:
    """Make an organization with its first owner; private by default. Errors: as :func:`claim_personal`."""
    return _claim(names.check(name), kind=Namespace.Kind.ORGANIZATION, owner=owner)


def ensure_site_namespace() -> Namespace:
    """The namespace `library`, which belongs to the hub's staff; made when it is missing."""
    found = Namespace.objects.filter(name=SITE_NAMESPACE).first()
    if found is None:
        try:
            found = _claim(SITE_NAMESPACE, kind=Namespace.Kind.SITE, owner=None)
        except NameTaken:  # another process made it in this moment
            found = Namespace.objects.get(name=SITE_NAMESPACE)
    return found


def check_free(name: str) -> str:
    """Return the name when a new account may take it. Errors: NameInvalid, NameReserved, NameTaken."""
    names.check(name)
    if NamespaceName.objects.filter(skeleton=names.skeleton(name)).exists():
        raise NameTaken(name)
    return name


def find(name: str) -> Namespace:
    """The namespace of a current or former name. Errors: NamespaceUnknown."""
    try:
        names.check(name, reserved_allowed=True)
    except NameInvalid as error:
        raise NamespaceUnknown(name[: names.NAME_MAX]) from error
    row = NamespaceName.objects.select_related("namespace").filter(name=name, namespace__isnull=False).first()
    if row is None or row.namespace is None:
        raise NamespaceUnknown(name)
    return row.namespace


def role_in(namespace: Namespace, caller: Caller) -> Role | None:
    """The caller's role; staff own the site's namespace. None for outsiders, and when the claim no longer holds."""
    user = callers.matching(caller).first()
    if user is None:
        return None
    if namespace.kind == Namespace.Kind.SITE and user.is_staff:
        return Role.OWNER
    membership = Membership.objects.filter(namespace=namespace, user=user).first()
    return Role(membership.role) if membership else None


def require_role(namespace: Namespace, caller: Caller, allowed: tuple[Role, ...]) -> Role:
    """The caller's role when it is an allowed one. Errors: RoleDenied."""
    role = role_in(namespace, caller)
    if role is None or role not in allowed:
        raise RoleDenied(namespace.name, str(allowed[0]))
    return role


def govern(namespace: Namespace, caller: Caller) -> Namespace:
    """Lock the namespace's row before its members or teams change, and check that the caller may change them.

    To be called inside a transaction: two changes of one namespace then follow each other, so that each sees what
    the other did. An access token acts for a program and reaches repositories only, so it never governs people.
    Errors: RoleDenied.
    """
    locked = Namespace.objects.select_for_update(no_key=True).get(pk=namespace.pk)
    if caller.token_id is not None:
        raise RoleDenied(locked.name, str(PEOPLE_ROLES[0]))
    require_role(locked, caller, PEOPLE_ROLES)
    return locked


def of_user(caller: Caller, roles: tuple[Role, ...] = CONTENT_ROLES) -> QuerySet[Namespace]:
    """Namespaces where the caller has one of the roles, the personal one first, the site's last."""
    users = callers.matching(caller)
    mine = Q(pk__in=Membership.objects.filter(user__in=users, role__in=roles).values("namespace_id"))
    if users.filter(is_staff=True).exists():
        mine |= Q(kind=Namespace.Kind.SITE)
    own_first = Case(When(kind=Namespace.Kind.PERSONAL, then=0), When(kind=Namespace.Kind.SITE, then=2), default=1)
    return Namespace.objects.filter(mine).order_by(own_first, "name")


def _claim(name: str, *, kind: Namespace.Kind, owner: User | None) -> Namespace:
    """The unique skeleton decides a race between two claims."""
    public = kind != Namespace.Kind.ORGANIZATION
    try:
        with transaction.atomic():
            namespace = Namespace.objects.create(
                name=name,
                kind=kind,
                user=owner if kind == Namespace.Kind.PERSONAL else None,
                default_visibility=Namespace.Visibility.PUBLIC if public else Namespace.Visibility.PRIVATE,
            )
            NamespaceName.objects.create(
                name=name,
                skeleton=names.skeleton(name),
                namespace=namespace,
                state=NamespaceName.State.CURRENT,
            )
            if owner is not None:
                Membership.objects.create(namespace=namespace, user=owner, role=Role.OWNER)
    except IntegrityError as error:
        raise NameTaken(name) from error
    return namespace
