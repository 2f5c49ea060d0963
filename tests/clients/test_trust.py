"""The registry of the project distribution takes this hub as its token server: one rule of access, two registries."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests import gotools
from tests.clients import layouts
from tests.clients.cast import INSIDERS, ROLES, Club, is_refusal, make_clubs
from tests.clients.drivers.containers import Skopeo
from tests.clients.drivers.programs import Crane
from tests.live import Hub, running
from tests.programs import needs
from tests.servers import free_port

pytestmark = [pytest.mark.live, pytest.mark.lengthy, gotools.needs("distribution", "crane"), needs("skopeo")]

SERVICE = "second.example"
START_WITHIN = 60.0


@dataclass(frozen=True)
class Second:
    """The other registry, and people of the hub that it trusts."""

    registry: str
    hub: Hub
    people: Club


@pytest.fixture(scope="module")
def second() -> Iterator[Second]:
    with running(HUB_TOKEN_SERVICES=SERVICE) as hub, _distribution(hub) as registry:
        yield Second(registry, hub, make_clubs(hub, 1)[0])


@pytest.mark.shows("distribution", "token server")
def test_crane_and_skopeo_push_and_pull_there_with_an_account_of_the_hub(
    second: Second, crane: Crane, skopeo: Skopeo, tmp_path: Path
) -> None:
    owner = second.people.owner
    image = f"{second.registry}/{second.people.name}/app"
    layout = layouts.write(tmp_path / "in", os.urandom(100_000))
    crane.log_in(second.registry, owner.username, owner.token)
    assert skopeo.log_in(second.registry, owner.username, owner.password).returncode == 0

    crane("push", str(layout.folder), f"{image}:by-crane")
    skopeo.copy_in(layout.source, f"{image}:by-skopeo")
    crane.pull(f"{image}:by-skopeo", tmp_path / "crane")
    skopeo.copy_out(f"{image}:by-crane", tmp_path / "skopeo")

    assert layouts.read(tmp_path / "crane") == layout.blobs
    assert layouts.read(tmp_path / "skopeo") == layout.blobs


@pytest.mark.shows("distribution", "token server")
@pytest.mark.parametrize("role", ROLES)
def test_who_may_pull_there_is_who_may_pull_here(second: Second, crane: Crane, tmp_path: Path, role: str) -> None:
    """The hub knows the repository as a private one; the other registry keeps the bytes and asks for a token."""
    owner = second.people.owner
    name = f"{second.people.name}/secret"
    layout = layouts.write(tmp_path / "in", b"only for us")
    crane.log_in(second.hub.registry, owner.username, owner.token)
    crane.log_in(second.registry, owner.username, owner.token)
    for registry in (second.hub.registry, second.registry):
        crane("push", str(layout.folder), f"{registry}/{name}:1.0")
    crane.log_out(second.registry)
    if person := second.people.person(role):
        crane.log_in(second.registry, person.username, person.token)

    done = crane.pull(f"{second.registry}/{name}:1.0", tmp_path / "out", check=False)
    pushed = crane("push", str(layout.folder), f"{second.registry}/{name}:{role}", check=False)

    assert (done.returncode == 0) == (role in INSIDERS), done.stderr
    assert is_refusal(done.stderr) == (role not in INSIDERS)
    assert (pushed.returncode == 0) == (role == "owner"), pushed.stderr


def test_a_wrong_password_is_refused_there(second: Second, skopeo: Skopeo) -> None:
    refused = skopeo.log_in(second.registry, second.people.owner.username, "not-the-password")

    assert refused.returncode != 0
    assert "invalid username/password" in refused.stderr


def test_the_hub_does_not_take_the_tokens_that_it_signs_for_the_other(second: Second) -> None:
    owner = second.people.owner
    query = {"service": SERVICE, "scope": f"repository:{second.people.name}/app:pull,push"}
    answer = httpx.get(f"{second.hub.url}/token", params=query, auth=(owner.username, owner.token))
    bearer = {"Authorization": f"Bearer {answer.json()['token']}"}

    assert httpx.get(f"http://{second.registry}/v2/", headers=bearer).status_code == 200
    assert httpx.get(f"{second.hub.url}/v2/", headers=bearer).status_code == 401


def test_another_service_gets_no_token(second: Second) -> None:
    answer = httpx.get(f"{second.hub.url}/token", params={"service": "third.example"})

    assert answer.status_code == 400


@contextmanager
def _distribution(hub: Hub) -> Iterator[str]:
    """Start the other registry, which has nothing of the hub but its public keys; its `host:port`."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="berth-second-") as name:
        folder = Path(name)
        (folder / "keys.json").write_text(httpx.get(f"{hub.url}/.well-known/jwks.json").text)
        (folder / "config.json").write_text(json.dumps(_configuration(hub, port, folder)))
        command = [str(gotools.program("distribution")), "serve", str(folder / "config.json")]
        with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
            try:
                _await_start(port, process, folder / "log")
                yield f"localhost:{port}"
            finally:
                process.terminate()
                process.wait(30)


def _configuration(hub: Hub, port: int, folder: Path) -> dict[str, object]:
    """YAML, of which JSON is a part."""
    token = {"realm": f"{hub.url}/token", "service": SERVICE, "issuer": hub.url, "jwks": str(folder / "keys.json")}
    return {
        "version": "0.1",
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": f"127.0.0.1:{port}"},
        "auth": {"token": token},
    }


def _await_start(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_WITHIN
    while True:
        try:
            assert httpx.get(f"http://localhost:{port}/v2/").status_code == 401
            return
        except httpx.TransportError:
            said = log.read_text(errors="replace")[-3000:]
            assert process.poll() is None and time.monotonic() < deadline, f"distribution did not start:\n{said}"
            time.sleep(0.1)
