"""Fresh people and organizations for one test each, made on a live hub's data by the rules and printed as JSON.

Needs Django set up (`tests.live` does); runs in a process of its own, because the hub has its own database.
"""

from __future__ import annotations

import json
import secrets

from accounts.models import Namespace, User
from accounts.scopes import TokenScope
from repositories.models import RepositoryGrant
from tests.make import people

#: Letters that the rule of look-alikes leaves alone.
_LETTERS = "abcdefghjk"


def somebody(count: int) -> None:
    """Print ``[{username, password, token, reading_token}]``."""
    print(json.dumps([_facts(people.user(_name("user"))) for _ in range(count)]))


def clubs(count: int) -> None:
    """Print ``[{name, owner, member, outsider}]``: organizations on the free plan; the member may pull everything."""
    print(json.dumps([_club() for _ in range(count)]))


def _club() -> dict[str, object]:
    cast = {role: people.user(_name(role)) for role in ("owner", "member", "outsider")}
    club = people.organization(_name("club"), cast["owner"])
    people.member(club, cast["member"])
    _let_pull(club, cast["member"])
    return {"name": club.name, **{role: _facts(user) for role, user in cast.items()}}


def _let_pull(club: Namespace, user: User) -> None:
    RepositoryGrant.objects.create(namespace=club, pattern="*", like="%", user=user, level=RepositoryGrant.Level.READ)


def _facts(user: User) -> dict[str, str]:
    return {
        "username": user.username,
        "password": people.PASSWORD,
        "token": people.access_token(user)[1],
        "reading_token": people.access_token(user, TokenScope.READ)[1],
    }


def _name(kind: str) -> str:
    return f"{kind}-" + "".join(secrets.choice(_LETTERS) for _ in range(12))
