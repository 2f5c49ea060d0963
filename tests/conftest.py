"""The cast of every permission test: an owner, a member, an outsider; nobody is `accounts.callers.ANONYMOUS`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from accounts import keys
from accounts.callers import Caller
from accounts.models import Namespace, User
from tests.make import people

#: The live hub's fixture `hub`.
pytest_plugins = ["tests.live"]


@pytest.fixture(autouse=True)
def own_signing_keys() -> Iterator[None]:
    """A process remembers its signing keys; the tables of one test are not those of the next."""
    keys.forget_cached()
    yield
    keys.forget_cached()


@pytest.fixture
def owner(db: None) -> User:
    """Owns the personal namespace `owner-person`, and the organization of the fixture `member`."""
    return people.user("owner-person")


@pytest.fixture
def organization(owner: User) -> Namespace:
    """The organization `the-club` of the owner."""
    return people.organization("the-club", owner)


@pytest.fixture
def member(organization: Namespace) -> User:
    """A plain member of the organization."""
    found = people.user("member-person")
    people.member(organization, found)
    return found


@pytest.fixture
def outsider(db: None) -> User:
    """Somebody else with an account."""
    return people.user("outsider-person")


@pytest.fixture
def caller_of() -> Callable[..., Caller]:
    """`caller_of(user, token=None)`: the caller that the user is."""
    return people.caller_of
