"""A private Docker engine in a temporary folder: Debian's `docker.io`, no network, no TLS to loopback registries.

Nothing can be pulled from outside, so images are built `FROM scratch` with the classic builder.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.programs import CommandFailed, run

START_WITHIN = 60.0
STOP_WITHIN = 30.0

#: An image that shows something on a tag's page: settings, a label and three layers. The settings come first, because
#: the classic builder starts a container for each and keeps the result for the next build.
DOCKERFILE = """\
FROM scratch
LABEL org.opencontainers.image.title="quickstart"
ENV LANG=C.UTF-8
ENTRYPOINT ["/greeting"]
COPY greeting /greeting
COPY notes /usr/share/notes/
COPY ballast /ballast
"""


@dataclass(frozen=True)
class Engine:
    """A running engine. `docker()` speaks to it with a client configuration that nobody else uses."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DOCKER_HOST": f"unix://{self.folder}/docker.sock",
            "DOCKER_CONFIG": str(self.folder / "client"),
            "DOCKER_BUILDKIT": "0",
        }

    def docker(
        self, *args: str, input: str | None = None, check: bool = True, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run ``docker <args>``; with `check`, a failure stops the test and shows what docker said."""
        return run("docker", *args, env=self.environment, input=input, check=check, timeout=timeout)

    def build(self, tag: str, files: Mapping[str, str | bytes], dockerfile: str) -> str:
        """Build an image `FROM scratch` out of ``files`` (path → content); returns its id."""
        with tempfile.TemporaryDirectory(prefix="berth-context-") as name:
            context = Path(name)
            for path, content in {**files, "Dockerfile": dockerfile}.items():
                file = context / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content.encode() if isinstance(content, str) else content)
            self.docker("build", "--quiet", "--tag", tag, name)
        return self.image_id(tag)

    def build_quickstart(self, tag: str, *, mark: str) -> str:
        """Build :data:`DOCKERFILE`; ``mark`` makes the image unlike every other. Returns its id."""
        files: dict[str, str | bytes] = {
            "greeting": f"#!/bin/sh\necho hello from {mark}\n",
            "notes/first.txt": f"first note of {mark}\n" * 200,
            "notes/second.txt": f"second note of {mark}\n" * 300,
            "ballast": os.urandom(200_000),
        }
        return self.build(tag, files, DOCKERFILE)

    def image_id(self, image: str) -> str:
        """The image's id, which is the digest of its configuration."""
        return str(self.inspect(image)["Id"])

    def inspect(self, image: str) -> dict[str, Any]:
        """The image as the engine describes it."""
        found: list[dict[str, Any]] = json.loads(self.docker("image", "inspect", image).stdout)
        return found[0]

    def has(self, image: str) -> bool:
        return self.docker("image", "inspect", image, check=False).returncode == 0

    def forget(self, *images: str) -> None:
        """Remove the images, and layers that nothing else needs, from the engine."""
        self.docker("rmi", "--force", *images)

    def log_in(self, registry: str, username: str, password: str) -> subprocess.CompletedProcess[str]:
        """``docker login`` as the documentation teaches it: the password comes by standard input."""
        return self.docker("login", registry, "--username", username, "--password-stdin", input=password, check=False)


@contextmanager
def private_engine() -> Iterator[Engine]:
    """Start an engine, hand it out, end it by its process id and leave neither process nor mount nor file behind."""
    folder = Path(tempfile.mkdtemp(prefix="berth-engine-"))
    log = folder / "log"
    try:
        with log.open("wb") as sink, subprocess.Popen(_daemon(folder), stdout=sink, stderr=sink) as daemon:
            try:
                engine = Engine(folder)
                _await_start(engine, daemon, log)
                yield engine
            finally:
                _end(daemon, folder)
    finally:
        _unmount(folder)
        shutil.rmtree(folder)


def _daemon(folder: Path) -> list[str]:
    """The command line; the kernel ends the daemon when the tests die without being able to."""
    return [
        *("setpriv", "--pdeathsig", "TERM", "dockerd"),
        *("--host", f"unix://{folder}/docker.sock"),
        *("--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "--pidfile", f"{folder}/pid"),
        *("--iptables=false", "--bridge=none", "--ip-forward=false", "--ip-masq=false", "--storage-driver=vfs"),
    ]


def _await_start(engine: Engine, daemon: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_WITHIN
    while engine.docker("version", check=False).returncode:
        if daemon.poll() is not None or time.monotonic() > deadline:
            raise CommandFailed(f"The engine did not start:\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.1)


def _end(daemon: subprocess.Popen[bytes], folder: Path) -> None:
    """End the daemon, which ends its containerd; kill what does not listen."""
    containerd = _pid_in(folder / "exec/containerd/containerd.pid")
    daemon.terminate()
    try:
        daemon.wait(STOP_WITHIN)
    except subprocess.TimeoutExpired:
        daemon.kill()
    if containerd and f"{folder}/" in _command_of(containerd):
        with suppress(ProcessLookupError):
            os.kill(containerd, signal.SIGKILL)


def _pid_in(file: Path) -> int:
    return int(file.read_text()) if file.is_file() else 0


def _command_of(pid: int) -> str:
    file = Path(f"/proc/{pid}/cmdline")
    return file.read_text() if file.is_file() else ""


def _unmount(folder: Path) -> None:
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for mount in sorted((name for name in mounts if name.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", "--lazy", mount], check=True)
