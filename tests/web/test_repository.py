"""A repository's overview, and the one answer for what is private and what is absent."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Namespace, User
from repositories.models import PullDay, Repository, RepositoryGrant
from tests.make import content
from tests.web.reading import client_of, get

pytestmark = pytest.mark.django_db

PATHS = (
    "",
    "/-/tags",
    "/-/tags/1.0",
    "/-/tags/1.0/delete",
    "/-/manifests/sha256:" + 64 * "a",
    "/-/settings",
    "/-/settings/visibility",
    "/-/settings/delete",
)


def test_an_empty_repository_teaches_how_to_fill_it(owner: User, settings: Any) -> None:
    settings.HUB_REGISTRY_HOST = "hub.example.com:5000"
    content.repository(owner, "docker-quickstart", description="The small app")

    page = get(client_of(owner), "/owner-person/docker-quickstart")

    assert page.headings(1) == ["docker-quickstart Public"]
    assert "The small app" in page.text
    assert page.commands == [
        "docker login hub.example.com:5000 --username owner-person",
        "docker tag docker-quickstart hub.example.com:5000/owner-person/docker-quickstart:1.0",
        "docker push hub.example.com:5000/owner-person/docker-quickstart:1.0",
    ]
    assert page.link("Create an access token") == "/settings/tokens"


def test_strangers_to_an_empty_repository_get_no_commands(owner: User, outsider: User) -> None:
    content.repository(owner, "app")
    for who in (outsider, None):
        page = get(client_of(who), "/owner-person/app")
        assert page.commands == []
        assert "Nothing here yet" in page.headings(2)


def test_with_content_the_pull_command_comes_first(owner: User, settings: Any) -> None:
    settings.HUB_REGISTRY_HOST = "localhost:8000"
    access = content.repository(owner, "app")
    content.image(access, "1.0")
    content.index(access, "2.0")

    page = get(client_of(), "/owner-person/app")

    assert page.commands[0] == "docker pull localhost:8000/owner-person/app:2.0"
    assert "Pushed just now by owner-person" in page.text
    assert "in 2 tags" in page.text
    rows = [row.text for row in page.all("tr")][1:]
    assert rows[0].startswith("2.0 linux/amd64, linux/arm64 just now")
    assert rows[1].startswith("1.0 linux/amd64 just now")
    assert page.link("2.0") == "/owner-person/app/-/tags/2.0"


def test_names_nest(owner: User, organization: Namespace) -> None:
    content.image(content.repository(owner, "tools/deep/lint", namespace="the-club"), "1.0")

    page = get(client_of(owner), "/the-club/tools/deep/lint")

    assert page.headings(1) == ["tools/deep/lint Public"]
    assert page.link("the-club") == "/the-club"
    assert get(client_of(owner), page.link("1.0")).status == 200


def test_settings_are_offered_to_those_who_may(
    owner: User, organization: Namespace, member: User, outsider: User
) -> None:
    access = content.repository(owner, "app", namespace="the-club")
    RepositoryGrant.objects.create(
        namespace=organization, repository=access.repository, user=member, level=RepositoryGrant.Level.WRITE
    )

    assert get(client_of(owner), "/the-club/app").has_link("Settings")
    may_push = get(client_of(member), "/the-club/app")
    assert may_push.commands
    for page in (may_push, get(client_of(outsider), "/the-club/app"), get(client_of(), "/the-club/app")):
        assert "/the-club/app/-/settings" not in page.raw


def test_a_private_repository_is_seen_by_those_let_in(
    owner: User, organization: Namespace, member: User, outsider: User
) -> None:
    access = content.repository(owner, "app", namespace="the-club", private=True)

    assert get(client_of(owner), "/the-club/app").headings(1) == ["app Private"]
    assert [get(client_of(who), "/the-club/app").status for who in (member, outsider, None)] == [404, 404, 404]

    RepositoryGrant.objects.create(
        namespace=organization, repository=access.repository, user=member, level=RepositoryGrant.Level.READ
    )
    assert get(client_of(member), "/the-club/app").headings(1) == ["app Private"]


@pytest.mark.parametrize("method", ["get", "head", "post"])
@pytest.mark.parametrize("path", PATHS)
def test_what_is_private_and_what_is_absent_answer_alike(owner: User, outsider: User, path: str, method: str) -> None:
    content.image(content.repository(owner, "secret", private=True), "1.0")

    for who in (outsider, None):
        hidden, absent = (
            getattr(client_of(who), method)(f"/owner-person/{name}{path}") for name in ("secret", "absent")
        )
        assert hidden.status_code == absent.status_code
        assert hidden.status_code in (404, 405)
        assert _comparable(hidden) == _comparable(absent)


def test_signing_in_is_asked_for_where_it_may_help(owner: User, outsider: User) -> None:
    content.image(content.repository(owner, "app"), "1.0")
    for path in ("/-/settings", "/-/settings/visibility", "/-/settings/delete", "/-/tags/1.0/delete"):
        url = f"/owner-person/app{path}"
        assert get(client_of(), url).url == f"/accounts/login/?next={url}"
        assert get(client_of(outsider), url).status == 403
        assert get(client_of(owner), url).status == 200


def test_pulls_are_told_and_drawn(owner: User) -> None:
    access = content.repository(owner, "app")
    content.image(access, "1.0")
    assert get(client_of(), "/owner-person/app").all("figure") == []
    today = timezone.now().date()
    for ago, pulls in ((0, 30), (2, 1200), (40, 770)):
        PullDay.objects.create(
            repository=access.repository, day=today - timedelta(days=ago), reference="1.0", pulls=pulls
        )
    Repository.objects.update(pulls=2000)

    page = get(client_of(), "/owner-person/app")

    assert "Pulls 2,000" in page.text
    assert "1,230 in the last 30 days, 1,200 on" in page.text
    assert [len(page.all("figure")), len(page.all("rect", class_="part"))] == [1, 30]
    label = page.all("div", role="img")[0].attributes["aria-label"]
    assert label.startswith("1,230 pulls in 30 days, most on ")
    assert label.endswith(": 1,200")


@pytest.mark.parametrize(
    "path",
    [
        "/a/b",
        "/owner-person/-/tags",
        "/owner-person/UPPER",
        "/owner-person/%00",
        "/owner-person//app",
        "/owner-person/app/",
        "/owner-person/app/-/other",
        "/owner-person/app/-/tags/%00",
        "/owner-person/app/-/tags/no:tag",
        "/owner-person/app/-/manifests/sha256:abc",
        "/owner-person/app/-/manifests/md5:" + 32 * "a",
    ],
)
def test_addresses_of_nothing_are_not_found(owner: User, path: str) -> None:
    content.repository(owner, "app")
    assert get(client_of(owner), path).status == 404


def _comparable(response: Any) -> tuple[Any, ...]:
    """Everything but the time, the request's id, and the random mask of the forms' token."""
    headers = {name: value for name, value in response.items() if name not in ("Date", "X-Request-Id")}
    body = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
    return headers, body, sorted(response.cookies)
