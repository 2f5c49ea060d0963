"""Who may do what over REST: the cast by what is visible, and the scopes of access tokens by operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from accounts.scopes import TokenScope
from repositories.models import Repository, RepositoryGrant
from tests.api.conftest import Ask, Rest, refused
from tests.make import content, people

Operation = Callable[[Rest, str], Any]

OPERATIONS: dict[str, Operation] = {
    "read": lambda rest, name: rest.get(f"repositories/{name}/"),
    "tags": lambda rest, name: rest.get(f"repositories/{name}/-/tags/"),
    "tag": lambda rest, name: rest.get(f"repositories/{name}/-/tags/1.0/"),
    "change": lambda rest, name: rest.patch(f"repositories/{name}/", {"description": "changed"}),
    "untag": lambda rest, name: rest.delete(f"repositories/{name}/-/tags/1.0/"),
    "delete": lambda rest, name: rest.delete(f"repositories/{name}/", confirm=name),
}
READS = ("read", "tags", "tag")

#: By who asks: what reading, then changing, answers for a public, a private and an absent repository.
WALK = {
    "owner": {"public": (200, 2), "private": (200, 2), "absent": (404, 404)},
    "writer": {"public": (200, 403), "private": (200, 403), "absent": (404, 404)},
    "member": {"public": (200, 403), "private": (404, 404), "absent": (404, 404)},
    "outsider": {"public": (200, 403), "private": (404, 404), "absent": (404, 404)},
    "anonymous": {"public": (200, 401), "private": (404, 401), "absent": (404, 401)},
}


@pytest.fixture
def cast(owner: User, member: User, outsider: User) -> dict[str, User | None]:
    """The cast, and a `writer` who was granted writing on everything in the organization."""
    writer = people.user("writer-person")
    organization = people.organization("the-yard", owner)
    people.member(organization, writer)
    people.member(organization, member)
    grant = RepositoryGrant(
        namespace=organization, pattern="*", like="%", user=writer, level=RepositoryGrant.Level.WRITE
    )
    grant.save()
    for name, private in (("public", False), ("private", True)):
        content.image(content.repository(owner, name, namespace="the-yard", private=private), "1.0")
    return {"owner": owner, "writer": writer, "member": member, "outsider": outsider, "anonymous": None}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("who", WALK)
def test_the_cast_and_every_operation(who: str, operation: str, cast: dict[str, User | None], rest: Ask) -> None:
    asking = rest(cast[who])
    for which, (reading, changing) in WALK[who].items():
        answer = OPERATIONS[operation](asking, f"the-yard/{which}")
        if operation in READS:
            assert answer.status_code == reading, which
        elif changing == 2:
            assert answer.status_code in {200, 204}, which
        else:
            assert answer.status_code == changing, which
    if who != "owner":
        assert Repository.objects.filter(namespace__name="the-yard", description="", tags__name="1.0").count() == 2


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("who", ["member", "outsider", "anonymous"])
def test_private_and_absent_answer_alike(who: str, operation: str, cast: dict[str, User | None], rest: Ask) -> None:
    asking = rest(cast[who])
    private, absent, invalid = (
        OPERATIONS[operation](asking, f"the-yard/{name}") for name in ("private", "absent", "Not_a_Name")
    )
    assert private.status_code == absent.status_code == invalid.status_code
    assert private.content == absent.content == invalid.content
    assert facts(private) == facts(absent) == facts(invalid)


def facts(answer: Any) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in {"X-Request-Id", "Date"}}


def test_rights_on_one_name_reach_no_neighbour(owner: User, outsider: User, rest: Ask) -> None:
    club = people.organization("the-pier", owner)
    for name in ("app", "app-x", "app/x"):
        content.repository(owner, name, namespace="the-pier")
    granted = Repository.objects.get(namespace=club, name="app")
    RepositoryGrant.objects.create(namespace=club, repository=granted, user=outsider, level=RepositoryGrant.Level.ADMIN)
    asking = rest(outsider)
    assert asking.patch("repositories/the-pier/app/", {"description": "mine"}).status_code == 200
    for name in ("app-x", "app/x"):
        answer = asking.patch(f"repositories/the-pier/{name}/", {"description": "mine"})
        assert refused(answer)["code"] == "access_denied"


ALL = tuple(TokenScope)
FROM_READ = (TokenScope.READ, TokenScope.WRITE, TokenScope.ADMIN)
ADMIN_ONLY = (TokenScope.ADMIN,)
#: Operation → the scopes of the owner's token with which it works; with the others it is refused.
SCOPES: dict[str, tuple[tuple[TokenScope, ...], Callable[[Rest], Any]]] = {
    "list namespaces": (ALL, lambda rest: rest.get("namespaces/")),
    "read a namespace": (ALL, lambda rest: rest.get("namespaces/owner-person/")),
    "read usage": (FROM_READ, lambda rest: rest.get("namespaces/owner-person/usage/")),
    "list repositories": (ALL, lambda rest: rest.get("repositories/")),
    "read a public repository": (ALL, lambda rest: rest.get("repositories/owner-person/open/")),
    "read a private repository": (FROM_READ, lambda rest: rest.get("repositories/owner-person/secret/")),
    "read a public tag": (ALL, lambda rest: rest.get("repositories/owner-person/open/-/tags/1.0/")),
    "list private tags": (FROM_READ, lambda rest: rest.get("repositories/owner-person/secret/-/tags/")),
    "create": (
        (TokenScope.WRITE, TokenScope.ADMIN),
        lambda rest: rest.post("repositories/", {"namespace": "owner-person", "name": "new"}),
    ),
    "change": (ADMIN_ONLY, lambda rest: rest.patch("repositories/owner-person/open/", {"description": "changed"})),
    "delete a tag": (ADMIN_ONLY, lambda rest: rest.delete("repositories/owner-person/open/-/tags/1.0/")),
    "delete": (
        ADMIN_ONLY,
        lambda rest: rest.delete("repositories/owner-person/open/", confirm="owner-person/open"),
    ),
    "list tokens": (ADMIN_ONLY, lambda rest: rest.get("tokens/")),
    "create a token": (ADMIN_ONLY, lambda rest: rest.post("tokens/", {"name": "ci", "scope": "repo:read"})),
}


@pytest.fixture
def two_repositories(owner: User) -> None:
    content.image(content.repository(owner, "open"), "1.0")
    content.image(content.repository(owner, "secret", private=True), "1.0")


@pytest.mark.usefixtures("two_repositories")
@pytest.mark.parametrize("scope", ALL)
@pytest.mark.parametrize("operation", SCOPES)
def test_the_scopes_and_every_operation(operation: str, scope: TokenScope, owner: User, rest: Ask) -> None:
    enough, ask = SCOPES[operation]
    answer = ask(rest(owner, scope))
    if scope in enough:
        assert answer.status_code in {200, 201, 204}, answer.content
    elif operation in {"read a private repository", "list private tags"}:
        assert (answer.status_code, refused(answer)["code"]) == (404, "repository_unknown")
    else:
        assert (answer.status_code, refused(answer)["code"]) == (403, "scope_insufficient")


@pytest.mark.parametrize("scope", ALL)
def test_revoking_needs_the_highest_scope(scope: TokenScope, owner: User, rest: Ask) -> None:
    spare = people.access_token(owner)[0]
    answer = rest(owner, scope).delete(f"tokens/{spare.pk}/")
    spare.refresh_from_db()
    assert (spare.revoked_at is not None) == (scope == TokenScope.ADMIN) == (answer.status_code == 204)


@pytest.mark.usefixtures("two_repositories")
def test_a_token_for_some_repositories_reaches_no_others(owner: User, rest: Ask) -> None:
    limited = rest(owner, TokenScope.ADMIN, ["owner-person/open", "owner-person/team/*"])
    assert [row["name"] for row in limited.get("repositories/").json()["results"]] == ["open"]
    assert limited.get("repositories/owner-person/open/").status_code == 200
    assert refused(limited.get("repositories/owner-person/secret/"))["code"] == "repository_unknown"
    inside = {"namespace": "owner-person", "name": "team/app"}
    assert limited.post("repositories/", inside).status_code == 201
    outside = limited.post("repositories/", {"namespace": "owner-person", "name": "other"})
    assert (outside.status_code, refused(outside)["code"]) == (403, "role_denied")
    for answer in (limited.get("tokens/"), limited.post("tokens/", {}), limited.delete("tokens/1/")):
        assert (answer.status_code, refused(answer)["code"]) == (403, "token_limited")
