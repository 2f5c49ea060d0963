"""A hub as real processes on a free loopback port, with a data folder and a database of its own.

    def test_it(hub: Hub) -> None:
        httpx.get(f"{hub.url}/v2/")
        hub.manage("collect_garbage", "--grace", "0")
        hub.people["owner"].token

One hub serves the whole test session: use names that no other test uses. A test that needs other settings starts its
own with ``running(HUB_MAX_BLOB_BYTES="1m")``.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg
import pytest

from hub.supervisor.place import Place
from hub.supervisor.programs import web_command
from tests.servers import free_port

ROOT = Path(__file__).resolve().parent.parent
START_WITHIN = 60.0
STOP_WITHIN = 10.0
#: A test that looks at the files of blobs, or at their disk; skipped where the hubs have their bytes in a bucket.
on_files = pytest.mark.skipif(os.environ.get("HUB_STORAGE_URL", "").startswith("s3:"), reason="needs blobs on files")
_PRELUDE = "import django; django.setup()\n"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the cast; `token` is a personal access token of the highest scope."""

    username: str
    email: str
    password: str
    token: str

    @property
    def credentials(self) -> tuple[str, str]:
        """What `docker login` is given."""
        return self.username, self.token


@dataclass(frozen=True)
class Hub:
    """A running hub. `url` is ``http://localhost:<port>``, `registry` is what image names start with."""

    port: int
    data_dir: Path
    environment: dict[str, str]
    host: str = "localhost"
    _process: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def registry(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.registry}"

    @property
    def log(self) -> str:
        """What the server has written so far."""
        return (self.data_dir / "server.log").read_text(errors="replace")

    @property
    def pids(self) -> list[int]:
        """The processes of the web server (Linux): they share a session."""
        sessions = {process.pid for process in self._process}
        running = [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]
        return [pid for pid in running if _session_of(pid) in sessions]

    @cached_property
    def people(self) -> dict[str, Person]:
        """The cast, made at first use: see `tests.make.cast`."""
        found = json.loads(self.python("from tests.make import cast; cast.main()"))
        return {role: Person(**facts) for role, facts in found.items()}

    @property
    def organization(self) -> str:
        """The organization of the cast: `owner` owns it, `writer` may push there, `reader` may pull."""
        return "harbour" if self.people else ""

    def manage(self, *args: str) -> str:
        """Run a management command on the hub's data; returns its output. Errors: AssertionError with what it said."""
        return self.run(sys.executable, "manage.py", *args)

    def python(self, code: str) -> str:
        """Run Python code, Django ready, on the hub's data; returns its output. Errors: as :meth:`manage`."""
        return self.run(sys.executable, "-c", _PRELUDE + code)

    def run(self, *command: str) -> str:
        """Run a program with the hub's environment; returns its output. Errors: as :meth:`manage`."""
        done = self.attempt(*command)
        assert done.returncode == 0, f"{command[1:4]} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def attempt(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a program with the hub's environment, whatever comes of it."""
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )

    def start_another(self) -> str:
        """Start one more web server on the same data; returns its address."""
        port = free_port()
        self.start(port)
        return f"http://{self.host}:{port}"

    def start(self, port: int | None = None) -> None:
        """Start the web server as `make run` does, and wait until it answers."""
        port = port or self.port
        with (self.data_dir / "server.log").open("ab") as sink:
            process = subprocess.Popen(
                web_command(Place(self.data_dir, "127.0.0.1", port, self.url)),
                cwd=ROOT,
                env=self.environment,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
            )
        self._process.append(process)
        deadline = time.monotonic() + START_WITHIN
        while not _answers(f"http://{self.host}:{port}"):
            if process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise AssertionError(f"The hub did not start:\n{self.log[-4000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End the web servers by their process ids, and what they started by their groups."""
        while self._process:
            process = self._process.pop()
            process.terminate()
            try:
                process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(STOP_WITHIN)

    def kill(self) -> None:
        """End the web servers as a power cut would: at once, with all their processes."""
        while self._process:
            process = self._process.pop()
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(STOP_WITHIN)


@contextmanager
def running(**settings: str) -> Iterator[Hub]:
    """Start a hub, hand it out, end it; nothing of it stays. `settings` are variables of its environment."""
    folder = Path(tempfile.mkdtemp(prefix="berth-live-"))
    port = free_port()
    with _database() as database_url:
        hub = Hub(port, folder, _environment(folder, port, database_url, settings))
        try:
            hub.manage("migrate", "--verbosity", "0")
            hub.manage("collectstatic", "--no-input", "--verbosity", "0")
            hub.start()
            yield hub
        finally:
            hub.stop()
            shutil.rmtree(folder)


@pytest.fixture(scope="session")
def hub() -> Iterator[Hub]:
    """The hub of this test session, real processes, real database, real files."""
    with running() as started:
        yield started


def _environment(folder: Path, port: int, database_url: str, settings: dict[str, str]) -> dict[str, str]:
    """The tests' own environment without what belongs to the tests' own settings."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "DJANGO_"))}
    return {
        **inherited,
        "DJANGO_SETTINGS_MODULE": "hub.settings",
        "DATABASE_URL": database_url,
        "HUB_DATA_DIR": str(folder),
        "HUB_PORT": str(port),
        "HUB_SECRET_KEY": secrets.token_hex(32),
        "HUB_FIELD_KEY": secrets.token_hex(32),
        **_storage(folder),
        **settings,
    }


def _storage(folder: Path) -> dict[str, str]:
    """Files in the data folder, or a place of its own in the bucket that the tests are given (tests.objectstores)."""
    given = os.environ.get("HUB_STORAGE_URL", "")
    if not given.startswith("s3:"):
        return {}
    keys = {name: value for name, value in os.environ.items() if name.startswith("HUB_S3_")}
    return {"HUB_STORAGE_URL": urlunsplit(urlsplit(given)._replace(path=f"/{folder.name}")), **keys}


@contextmanager
def _database() -> Iterator[str]:
    """The address of an empty database: SQLite in the data folder ("" = the default), or one made on the server that
    DATABASE_URL names."""
    given = os.environ.get("DATABASE_URL", "")
    if not given.startswith("postgres"):
        yield ""
        return
    name = f"live_{secrets.token_hex(6)}"
    with psycopg.connect(given, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}".encode())
        yield urlunsplit(urlsplit(given)._replace(path=f"/{name}"))
        server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def _session_of(pid: int) -> int:
    """0 when the process has ended."""
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return 0


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/v2/", timeout=5, verify=False).status_code < 500
    except httpx.TransportError:
        return False
