"""Who may do what with which repository: one rule, written as one query. Lists, pages, REST, token scopes and pulls
all derive from it.

    level of a caller in a repository = the highest of
      1 read    it is public
      3 admin   owner or editor of its namespace; staff, in the site's namespace
      n         a grant to the user or to one of the user's teams, on the repository or on a pattern that matches
    … and 0 when the caller's account or access token no longer holds, and never more than the token's scope.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Exists,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Concat, Greatest

from accounts import callers, namespaces, scopes
from accounts.callers import Caller
from accounts.errors import NamespaceUnknown
from accounts.models import AccessToken, Membership, Namespace
from accounts.roles import CONTENT_ROLES
from accounts.scopes import TokenScope
from repositories.errors import AccessDenied, RepositoryUnknown
from repositories.models import Repository, RepositoryGrant
from repositories.oci import names
from repositories.oci.names import RepositoryName

Level = RepositoryGrant.Level


class Action(StrEnum):
    """What a caller may do with a repository; DELETE and ADMIN come together."""

    PULL = "pull"
    PUSH = "push"
    DELETE = "delete"
    ADMIN = "admin"


_ACTIONS = {
    0: frozenset[Action](),
    Level.READ: frozenset({Action.PULL}),
    Level.WRITE: frozenset({Action.PULL, Action.PUSH}),
    Level.ADMIN: frozenset(Action),
}
_SCOPE_LEVELS = {
    TokenScope.PUBLIC_READ: Level.READ,
    TokenScope.READ: Level.READ,
    TokenScope.WRITE: Level.WRITE,
    TokenScope.ADMIN: Level.ADMIN,
}


@dataclass(frozen=True, slots=True)
class Access:
    """A repository as one caller may use it; `user_id` is the caller's row, None for nobody."""

    repository: Repository
    caller: Caller
    user_id: int | None
    actions: frozenset[Action]

    def may(self, action: Action) -> bool:
        return action in self.actions

    def require(self, action: Action) -> None:
        """Errors: AccessDenied."""
        if action not in self.actions:
            raise AccessDenied(self.repository.full_name, str(action))


def visible_to(caller: Caller) -> QuerySet[Repository]:
    """The repositories that the caller may pull."""
    visible = _scored(caller).filter(Q(level__gt=0)).select_related("namespace")
    if caller.token_id is None:
        return visible
    token = callers.live_tokens().filter(pk=caller.token_id).first()
    return visible.filter(_within(token)) if token else visible.none()


def find(name: RepositoryName, caller: Caller) -> Access:
    """The repository of a current or former name, with what the caller may do.

    Errors: RepositoryUnknown, equal for what is absent and what the caller may not see.
    """
    found = _scored(caller).filter(names__full_name=name).select_related("namespace").first()
    actions = _actions(found) if found else frozenset[Action]()
    if found is None or not actions:
        raise RepositoryUnknown(name, in_reach=found is None and _creation(name, caller) is not None)
    return Access(repository=found, caller=caller, user_id=_annotated(found, "user_id"), actions=actions)


def require(name: RepositoryName, caller: Caller, action: Action) -> Access:
    """As :func:`find`. Errors: RepositoryUnknown; AccessDenied when it is visible and the action is not allowed."""
    access = find(name, caller)
    access.require(action)
    return access


def actions_for(name: RepositoryName, caller: Caller) -> frozenset[Action]:
    """What a bearer token for the name may carry: for a name that a push would create, what its creator may do."""
    try:
        return find(name, caller).actions
    except RepositoryUnknown as error:
        made = _creation(name, caller) if error.in_reach and settings.HUB_CREATE_ON_PUSH else None
        return made[1] if made else frozenset()


def may_create(name: RepositoryName, caller: Caller) -> Namespace | None:
    """The namespace in which the caller may create this repository, None when they may not."""
    made = _creation(name, caller)
    return made[0] if made and Action.PUSH in made[1] else None


def user_id_of(caller: Caller) -> int | None:
    """The row of the caller's account, while the claim holds."""
    return callers.matching(caller).values_list("pk", flat=True).first()


class _Like(Func):
    """``name LIKE pattern``, the backslash escaping, alike on SQLite and PostgreSQL."""

    template = r"(%(expressions)s ESCAPE '\')"
    arg_joiner = " LIKE "
    output_field = BooleanField()


