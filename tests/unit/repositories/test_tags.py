"""Tags: listed for clients and for people, moved and removed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from repositories import tags
from repositories.access import Access, Action
from repositories.errors import AccessDenied, TagUnknown
from repositories.models import Tag, TagEvent
from repositories.oci import names
from tests.make import content
from tests.unit.repositories.builders import config, living, push_image, push_index

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("audited")]


def test_names_come_in_byte_order_a_page_at_a_time(access: Access) -> None:
    push_image(access, *"b a _x B 10 9 a.b a-b a_b V1 v1".split())
    ordered = sorted("b a _x B 10 9 a.b a-b a_b V1 v1".split())
    assert tags.names_after(access.repository) == (ordered, False)
    assert tags.names_after(access.repository, limit=4) == (ordered[:4], True)
    assert tags.names_after(access.repository, last=ordered[3], limit=7) == (ordered[4:], False)
    assert tags.names_after(access.repository, last="a.", limit=2)[0][0] == "a.b"
    assert tags.names_after(access.repository, last="zzz", limit=2) == ([], False)
    assert tags.names_after(access.repository, limit=0)[0] == []


@pytest.mark.parametrize("strange", ["\x00", "a\x00b", "é", "\ud800", "%", "x" * 5000])
def test_no_text_breaks_a_list_or_a_look_up(access: Access, strange: str) -> None:
    push_image(access, "one")
    tags.names_after(access.repository, last=strange)
    assert tags.rows(access, query=strange) == ([], 0)
    for act in (tags.find, tags.remove):
        with pytest.raises(TagUnknown):
            act(access, strange)


def test_a_row_says_what_people_want_to_know(access: Access, owner: User) -> None:
    child = push_image(access, "amd", settings=config(), layers=[b"12345"])
    other = push_image(access, settings=config(architecture="arm64", variant="v8"), layers=[b"1234567"])
    digest = push_index(access, [child, other], "all", "latest")
    row = tags.find(access, "all")
    assert (row.name, row.digest, row.pushed_by) == ("all", digest, "owner-person")
    assert row.siblings == ["latest"]
    assert [(image.digest, image.platform) for image in row.images] == [
        (child, "linux/amd64"),
        (other, "linux/arm64/v8"),
    ]
    assert row.images[0].size == len(config()) + 5
    assert row.size == row.images[0].size + row.images[1].size
    assert timezone.now() - row.pushed_at < timedelta(minutes=1)
    single = tags.find(access, "amd")
    assert [image.platform for image in single.images] == ["linux/amd64"]
    assert single.siblings == []


def test_rows_come_latest_first_with_their_count(access: Access) -> None:
    for name in "abcde":
        push_image(access, name, layers=[name.encode()])
    push_image(access, "b", layers=[b"moved"])
    rows, total = tags.rows(access, limit=3)
    assert ([row.name for row in rows], total) == (["b", "e", "d"], 5)
    rows, total = tags.rows(access, offset=3, limit=3)
    assert ([row.name for row in rows], total) == (["c", "a"], 5)


@pytest.mark.parametrize(
    ("query", "found"),
    [("rc", {"1.0-rc", "RC2"}), ("RC", {"1.0-rc", "RC2"}), ("_", {"a_b"}), ("%", set()), ("1.0", {"1.0-rc"})],
)
def test_a_query_finds_parts_of_names_alike_on_every_database(access: Access, query: str, found: set[str]) -> None:
    push_image(access, "1.0-rc", "RC2", "a_b", "axb")
    assert {row.name for row in tags.rows(access, query=query)[0]} == found


def test_a_query_finds_a_digest_whole_or_short(access: Access) -> None:
    digest = push_image(access, "one", "two")
    push_image(access, "three", layers=[b"another"])
    for query in (str(digest), digest.short):
        assert {row.name for row in tags.rows(access, query=query)[0]} == {"one", "two"}, query


def test_only_who_administers_may_remove(access: Access, outsider: User) -> None:
    push_image(access, "one")
    reader = content.access(outsider, access.repository.full_name, Action.PULL)
    for act in (tags.remove, tags.untag):
        with pytest.raises(AccessDenied):
            act(reader, names.tag("one"))
    assert tags.find(reader, "one").name == "one"


def test_an_unknown_tag_is_said_so(access: Access) -> None:
    for act in (tags.find, tags.remove, tags.untag):
        with pytest.raises(TagUnknown):
            act(access, names.tag("none"))


def test_the_same_name_in_another_repository_is_another_tag(access: Access, owner: User) -> None:
    other = content.repository(owner, "other")
    push_image(access, "one")
    digest = push_image(other, "one")
    tags.remove(access, "one")
    assert living(other) == {digest}
    assert tags.find(other, "one").digest == digest


def test_every_move_is_noted(access: Access, owner: User) -> None:
    first = push_image(access, "one", layers=[b"1"])
    push_image(access, "one", layers=[b"1"])
    second = push_image(access, "one", layers=[b"2"])
    tags.remove(access, "one")
    events = TagEvent.objects.order_by("pk")
    assert [(event.old_digest, event.new_digest) for event in events] == [
        (None, first),
        (first, second),
        (second, None),
    ]
    assert {event.by for event in events} == {owner}
    assert not Tag.objects.exists()
