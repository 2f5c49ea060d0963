"""The Tags page: what it tells of each tag, filtering, paging, deleting."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Namespace, User
from repositories.models import Manifest, PullDay, RepositoryGrant
from repositories.oci import digests
from tests.make import content
from tests.web.reading import Page, client_of, get, post

pytestmark = pytest.mark.django_db

URL = "/owner-person/app/-/tags"


def rows_of(page: Page) -> dict[str, str]:
    """Tag → the words of its entry."""
    entries = [each.text for each in page.all("li", class_="tag-row")]
    return dict(zip(page.headings(3), entries, strict=True))


def test_a_tag_tells_digest_platforms_sizes_who_and_when(owner: User, settings: Any) -> None:
    settings.HUB_REGISTRY_HOST = "localhost:8000"
    access = content.repository(owner, "app")
    content.index(access, "1.0", "latest")

    page = get(client_of(), URL)

    entry = rows_of(page)["1.0"]
    assert "= latest" in entry
    assert "just now · owner-person" in entry
    assert entry.count("KB") == 2
    assert "linux/amd64" in entry
    assert "linux/arm64" in entry
    assert "docker pull localhost:8000/owner-person/app:1.0" in page.commands
    assert "docker pull localhost:8000/owner-person/app:latest" in page.commands
    shown = page.all("code", class_="digest")[0]
    assert digests.parse(shown.attributes["title"]).short == shown.text


def test_the_digest_leads_to_the_image_of_its_platform(owner: User) -> None:
    content.index(content.repository(owner, "app"), "1.0")
    page = get(client_of(), URL)

    for platform in ("linux/amd64", "linux/arm64"):
        [link] = page.all("a", href=f"{URL}/1.0?platform={platform.replace('/', '%2F')}")
        image = get(client_of(), link.attributes["href"])
        assert f"Platform {platform}" in image.text
        assert page.all("code", class_="digest", title=_digest_of(image))


def test_the_newest_tag_comes_first_and_moving_makes_new(owner: User) -> None:
    access = content.repository(owner, "app")
    content.image(access, "1.0")
    content.image(access, "2.0", layers=[("COPY . /", 500)])
    assert get(client_of(), URL).headings(3) == ["2.0", "1.0"]

    content.image(access, "1.0", layers=[("COPY fixed /", 501)])
    assert get(client_of(), URL).headings(3) == ["1.0", "2.0"]


def test_the_filter_takes_a_part_of_a_name_or_a_digest(owner: User) -> None:
    access = content.repository(owner, "app")
    digest = content.image(access, "1.0-alpine", "stable")
    content.image(access, "1.0-debian", layers=[("COPY . /", 500)])

    assert get(client_of(), URL, q="debian").headings(3) == ["1.0-debian"]
    assert get(client_of(), URL, q=str(digest)).headings(3) == ["stable", "1.0-alpine"]
    content.index(access, "2.0", layers=[("COPY two /", 700)])
    platform = get(client_of(), URL, q="2.0").all("code", class_="digest")[0].attributes["title"]
    assert get(client_of(), URL, q=platform).headings(3) == ["2.0"]
    nothing = get(client_of(), URL, q="zeppelin")
    assert nothing.headings(3) == ["No such tag"]
    assert nothing.link("Show all tags") == URL


def test_pages_hold_25(owner: User) -> None:
    access = content.repository(owner, "app")
    content.image(access, *[f"v{number}" for number in range(26)])

    first = get(client_of(), URL, q="v")
    second = get(client_of(), first.link("2"))

    assert first.headings(3) == [f"v{number}" for number in range(25, 0, -1)]
    assert second.headings(3) == ["v0"]
    assert "Tags 26" in first.text
    assert get(client_of(), URL, page="3").status == 404
    assert get(client_of(), URL, page="x").status == 404


def test_no_tags_yet(owner: User) -> None:
    content.repository(owner, "app")
    assert any("docker push" in command for command in get(client_of(owner), URL).commands)
    page = get(client_of(), URL)
    assert page.headings(3) == ["No tags yet"]
    assert page.commands == []


def test_deleting_asks_first_and_says_what_goes(owner: User) -> None:
    access = content.repository(owner, "app")
    content.image(access, "1.0")
    asked = get(client_of(owner), get(client_of(owner), URL).link("Delete tag 1.0"))
    assert asked.headings(2) == ["Delete the tag 1.0?"]
    assert "No other tag points to this image, so it goes with the tag." in asked.text
    assert "linux/amd64" in asked.text
    assert get(client_of(owner), URL).headings(3) == ["1.0"]

    done = post(client_of(owner), f"{URL}/1.0/delete")

    assert done.url == URL
    assert "The tag 1.0 is deleted." in done.text
    assert done.headings(3) == ["No tags yet"]
    assert "0 B stored" in get(client_of(owner), "/owner-person").text


def test_deleting_one_of_several_names_keeps_the_image(owner: User) -> None:
    access = content.repository(owner, "app")
    content.image(access, "1.0", "latest")

    asked = get(client_of(owner), f"{URL}/latest/delete")
    assert "Only the name goes. The image stays, because 1.0 points to it, too." in asked.text
    done = post(client_of(owner), f"{URL}/latest/delete")

    assert done.headings(3) == ["1.0"]
    assert "KB stored" in get(client_of(owner), "/owner-person").text


def test_only_administrators_of_a_repository_delete(
    owner: User, organization: Namespace, member: User, outsider: User
) -> None:
    access = content.repository(owner, "app", namespace="the-club")
    content.image(access, "1.0")
    RepositoryGrant.objects.create(
        namespace=organization, repository=access.repository, user=member, level=RepositoryGrant.Level.WRITE
    )
    url = "/the-club/app/-/tags"

    for who in (member, outsider, None):
        assert not get(client_of(who), url).has_link("Delete tag 1.0")
    assert [post(client_of(who), f"{url}/1.0/delete").status for who in (member, outsider)] == [403, 403]
    assert post(client_of(), f"{url}/1.0/delete").url.startswith("/accounts/login/")
    assert get(client_of(owner), url).headings(3) == ["1.0"]


def test_a_tag_that_went_meanwhile_is_not_found(owner: User) -> None:
    content.repository(owner, "app")
    assert get(client_of(owner), f"{URL}/1.0/delete").status == 404
    assert post(client_of(owner), f"{URL}/1.0/delete").status == 404


def test_each_tag_says_how_often_it_was_pulled(owner: User) -> None:
    access = content.repository(owner, "app")
    content.image(access, "1.0")
    today = timezone.now().date()
    PullDay.objects.create(repository=access.repository, day=today, reference="1.0", pulls=4321)
    for ago, said in ((0, "today"), (1, "yesterday"), (5, "5 days ago"), (70, "2 months ago"), (800, "2 years ago")):
        Manifest.objects.update(last_pulled_on=today - timedelta(days=ago))
        assert f"4,321 pulls image last pulled {said}" in get(client_of(), URL).text


def _digest_of(image: Page) -> str:
    return next(command for command in image.commands if command.startswith("sha256:"))
