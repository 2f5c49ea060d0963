"""The supervisor: start, refusals, ending, reviving."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import ROOT
from tests.programs import needs
from tests.run import stack
from tests.run.stack import Stack, refused, started
from tests.servers import free_port
from tests.waiting import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose first start is over."""
    data = tmp_path_factory.mktemp("run") / "first"
    with started(data, free_port()) as hub:
        hub.await_ready()
        hub.interrupt()
        assert hub.await_end() == 0
    return data


@pytest.fixture
def data(prepared: Path, tmp_path: Path) -> Path:
    return shutil.copytree(prepared, tmp_path / "data")


@pytest.fixture
def hub(data: Path) -> Iterator[Stack]:
    with started(data, free_port()) as running:
        running.await_ready()
        yield running


def test_a_first_start_makes_everything_it_needs(prepared: Path) -> None:
    modes = {name: (prepared / name).stat().st_mode & 0o777 for name in (".", "secret_key", "field_key", "hub.sqlite3")}
    assert modes == {".": 0o700, "secret_key": 0o600, "field_key": 0o600, "hub.sqlite3": 0o600}
    keys = {(prepared / name).read_text().strip() for name in ("secret_key", "field_key")}
    assert len(keys) == 2
    assert all(len(key) >= 50 for key in keys)
    assert list((prepared / "tmp").iterdir()) == []


def test_it_answers_and_others_are_refused_beside_it(hub: Stack, tmp_path: Path) -> None:
    assert (hub.get("/"), hub.get("/v2/")) == (200, 401)
    other = tmp_path / "other"
    assert refused(hub.data, free_port()).startswith(f"Another hub is running on the data folder {hub.data}")
    assert refused(other, hub.port).startswith(f"Port {hub.port} on 127.0.0.1 is busy")
    assert hub.get("/") == 200
    assert [line.partition(" (")[0] for line in hub.said.splitlines()] == [f"Berth is ready: {hub.url}"]


def test_a_restart_keeps_the_keys(data: Path, prepared: Path) -> None:
    with started(data, free_port()) as hub:
        hub.await_ready()
        assert hub.get("/") == 200
    assert (data / "secret_key").read_text() == (prepared / "secret_key").read_text()


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "letter").touch()
    assert "is not empty and open to other users" in refused(tmp_path, free_port())
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_a_wrong_setting_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "environment", lambda data, port: {**os.environ, "HUB_PORT": "many"})
    assert refused(tmp_path, 0) == "HUB_PORT is 'many'; expected a whole number from 1 to 65535."


def test_ctrl_c_ends_everything_without_a_word_of_python(hub: Stack) -> None:
    assert len(hub.pids("granian")) == 2
    assert len(hub.pids("celery")) == 1
    hub.interrupt()
    assert hub.await_end() == 0
    assert "Traceback" not in hub.said
    assert "starting it again" not in hub.said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_wishes_to_end_are_heard(hub: Stack, number: signal.Signals) -> None:
    os.kill(hub.process.pid, number)
    assert hub.await_end() == 0


def test_it_ends_in_time_while_a_slow_client_sends(hub: Stack) -> None:
    with socket.create_connection(("127.0.0.1", hub.port)) as client:
        client.sendall(
            f"POST /accounts/login/ HTTP/1.1\r\nHost: localhost:{hub.port}\r\nContent-Length: 100\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\nlogin=".encode()
        )
        hub.interrupt()
        assert hub.await_end() == 0


def test_ctrl_c_during_the_start_ends_it(tmp_path: Path) -> None:
    with started(tmp_path / "data", free_port()) as hub:
        until(lambda: hub.pids("manage.py prepare"), 20)
        hub.interrupt()
        assert hub.await_end() == 0
        assert "Traceback" not in hub.said


@pytest.mark.parametrize(("word", "left"), [("celery", 1), ("granian", 2)])
def test_a_program_that_is_killed_comes_back(hub: Stack, word: str, left: int) -> None:
    before = hub.pids(word)
    os.kill(min(before), signal.SIGKILL)
    until(lambda: len(hub.pids(word)) == left and not set(before) & set(hub.pids(word)), 20, lambda: hub.said)
    until(lambda: _answers(hub), 20, lambda: hub.said)
    assert "ended (SIGKILL); starting it again in 0.5 s" in hub.said


def test_nothing_outlives_a_supervisor_that_is_killed(hub: Stack) -> None:
    os.kill(hub.process.pid, signal.SIGKILL)
    hub.await_end()
    with started(hub.data, hub.port) as again:
        again.await_ready(times=2)
        assert again.get("/") == 200


@needs("make")
def test_make_run_ends_on_ctrl_c(data: Path) -> None:
    with started(data, free_port(), ("make", "run")) as hub:
        hub.await_ready()
        hub.interrupt()
        hub.await_end()
        assert "Traceback" not in hub.said


def test_the_supervisor_is_light() -> None:
    heavy = ("django", "celery", "asyncio", "http.client")
    code = f"import sys, hub.supervisor.__main__; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def _answers(hub: Stack) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", hub.port)) == 0 and hub.get("/v2/") == 401
