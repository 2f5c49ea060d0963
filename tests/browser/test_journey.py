"""The walk-through of the README in a real browser, with a real Docker engine, with scripts and without.

Sign up, prove the address, create a repository, make a token, push, see the tag, pull, delete, get the bytes back.
"""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit, supervised
from tests.browser.pages import Visitor
from tests.engine import Engine
from tests.live import Hub
from tests.programs import needs

pytestmark = [pytest.mark.live, needs("chromium", "dockerd", "docker", "setpriv", root=True)]

NAME = "docker-quickstart"
FREED_WITHIN = 60.0


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_from_sign_up_to_the_tag_and_back(visit: Visit, hub: Hub, engine: Engine, scripts: bool) -> None:
    alice = Visitor(visit(scripts=scripts))
    _join_with_the_mailed_code(alice)
    _create_the_repository(alice, hub)
    image = f"{hub.registry}/{alice.username}/{NAME}:1.0"
    token = alice.create_token("laptop")
    _see_no_token_again(alice, token)

    others = _stored(hub)
    built, digest = _build_and_push(engine, alice, token, image)
    pushed = _stored(hub).keys() - others.keys()
    assert len(pushed) == 4
    _see_the_tag(alice, hub, digest)
    _see_the_layers(alice)
    _pull_what_was_pushed(engine, image, built)
    _meet_the_limit_of_private_repositories(alice)

    _delete_the_tag(alice)
    _await_the_worker(hub, pushed)
    _pull_nothing_more(engine, image)


def test_the_command_frees_the_bytes_of_a_deleted_tag_at_once(visit: Visit, engine: Engine) -> None:
    with supervised() as hub:
        alice = Visitor(visit(base_url=hub.url))
        alice.join()
        image = f"{hub.registry}/{alice.username}/{NAME}:1.0"
        _build_and_push(engine, alice, alice.create_token("laptop"), image)
        stored = _stored(hub)
        _delete_the_tag(alice)

        dry = hub.manage("collect_garbage", "--grace", "0", "--dry-run")
        assert _stored(hub) == stored
        real = hub.manage("collect_garbage", "--grace", "0")

        for said in (dry, real):
            freed = re.search(r"freed (\d+) blobs, (\d+) bytes; in grace 0, 0 bytes", said)
            assert freed, said
            assert (int(freed[1]), int(freed[2])) == (4, sum(stored.values()))
        assert not _stored(hub)


# -- The steps


def _join_with_the_mailed_code(alice: Visitor) -> None:
    alice.sign_up()
    asked_at = alice.page.url
    code = alice.read_code()
    expect(alice.main).to_contain_text("no mail server is set")
    _be_refused_before_verification(alice)
    alice.page.goto(asked_at)
    alice.enter_code("WRONG1")
    expect(alice.main).to_contain_text(re.compile("incorrect|wrong|not right", re.IGNORECASE))
    alice.enter_code(code)
    expect(alice.menu).to_be_visible()
    alice.page.goto(f"/{alice.username}")
    alice.see_heading(alice.username)


def _be_refused_before_verification(alice: Visitor) -> None:
    context = alice.page.context.browser.new_context(base_url=_origin(alice)) if alice.page.context.browser else None
    assert context
    elsewhere = Visitor(context.new_page(), alice.username, alice.password)
    elsewhere.sign_in()
    elsewhere.see_heading("Confirm your e-mail")
    elsewhere.page.goto("/new")
    elsewhere.see_heading("Confirm your e-mail")
    expect(elsewhere.menu).to_have_count(0)
    context.close()


def _create_the_repository(alice: Visitor, hub: Hub) -> None:
    alice.create_repository(NAME, description="The small app of the walk-through")
    alice.see_heading(NAME)
    expect(alice.main).to_contain_text("The small app of the walk-through")
    full_name = f"{hub.registry}/{alice.username}/{NAME}"
    assert alice.fields_starting("docker ") == [
        f"docker login {hub.registry} --username {alice.username}",
        f"docker tag {NAME} {full_name}:1.0",
        f"docker push {full_name}:1.0",
    ]


