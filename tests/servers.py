"""Throw-away PostgreSQL and Redis on free loopback ports, from the machine's own programs.

    python -m tests.servers -- pytest tests/unit      # the command sees DATABASE_URL and REDIS_URL

The servers keep everything in a temporary folder and are ended by their process ids. PostgreSQL refuses to run as
root: then it runs as the user `postgres`. It flushes as it would in production, because the hub refuses one that does
not, and sorts text by a language, so that a column that wants byte order has to say so.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import redis

START_WITHIN = 60.0
STOP_WITHIN = 20.0


class Missing(Exception):
    """A program is not installed; the message names it."""


@contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL server; yields its `postgres://` address. Errors: Missing."""
    programs = _postgresql_programs()
    with _folder("postgresql") as folder:
        as_whom: dict[str, Any] = {}
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
            as_whom = {"user": "postgres", "group": "postgres", "extra_groups": []}
        password = secrets.token_hex(16)
        (folder / "password").write_text(password)
        (folder / "password").chmod(0o644)  # its folder lets nobody else in
        command = [str(programs / "initdb"), "-D", f"{folder}/data", "-U", "berth", f"--pwfile={folder}/password"]
        rules = ["-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"]
        subprocess.run([*command, *rules], cwd=folder, check=True, stdout=subprocess.DEVNULL, **as_whom)
        port = free_port()
        where = ["-c", "listen_addresses=127.0.0.1", "-p", str(port), "-k", str(folder), "-c", "max_connections=200"]
        url = f"postgres://berth:{password}@127.0.0.1:{port}/postgres"
        server = [str(programs / "postgres"), "-D", str(folder / "data"), *where]
        with _running(server, folder, lambda: psycopg.connect(url).close(), signal.SIGINT, **as_whom):
            yield url


@contextmanager
def redis_server() -> Iterator[str]:
    """A Redis server without persistence; yields its `redis://` address. Errors: Missing."""
    program = shutil.which("redis-server")
    if program is None:
        raise Missing("redis-server")
    with _folder("redis") as folder:
        port, password = free_port(), secrets.token_hex(16)
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        url = f"redis://:{password}@127.0.0.1:{port}/0"
        server = [*command, "--requirepass", password]
        with _running(server, folder, lambda: redis.from_url(url).ping(), signal.SIGTERM):
            yield url


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _postgresql_programs() -> Path:
    """Debian keeps them out of the path, one folder a version."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if not installed:
        raise Missing("postgresql")
    return installed[-1].parent


@contextmanager
def _folder(name: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f"berth-{name}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def _running(
    command: list[str], folder: Path, try_it: Callable[[], object], stop: signal.Signals, **as_whom: Any
) -> Iterator[None]:
    log = folder / "log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command, cwd=folder, stdout=sink, stderr=sink, stdin=subprocess.DEVNULL, start_new_session=True, **as_whom
        )
    try:
        _await(process, try_it, log)
        yield
    finally:
        process.send_signal(stop)
        process.wait(STOP_WITHIN)


def _await(process: subprocess.Popen[bytes], try_it: Callable[[], object], log: Path) -> None:
    deadline = time.monotonic() + START_WITHIN
    while True:
        try:
            try_it()
            return
        except (psycopg.OperationalError, redis.exceptions.ConnectionError) as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The server did not start:\n{log.read_text()[-2000:]}") from error
        time.sleep(0.05)


def main(command: list[str]) -> int:
    """Runs the command beside both servers; returns its exit code, or EX_UNAVAILABLE when a server is not installed."""
    try:
        with postgresql() as database_url, redis_server() as redis_url:
            environment = {**os.environ, "DATABASE_URL": database_url, "REDIS_URL": redis_url}
            return subprocess.run(command, env=environment, check=False).returncode
    except Missing as missing:
        print(f"missing: {missing}", file=sys.stderr)
        return os.EX_UNAVAILABLE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] if sys.argv[1:2] != ["--"] else sys.argv[2:]))
