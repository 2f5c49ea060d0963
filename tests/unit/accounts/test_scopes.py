"""How far access tokens reach."""

from __future__ import annotations

import pytest

from accounts import scopes
from accounts.scopes import TokenScope


def test_each_level_includes_those_before_it() -> None:
    order = [TokenScope.PUBLIC_READ, TokenScope.READ, TokenScope.WRITE, TokenScope.ADMIN]
    for place, scope in enumerate(order):
        assert [scope.includes(other) for other in order] == [n <= place for n in range(4)]


@pytest.mark.parametrize(
    ("patterns", "full_name", "reached"),
    [
        ([], "acme/app", True),
        (["acme/app"], "acme/app", True),
        (["acme/app"], "acme/apple", False),
        (["acme/*"], "acme/app", True),
        (["acme/*"], "acme/deep/app", True),
        (["acme/*"], "acme-two/app", False),
        (["acme/*"], "acme", False),
        (["other/x", "acme/app"], "acme/app", True),
        (["ACME/*"], "acme/app", False),
        ([""], "acme/app", False),
    ],
)
def test_patterns(patterns: list[str], full_name: str, reached: bool) -> None:
    assert scopes.covers(patterns, full_name) is reached


@pytest.mark.parametrize("text", ["acme/app", "acme/*", "acme/team-*", "*/app", "*", "acme*", "a/b_c.d-e", "acme/*/x"])
def test_what_may_be_a_pattern(text: str) -> None:
    assert scopes.is_pattern(text)


@pytest.mark.parametrize("text", ["", "acme", "/app", "acme/", "Acme/*", "ac me/x", "acme/[a]", "é/*", "x/y" * 90])
def test_what_may_not(text: str) -> None:
    assert not scopes.is_pattern(text)