def _see_no_token_again(alice: Visitor, token: str) -> None:
    alice.page.goto("/settings/tokens")
    expect(alice.main).to_contain_text("laptop")
    assert token not in alice.page.content()


def _build_and_push(engine: Engine, alice: Visitor, token: str, image: str) -> tuple[str, str]:
    """The image's id and the digest it was pushed under."""
    registry = image.split("/", maxsplit=1)[0]
    built = engine.build_quickstart(NAME, mark=alice.username)
    engine.docker("tag", NAME, image)
    done = engine.log_in(registry, alice.username, token)
    assert "Login Succeeded" in done.stdout, done.stderr
    pushed = re.search(r"digest: (sha256:[0-9a-f]{64})", engine.docker("push", image).stdout)
    assert pushed
    return built, pushed[1]


def _see_the_tag(alice: Visitor, hub: Hub, digest: str) -> None:
    alice.page.goto(f"/{alice.username}/{NAME}")
    alice.page.get_by_role("navigation", name="Repository").get_by_role("link", name="Tags").click()
    row = alice.main.get_by_role("listitem").filter(has=alice.page.get_by_role("link", name="1.0", exact=True))
    expect(row).to_contain_text(digest.removeprefix("sha256:")[:12])
    expect(row).to_contain_text("linux/amd64")
    expect(row).to_contain_text(re.compile(r"\b20\d(\.\d)? [kK]B\b"))
    expect(row).to_contain_text(alice.username)
    expect(row).to_contain_text(re.compile(r"seconds? ago|just now|minute"))
    command = row.get_by_role("textbox", name="Pull command")
    expect(command).to_have_value(f"docker pull {hub.registry}/{alice.username}/{NAME}:1.0")
    alice.page.get_by_role("link", name="1.0", exact=True).click()


def _see_the_layers(alice: Visitor) -> None:
    rows = alice.main.get_by_role("row")
    for instruction, size in (("/greeting", "B"), ("/ballast", "KB"), ("/usr/share/notes", "B")):
        row = rows.filter(has_text=instruction).last
        expect(row).to_contain_text(size)
    expect(alice.main).to_contain_text("LANG=C.UTF-8")


def _pull_what_was_pushed(engine: Engine, image: str, built: str) -> None:
    engine.forget(image, NAME)
    assert not engine.has(image)
    engine.docker("pull", image)
    assert engine.image_id(image) == built


def _meet_the_limit_of_private_repositories(alice: Visitor) -> None:
    alice.create_repository("first-secret", private=True)
    alice.see_heading("first-secret")
    alice.create_repository("second-secret", private=True)
    alice.see_heading("Create repository")
    expect(alice.main).to_contain_text(f"The Free plan allows 1 private repository, and {alice.username} uses 1.")
    expect(alice.page.get_by_label("Repository name")).to_have_value("second-secret")


def _delete_the_tag(alice: Visitor) -> None:
    before = alice.usage()
    alice.page.goto(f"/{alice.username}/{NAME}/-/tags")
    alice.main.get_by_role("link", name="Delete tag 1.0").click()
    alice.main.get_by_role("button", name="Delete tag").click()
    expect(alice.main).to_contain_text(re.compile("1.0.*deleted"))
    assert before != alice.usage() == "0 B"


def _await_the_worker(hub: Hub, pushed: set[str]) -> None:
    """Until no file that came with the push is left."""
    deadline = time.monotonic() + FREED_WITHIN
    while pushed & _stored(hub).keys():
        assert time.monotonic() < deadline, hub.log[-4000:]
        time.sleep(0.2)


def _pull_nothing_more(engine: Engine, image: str) -> None:
    refused = engine.docker("pull", image, check=False)
    assert "manifest unknown" in refused.stderr or "not found" in refused.stderr


def _stored(hub: Hub) -> dict[str, int]:
    """The files of all blobs on the disk, with their sizes."""
    files = (hub.data_dir / "data" / "blobs").rglob("*")
    return {str(file): file.stat().st_size for file in files if file.is_file()}


def _origin(alice: Visitor) -> str:
    return "/".join(alice.page.url.split("/")[:3])
