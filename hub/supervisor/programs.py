"""The programs of a hub: their command lines, and one of them while it runs."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from hub.supervisor.place import BASE_DIR, Place

#: Seconds before a program that died is started again: doubled each time, forgotten after a quiet minute.
FIRST_DELAY, LONGEST_DELAY, QUIET = 0.5, 30.0, 60.0
_PR_SET_PDEATHSIG = 1
#: Two heaps are plenty for eight threads. Celery's paragraph about root helps nobody who tries the hub in a container.
#: TMPDIR is the hub's own, because the queue's files pass through it.
_DEFAULTS = {"MALLOC_ARENA_MAX": "2", "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges"}


def prepare_command() -> list[str]:
    return [sys.executable, str(BASE_DIR / "manage.py"), "prepare"]


def web_command(place: Place) -> list[str]:
    """granian with one worker: caches stay coherent and memory small. Eight threads, because each slow client holds
    one; never its default of hundreds. Connections beyond the backpressure wait in the kernel's queue."""
    options = (
        "--interface wsgi --http 1 --no-ws --workers 1 --blocking-threads 8 --backlog 1024 --backpressure 512 "
        "--http1-header-read-timeout 10000 --workers-kill-timeout 3 --no-access-log --log-level error"
    )
    where = ["--host", place.bind, "--port", str(place.port)]
    return [sys.executable, "-m", "granian", *options.split(), *where, "hub.wsgi:application"]


def worker_command() -> list[str]:
    """One Celery process that does the jobs in turn and keeps their timetable."""
    options = "--timetable --pool solo --loglevel warning --without-gossip --without-mingle --without-heartbeat"
    return [sys.executable, "-m", "celery", "--quiet", "-A", "hub.celery", "worker", *options.split()]


def answers(place: Place) -> bool:
    """Whether the web server answers a request; a listening socket alone is not enough."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(place.bind, place.bind)  # noqa: S104 - where to ask, not to bind
    request = f"GET /-/health HTTP/1.1\r\nHost: {urlsplit(place.url).netloc}\r\nConnection: close\r\n\r\n"
    try:
        with socket.create_connection((host, place.port), timeout=2) as connection:
            connection.sendall(request.encode())
            return connection.recv(12).startswith(b"HTTP/1.1 ")
    except OSError:
        return False


@dataclass(slots=True)
class Program:
    """One program that should be running, in a session of its own: a Ctrl-C in the terminal does not reach it."""

    name: str
    command: Sequence[str]
    place: Place
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = 0.0
    delay: float = FIRST_DELAY

    def start(self) -> None:
        environment = {**_DEFAULTS, **os.environ, "TMPDIR": str(self.place.data / "tmp")}
        self.started = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - our own command line
            self.command,
            cwd=BASE_DIR,
            env=environment,
            start_new_session=True,
            preexec_fn=_end_with_parent(),  # noqa: PLW1509 - the supervisor has no threads
        )

    def ended(self) -> int | None:
        """The exit code once it has ended; whatever it left behind in its session is ended too."""
        if self.process is None or (code := self.process.poll()) is None:
            return None
        self.kill()
        self.process = None
        return code

    def terminate(self) -> None:
        """Asks it to end; it passes the word to its own children."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends its whole session at once."""
        if self.process is not None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                return

    def plan_restart(self) -> float:
        """Seconds until the next try."""
        now = time.monotonic()
        if now - self.started > QUIET:
            self.delay = FIRST_DELAY
        wait, self.delay = self.delay, min(self.delay * 2, LONGEST_DELAY)
        self.due = now + wait
        return wait


def _end_with_parent() -> Callable[[], None] | None:
    """What a child does between fork and exec: ask for SIGTERM when the supervisor dies, even by SIGKILL (Linux)."""
    if sys.platform != "linux":
        return None
    prctl: Any = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return ask
