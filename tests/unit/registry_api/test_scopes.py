"""The grammar of scopes, and what a token may hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_api.auth import scopes
from registry_api.auth.scopes import Scope, repository


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("repository:acme/app:pull", ["repository:acme/app:pull"]),
        ("repository:acme/app:push,pull", ["repository:acme/app:pull,push"]),
        ("repository(plugin):acme/app:pull", ["repository:acme/app:pull"]),
        ("repository:hub.example:5000/app:pull,push", ["repository:hub.example:5000/app:pull,push"]),
        ("registry:catalog:*", ["registry:catalog:*"]),
        ("repository:a:pull repository:b:pull", ["repository:a:pull", "repository:b:pull"]),
        ("repository:a:pull repository:a:push", ["repository:a:pull,push"]),
        ("repository:a:", ["repository:a:"]),
        ("repository:a", []),
        ("", []),
        ("::: nonsense repository repository::pull", []),
        ("repository:a:pull;drop", []),
    ],
)
def test_what_clients_send_is_read(text: str, written: list[str]) -> None:
    assert [str(scope) for scope in scopes.parse([text])] == written


def test_several_parameters_are_one_list() -> None:
    assert [str(s) for s in scopes.parse(["repository:a:pull repository:b:pull", "repository:c:pull"])] == [
        "repository:a:pull",
        "repository:b:pull",
        "repository:c:pull",
    ]


def test_at_most_twenty_resources_count() -> None:
    found = scopes.parse([f"repository:r{number}:pull" for number in range(50)])
    assert [scope.name for scope in found] == [f"r{number}" for number in range(20)]


def test_everything_means_the_allowed_actions_by_name() -> None:
    assert str(repository("a", "*").narrowed({"pull", "push"})) == "repository:a:pull,push"


@given(
    asked=st.frozensets(st.sampled_from(["pull", "push", "delete", "*", "admin"])),
    allowed=st.frozensets(st.sampled_from(["pull", "push", "delete"])),
)
def test_nothing_is_granted_beyond_what_is_allowed(asked: frozenset[str], allowed: frozenset[str]) -> None:
    granted = Scope("repository", "a", asked).narrowed(allowed).actions
    assert granted <= allowed
    assert "*" in asked or granted <= asked


def test_a_claim_comes_back_as_it_was() -> None:
    access = [repository("a/b", "pull", "push"), scopes.WHOLE_CATALOG]
    assert scopes.from_claim([scope.as_claim() for scope in access]) == access


@pytest.mark.parametrize("claim", [None, "pull", {"type": "repository"}, [1], [{"type": "repository", "name": 7}]])
def test_a_claim_of_another_shape_is_refused(claim: object) -> None:
    with pytest.raises(ValueError, match="access"):
        scopes.from_claim(claim)


def test_a_short_name_and_its_long_form_are_one_resource() -> None:
    held = [repository("app", "pull")]
    assert scopes.allow(held, repository("library/app", "pull"))
    assert scopes.allow([repository("library/app", "pull")], repository("app", "pull"))
    assert not scopes.allow(held, repository("library/app", "push"))
    assert not scopes.allow(held, repository("acme/app", "pull"))


def test_permission_for_one_repository_never_reaches_another() -> None:
    held = [repository("acme/app", "pull", "push")]
    for name in ("acme/app-x", "acme/app/x", "acme-app", "acme/ap"):
        assert not scopes.allow(held, repository(name, "pull"))
