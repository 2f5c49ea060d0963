"""A hub under its supervisor, in a session of its own, as a terminal would start it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.house import ROOT
from tests.waiting import until

SUPERVISOR = (sys.executable, "-m", "hub.supervisor")
START_WITHIN = 90.0
#: The promise: everything ends in this time.
END_WITHIN = 5.0


@dataclass(frozen=True)
class Stack:
    """A started hub. Its processes are known by their environment, whoever is their parent."""

    data: Path
    port: int
    process: subprocess.Popen[bytes]
    output: Path

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def said(self) -> str:
        return self.output.read_text(errors="replace")

    def await_ready(self, times: int = 1) -> None:
        until(lambda: self.said.count("Berth is ready") >= times or self.process.poll() is not None, START_WITHIN)
        assert self.process.poll() is None, self.said

    def await_end(self, seconds: float = END_WITHIN) -> int:
        """Until no process is left; returns the exit code of the first one."""
        began = time.monotonic()
        code = self.process.wait(seconds)
        until(lambda: not self.pids(), seconds - (time.monotonic() - began), lambda: str(self.commands()))
        return code

    def pids(self, word: str = "") -> list[int]:
        """Processes of this hub whose command line holds the word."""
        return [pid for pid, command in self.commands().items() if word in command]

    def commands(self) -> dict[int, str]:
        found = {}
        mark = f"HUB_DATA_DIR={self.data}\0".encode()
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if mark in (entry / "environ").read_bytes() and _is_alive(entry):
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        return found

    def get(self, path: str) -> int:
        return httpx.get(self.url + path, timeout=10).status_code

    def interrupt(self) -> None:
        """Ctrl-C: the terminal sends SIGINT to every process of its group."""
        os.killpg(self.process.pid, signal.SIGINT)


def _is_alive(entry: Path) -> bool:
    return (entry / "stat").read_text().rpartition(")")[2].split()[0] != "Z"


def environment(data: Path, port: int) -> dict[str, str]:
    own = ("HUB_", "DJANGO_", "DATABASE_URL", "REDIS_URL", "COVERAGE", "MAKE", "MFLAGS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return kept | {"HUB_DATA_DIR": str(data), "HUB_PORT": str(port)}


def refused(data: Path, port: int) -> str:
    """A start that must fail with exit code 1 and one line on standard error; returns the line."""
    done = subprocess.run(
        SUPERVISOR, cwd=ROOT, env=environment(data, port), capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.returncode, done.stdout) == (1, ""), done
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


@contextmanager
def started(data: Path, port: int, command: Sequence[str] = SUPERVISOR) -> Iterator[Stack]:
    """Starts the hub; whatever the test did, nothing of it is left."""
    output = data.with_suffix(f".{port}.log")
    with output.open("ab") as sink:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(data, port), stdout=sink, stderr=sink, start_new_session=True
        )
    stack = Stack(data, port, process, output)
    try:
        yield stack
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        for pid in stack.pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
