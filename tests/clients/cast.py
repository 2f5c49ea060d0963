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


MakePerson = Callable[[], Person]
MakeClub = Callable[[], Club]
