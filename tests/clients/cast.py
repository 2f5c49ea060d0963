"""The people of the client tests, as the tests see them; `tests.clients.crowd` makes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


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


MakePerson = Callable[[], Person]
MakeClub = Callable[[], Club]

#: Everybody that a private repository is tried by, and those who may pull from it.
ROLES = ("owner", "member", "outsider", "anonymous")
INSIDERS = frozenset({"owner", "member"})


def is_refusal(said: str) -> bool:
    """Whether a client says, in its own words, that one may not."""
    return any(word in said.lower() for word in ("denied", "unauthorized", "authentication required"))