def _scored(caller: Caller) -> QuerySet[Repository]:
    """All repositories, annotated with `level` (before the token's patterns), `user_id`, `token_scope`, `token_for`."""
    public = Case(When(visibility=Namespace.Visibility.PUBLIC, then=Value(int(Level.READ))), default=Value(0))
    if caller.is_anonymous:
        none = Value(None, output_field=IntegerField())
        return Repository.objects.annotate(level=public, user_id=none, token_scope=none, token_for=none)
    me = callers.matching(caller)
    member = Membership.objects.filter(namespace=OuterRef("namespace"), user__in=me, role__in=CONTENT_ROLES)
    owns = Q(Exists(member)) | Q(Exists(me.filter(is_staff=True)), namespace__kind=Namespace.Kind.SITE)
    granted = Coalesce(Subquery(_grants(me), output_field=IntegerField()), Value(0))
    level = Greatest(public, Case(When(owns, then=Value(int(Level.ADMIN))), default=Value(0)), granted)
    token = AccessToken.objects.filter(pk=caller.token_id or 0)
    return Repository.objects.annotate(
        user_id=Subquery(me.values("pk")[:1]),
        level=Case(When(Exists(me), then=level), default=Value(0)),
        token_scope=Subquery(token.values("scope")[:1]),
        token_for=Subquery(token.values("repositories")[:1]),
    )


def _grants(me: QuerySet[Any]) -> QuerySet[Any]:
    """The level of the strongest grant on the outer repository, to the user or to one of the user's teams."""
    on_this = Q(repository=OuterRef("pk"))
    by_pattern = Q(_Like(OuterRef("name"), F("like")), repository=None, namespace=OuterRef("namespace"))
    to_me = Q(user__in=me) | Q(team__members__membership__user__in=me)
    return RepositoryGrant.objects.filter(on_this | by_pattern).filter(to_me).order_by("-level").values("level")[:1]


def _actions(found: Repository) -> frozenset[Action]:
    scope, patterns = _annotated(found, "token_scope"), _annotated(found, "token_for")
    token = AccessToken(scope=scope, repositories=patterns or []) if scope else None
    return _capped_actions(_annotated(found, "level"), token, found.full_name, private=found.is_private)


def _capped_actions(level: int, token: AccessToken | None, full_name: str, *, private: bool) -> frozenset[Action]:
    """What a level allows through an access token, if one is used."""
    if token is None:
        return _ACTIONS[level]
    scope = TokenScope(token.scope)
    if not scopes.covers(token.repositories, full_name) or (private and scope == TokenScope.PUBLIC_READ):
        return _ACTIONS[0]
    return _ACTIONS[min(level, _SCOPE_LEVELS[scope])]


def _within(token: AccessToken) -> Q:
    """The repositories that an access token reaches, for lists."""
    reach = Q()
    if token.scope == TokenScope.PUBLIC_READ:
        reach &= Q(visibility=Namespace.Visibility.PUBLIC)
    patterns = Q()
    for pattern in token.repositories:
        full_name = Concat("namespace__name", Value("/"), "name", output_field=CharField())
        patterns |= Q(_Like(full_name, Value(like_of(pattern))))
    return reach & patterns


def like_of(pattern: str) -> str:
    """A pattern with ``*`` as SQL's LIKE wants it, the backslash escaping."""
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%")


def _creation(name: RepositoryName, caller: Caller) -> tuple[Namespace, frozenset[Action]] | None:
    """The name's namespace, when the caller has a role there that creates and sees everything, and what they could do
    with a private repository of that name. None when that is nothing: whoever would not see it, if it existed, must
    not hear that it does not."""
    if caller.is_anonymous:
        return None
    try:
        namespace = namespaces.find(names.namespace_of(name))
    except NamespaceUnknown:
        return None
    token = callers.live_tokens().filter(pk=caller.token_id).first() if caller.token_id else None
    ended = caller.token_id is not None and token is None
    if ended or namespaces.role_in(namespace, caller) not in CONTENT_ROLES:
        return None
    actions = _capped_actions(Level.ADMIN, token, name, private=True)
    return (namespace, actions) if actions else None


def _annotated(found: Repository, name: str) -> Any:
    return getattr(found, name)
