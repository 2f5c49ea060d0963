"""People, organizations, teams and access tokens."""

from __future__ import annotations

from itertools import count

from allauth.account.models import EmailAddress

from accounts import callers, members, namespaces, teams, tokens
from accounts.callers import Caller
from accounts.models import AccessToken, Membership, Namespace, Team, User
from accounts.roles import Role
from accounts.scopes import TokenScope

PASSWORD = "correct-horse-battery-staple"
#: Letters only, so that no two names made here look alike to the rule of look-alikes.
_LETTERS = "abcdefghjk"
_numbers = count(1)


def user(name: str | None = None, *, verified: bool = True, password: str = PASSWORD) -> User:
    """Somebody who signed up as `name`, with the address `<name>@example.com` and their personal namespace."""
    name = name or fresh_name("user")
    made = User.objects.create_user(username=name, email=f"{name}@example.com", password=password)
    EmailAddress.objects.create(user=made, email=made.email, verified=verified, primary=True)
    namespaces.claim_personal(made)
    return made


def organization(name: str | None = None, owner: User | None = None) -> Namespace:
    """An organization with its first owner."""
    return namespaces.create_organization(name or fresh_name("club"), owner or user())


def member(namespace: Namespace, user: User, role: Role = Role.MEMBER) -> Membership:
    """Let an owner of the organization add the user."""
    return members.add(caller_of(an_owner(namespace)), namespace=namespace, username=user.username, role=role)


def team(namespace: Namespace, name: str | None = None, users: tuple[User, ...] = ()) -> Team:
    """A team of the organization with these members."""
    caller = caller_of(an_owner(namespace))
    made = teams.create(caller, namespace=namespace, name=name or fresh_name("team"))
    for one in users:
        teams.add_member(caller, team=made, username=one.username)
    return made


def access_token(
    user: User, scope: TokenScope = TokenScope.ADMIN, repositories: list[str] | None = None
) -> tuple[AccessToken, str]:
    """A personal access token: its row and the token itself."""
    return tokens.issue(user, name="for a test", scope=scope, repositories=repositories)


def an_owner(namespace: Namespace) -> User:
    """The first owner of the namespace."""
    return User.objects.filter(memberships__namespace=namespace, memberships__role=Role.OWNER).order_by("pk")[0]


def caller_of(user: User, token: AccessToken | None = None) -> Caller:
    """Who asks when this user does, signed in or with an access token; as the database has the user now."""
    return callers.of(User.objects.get(pk=user.pk), token)


def fresh_name(kind: str) -> str:
    """A name that no other call returns, such as `user-abc`."""
    return f"{kind}-" + "".join(_LETTERS[int(digit)] for digit in f"{next(_numbers):03d}")
