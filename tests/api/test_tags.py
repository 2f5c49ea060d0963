"""Tags over REST: list, read, delete."""

from __future__ import annotations

from django.utils import timezone

from accounts.models import User
from repositories.models import Manifest, PullDay
from tests.api.conftest import Ask, refused
from tests.make import content

PATH = "repositories/owner-person/app/-/tags"


def test_list_and_read(owner: User, rest: Ask) -> None:
    access = content.repository(owner)
    image = content.image(access, "1.0", "latest")
    index = content.index(access, "multi")
    nobody = rest()
    found = nobody.get(f"{PATH}/").json()
    assert {row["name"] for row in found["results"]} == {"1.0", "latest", "multi"}
    one = nobody.get(f"{PATH}/1.0/").json()
    assert one["digest"] == str(image)
    assert one["siblings"] == ["latest"]
    assert one["pushed_by"] == "owner-person"
    assert [row["platform"] for row in one["images"]] == ["linux/amd64"]
    many = nobody.get(f"{PATH}/multi").json()
    assert many["digest"] == str(index)
    assert {row["platform"] for row in many["images"]} == {"linux/amd64", "linux/arm64"}
    assert many["size"] > 0


def test_search_and_pages(owner: User, rest: Ask) -> None:
    access = content.repository(owner)
    digest = content.image(access, *(f"v{number}" for number in range(5)))
    content.image(access, "other", layers=[("RUN make", 500)])
    nobody = rest()
    first = nobody.get(f"{PATH}/", q="v", page_size=2).json()
    assert (first["count"], len(first["results"]), first["previous"]) == (5, 2, None)
    last = nobody.get(f"{PATH}/", q="v", page_size=2, page=3).json()
    assert (len(last["results"]), last["next"]) == (1, None)
    assert nobody.get(f"{PATH}/", q=str(digest)).json()["count"] == 5
    assert nobody.get(f"{PATH}/", q="absent").json()["count"] == 0
    assert refused(nobody.get(f"{PATH}/", q="v", page=2))["code"] == "page_unknown"


def test_delete_frees_the_space(owner: User, rest: Ask) -> None:
    access = content.repository(owner)
    content.image(access, "1.0", "latest")
    mine = rest(owner)

    def used() -> int:
        return int(mine.get("namespaces/owner-person/usage/").json()["used"])

    before = used()
    assert before > 0
    assert mine.delete(f"{PATH}/latest/").status_code == 204
    assert used() == before  # 1.0 still names the image
    assert mine.delete(f"{PATH}/1.0/").status_code == 204
    assert used() == 0
    for answer in (mine.delete(f"{PATH}/1.0/"), mine.get(f"{PATH}/1.0/")):
        assert (answer.status_code, refused(answer)["code"]) == (404, "tag_unknown")


def test_tags_that_can_be_no_tags(owner: User, rest: Ask) -> None:
    content.repository(owner)
    for tag in ("-x", "x%00", "%F0%9F%90%B3", "t" * 200, "sha256:00"):
        assert refused(rest(owner).get(f"{PATH}/{tag}/"))["code"] == "tag_unknown"
    assert rest(owner).get(f"{PATH}/a/b/").status_code == 404


def test_a_tag_says_how_often_and_when_it_was_pulled(owner: User, rest: Ask) -> None:
    access = content.repository(owner)
    content.image(access, "1.0", "latest")
    today = timezone.now().date()
    nobody = rest()
    one = nobody.get(f"{PATH}/1.0/").json()
    assert (one["pulls"], one["last_pulled_on"]) == (0, None)
    PullDay.objects.create(repository=access.repository, day=today, reference="1.0", pulls=12)
    Manifest.objects.update(last_pulled_on=today)
    one = nobody.get(f"{PATH}/1.0/").json()
    assert (one["pulls"], one["last_pulled_on"]) == (12, today.isoformat())
    rows = nobody.get(f"{PATH}/").json()["results"]
    assert {row["name"]: row["pulls"] for row in rows} == {"1.0": 12, "latest": 0}
