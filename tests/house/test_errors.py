"""Every error of the rules has an answer at each door that can meet it."""

from __future__ import annotations

from types import ModuleType

from accounts import errors as people
from hub.api import errors as rest
from registry_api import errors as registry
from repositories import errors as content

#: What no rule that the registry calls can raise: matters of pages and REST.
NEVER_AT_THE_REGISTRY = {
    people.NameInvalid,
    people.NameTaken,
    people.MembershipInvalid,
    people.LastOwner,
    people.TeamInvalid,
    people.TeamUnknown,
    people.TokenInvalid,
    people.TokenUnknown,
    content.DescriptionTooLong,
    content.ConfirmationMismatch,
}


def errors_of(module: ModuleType) -> set[type[Exception]]:
    """The classes that can be raised: those that no other class of the module refines."""
    found = {item for item in vars(module).values() if isinstance(item, type) and issubclass(item, Exception)}
    return {kind for kind in found if not any(kind in other.__mro__[1:] for other in found)}


ALL = errors_of(people) | errors_of(content)


def test_the_errors_are_found() -> None:
    assert {people.NameTaken, content.QuotaExceeded, content.BlobUnknown} <= ALL


def test_the_registry_answers_every_error() -> None:
    assert ALL - set(registry.TABLE) - NEVER_AT_THE_REGISTRY == set()
    assert set(registry.TABLE) & NEVER_AT_THE_REGISTRY == set()


def test_rest_answers_every_error() -> None:
    assert {
        kind for kind in ALL if not any(base in rest.TABLE for base in kind.__mro__ if base is not Exception)
    } == set()
