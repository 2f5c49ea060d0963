"""The people of the client tests, as the tests see them; `tests.clients.crowd` makes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from tests.live import Hub


@dataclass(frozen=True)
class Person:
    """Somebody with an account; `token` may do everything, `reading_token` may only pull."""

    username: str
    password: str
    token: str
    reading_token: str


@dataclass(frozen=True)
class Club:
    """An organization on the free plan: `owner` may do everything, `member` may pull."""

    name: str
    owner: Person
    member: Person
    outsider: Person

    def person(self, role: str) -> Person | None:
        """The person of a role; None for `anonymous`, who has no account."""
        return {"owner": self.owner, "member": self.member, "outsider": self.outsider}.get(role)


def make_people(hub: Hub, count: int) -> list[Person]:
    """So many people that nobody has met."""
    made = json.loads(hub.python(f"from tests.clients import crowd; crowd.somebody({count})"))
    return [Person(**facts) for facts in made]


def make_clubs(hub: Hub, count: int) -> list[Club]:
    """So many organizations that nobody has met."""
    made = json.loads(hub.python(f"from tests.clients import crowd; crowd.clubs({count})"))
    return [_club(**facts) for facts in made]


def _club(name: str, **people: dict[str, str]) -> Club:
    return Club(name, **{role: Person(**facts) for role, facts in people.items()})


MakePerson = Callable[[], Person]
MakeClub = Callable[[], Club]

#: Everybody that a private repository is tried by, and those who may pull from it.
ROLES = ("owner", "member", "outsider", "anonymous")
INSIDERS = frozenset({"owner", "member"})


def is_refusal(said: str) -> bool:
    """Whether a client says, in its own words, that one may not."""
    return any(word in said.lower() for word in ("denied", "unauthorized", "authentication required"))
