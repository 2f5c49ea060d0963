"""Namespaces and what they use, over REST."""

from __future__ import annotations

from accounts.models import User
from accounts.scopes import TokenScope
from tests.api.conftest import Ask, refused


def test_my_namespaces_with_my_role(owner: User, member: User, rest: Ask) -> None:
    def roles(user: User) -> dict[str, str]:
        return {row["name"]: row["role"] for row in rest(user).get("namespaces/").json()["results"]}

    assert roles(owner) == {"owner-person": "owner", "the-club": "owner"}
    assert roles(member) == {"member-person": "owner", "the-club": "member"}
    assert refused(rest().get("namespaces/"))["code"] == "identity_needed"


def test_a_namespace_shows_more_to_those_with_a_role(owner: User, member: User, outsider: User, rest: Ask) -> None:
    def seen(user: User | None) -> tuple[object, ...]:
        facts = rest(user).get("namespaces/the-club/").json()
        return facts["kind"], facts["default_visibility"], facts["role"]

    assert seen(owner) == ("organization", "private", "owner")
    assert seen(member) == ("organization", "private", "member")
    assert seen(outsider) == ("organization", None, None)
    assert seen(None) == ("organization", None, None)


def test_names_that_name_nothing(rest: Ask) -> None:
    for name in ("nobody-here", "UPPER", "a", "x%00y", "%F0%9F%90%B3", "..", "admin"):
        answer = rest().get(f"namespaces/{name}/")
        assert answer.status_code == 404
        assert refused(answer)["code"] == "namespace_unknown"


def test_usage_is_for_owners_and_editors(owner: User, member: User, outsider: User, rest: Ask) -> None:
    path = "namespaces/the-club/usage/"
    assert rest(owner).get(path).json() == {
        "plan": "Free",
        "used": 0,
        "reserved": 0,
        "limit": None,
        "private_used": 0,
        "private_limit": 1,
    }
    for user in (member, outsider):
        answer = rest(user).get(path)
        assert (answer.status_code, refused(answer)["code"]) == (403, "role_denied")
    assert refused(rest().get(path))["code"] == "identity_needed"
    assert refused(rest(owner).get("namespaces/nobody-here/usage/"))["code"] == "namespace_unknown"
    limited = rest(owner, TokenScope.ADMIN, ["the-club/app"])
    assert refused(limited.get(path))["code"] == "token_limited"


def test_the_last_slash_may_be_left_out(owner: User, rest: Ask) -> None:
    mine = rest(owner)
    for path in ("namespaces", "namespaces/the-club", "tokens", "repositories", "schema"):
        assert mine.get(path).content == mine.get(f"{path}/").content or path == "namespaces/the-club"
