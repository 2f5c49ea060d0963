"""containerd's `ctr` against a running hub: push, pull, copy by mount, indexes, refusals.

It has no login: credentials come with each command, and its token request is the POST of OAuth2.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.clients import layouts
from tests.clients.cast import INSIDERS, ROLES, MakeClub, MakePerson, Person, is_refusal
from tests.clients.relay import Relay
from tests.containerd import Containerd
from tests.live import Hub
from tests.programs import needs

pytestmark = [pytest.mark.live, needs("containerd", "ctr", "setpriv", root=True)]


@pytest.mark.shows("ctr", "push", "pull")
def test_an_image_comes_back_byte_for_byte(
    relay: Relay, somebody: MakePerson, containerd: Containerd, tmp_path: Path
) -> None:
    owner = somebody()
    name = f"{relay.registry}/{owner.username}/from-ctr"
    layout = layouts.write(tmp_path / "in", b"first " * 1000, os.urandom(200_000))
    containerd.load(layouts.archive(layout, tmp_path / "in.tar"), name)

    containerd.push(f"{name}:latest", _user(owner))
    containerd.forget_all()
    containerd.pull(f"{name}:latest")
    containerd.save(f"{name}:latest", tmp_path / "out.tar")

    assert _blobs(tmp_path / "out.tar", tmp_path / "out") == layout.blobs
    assert relay.asked("POST", "/token")


@pytest.mark.shows("ctr", "copy by mount")
def test_a_copy_to_a_second_repository_sends_no_bytes(
    relay: Relay, somebody: MakePerson, containerd: Containerd, tmp_path: Path
) -> None:
    owner = somebody()
    first, second = (f"{relay.registry}/{owner.username}/{name}" for name in ("first", "second"))
    layout = layouts.write(tmp_path / "in", os.urandom(2_000_000))
    containerd.load(layouts.archive(layout, tmp_path / "in.tar"), first)
    containerd.push(f"{first}:latest", _user(owner))
    containerd.pull(f"{first}:latest")  # now it knows where the layers are from
    containerd.ctr("image", "tag", f"{first}:latest", f"{second}:latest")
    relay.forget()

    containerd.push(f"{second}:latest", _user(owner))

    relay.assert_only_mounted(2_000_000)
    containerd.forget_all()
    containerd.pull(f"{second}:latest")
    containerd.save(f"{second}:latest", tmp_path / "out.tar")
    assert _blobs(tmp_path / "out.tar", tmp_path / "out") == layout.blobs


@pytest.mark.shows("ctr", "several platforms")
def test_an_index_is_pushed_and_pulled_with_all_platforms(
    hub: Hub, somebody: MakePerson, containerd: Containerd, tmp_path: Path
) -> None:
    owner = somebody()
    name = f"{hub.registry}/{owner.username}/multi"
    layout = layouts.write_index(tmp_path / "in", "amd64", "arm64")
    containerd.load(layouts.archive(layout, tmp_path / "in.tar"), name)

    containerd.push(f"{name}:latest", _user(owner))
    containerd.forget_all()
    containerd.pull(f"{name}:latest", "", "--all-platforms")
    containerd.save(f"{name}:latest", tmp_path / "out.tar", "--all-platforms")

    assert _blobs(tmp_path / "out.tar", tmp_path / "out") == layout.blobs


@pytest.mark.shows("ctr", "private")
@pytest.mark.parametrize("role", ROLES)
def test_a_private_image_opens_for_its_people_and_for_nobody_else(
    hub: Hub, club: MakeClub, containerd: Containerd, tmp_path: Path, role: str
) -> None:
    people = club()
    name = f"{hub.registry}/{people.name}/secret"
    layout = layouts.write(tmp_path / "in", b"only for us")
    containerd.load(layouts.archive(layout, tmp_path / "in.tar"), name)
    containerd.push(f"{name}:latest", _user(people.owner))
    containerd.forget_all()

    done = containerd.pull(f"{name}:latest", _user(people.person(role)), check=False)

    if role in INSIDERS:
        assert done.returncode == 0, done.stderr
    else:
        assert done.returncode != 0
        assert is_refusal(done.stderr) or "insufficient_scope" in done.stderr


def test_wrong_credentials_and_a_reader_cannot_push(
    hub: Hub, somebody: MakePerson, containerd: Containerd, tmp_path: Path
) -> None:
    owner, reader = somebody(), somebody()
    name = f"{hub.registry}/{owner.username}/refused"
    containerd.load(layouts.archive(layouts.write(tmp_path / "in", b"no"), tmp_path / "in.tar"), name)

    wrong = containerd.push(f"{name}:latest", f"{owner.username}:not-the-password", check=False)
    foreign = containerd.push(f"{name}:latest", _user(reader), check=False)

    assert wrong.returncode != 0
    assert "401 Unauthorized" in wrong.stderr
    assert foreign.returncode != 0
    assert "insufficient_scope: authorization failed" in foreign.stderr


def _user(person: Person | None) -> str:
    return f"{person.username}:{person.token}" if person else ""


def _blobs(archive: Path, folder: Path) -> dict[str, bytes]:
    """What the archive's own index reaches."""
    return layouts.read(layouts.unpack(archive, folder))
