"""A private containerd in a temporary folder, Debian's own, and `ctr` that speaks to it."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.programs import CommandFailed, run

START_WITHIN = 60.0
STOP_WITHIN = 30.0

#: No part that needs more than a folder: neither Kubernetes' door nor snapshots on devices.
CONFIGURATION = """\
version = 2
root = "{folder}/root"
state = "{folder}/state"
disabled_plugins = [
  "io.containerd.grpc.v1.cri",
  "io.containerd.internal.v1.opt",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
]

[grpc]
address = "{folder}/sock"

[ttrpc]
address = "{folder}/sock.ttrpc"
"""


@dataclass(frozen=True)
class Containerd:
    """A running containerd. `ctr` has no login: credentials come with a command, as ``<user>:<password>``."""

    folder: Path

    def ctr(self, *args: str, check: bool = True, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run ``ctr <args>``; with `check`, a failure stops the test and shows what it said."""
        return run(
            *("ctr", "--address", f"{self.folder}/sock", "--namespace", "tests", *args),
            env=os.environ,
            check=check,
            timeout=timeout,
        )

    def load(self, archive: Path, name: str) -> None:
        """Take in an OCI layout in a tar file, with every platform, as ``<name>:latest``."""
        self.ctr("image", "import", "--all-platforms", "--no-unpack", "--base-name", name, str(archive), timeout=300)

    def push(self, image: str, user: str = "", *, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.ctr("image", "push", "--plain-http", *_credentials(user), image, check=check, timeout=300)

    def pull(self, image: str, user: str = "", *options: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = ("image", "pull", "--plain-http", "--snapshotter", "native", *_credentials(user), *options)
        return self.ctr(*command, image, check=check, timeout=300)

    def save(self, image: str, archive: Path, *options: str) -> None:
        """Write an image into a tar file with an OCI layout."""
        self.ctr("image", "export", *options, str(archive), image, timeout=300)

    def file_of(self, digest: str) -> Path:
        """Where the blob is on the disk."""
        return self.folder / "root" / "io.containerd.content.v1.content" / "blobs" / digest.replace(":", "/")

    def forget_all(self) -> None:
        """Remove every image, and the content that nothing else needs, at once."""
        names = self.ctr("image", "ls", "--quiet").stdout.split()
        if names:
            self.ctr("image", "rm", "--sync", *names)


def _credentials(user: str) -> tuple[str, ...]:
    return ("--user", user) if user else ()


@contextmanager
def private_containerd() -> Iterator[Containerd]:
    """Start a containerd, hand it out, end it by its process id; nothing of it stays."""
    with tempfile.TemporaryDirectory(prefix="berth-containerd-") as name:
        folder = Path(name)
        (folder / "config.toml").write_text(CONFIGURATION.format(folder=folder))
        command = ["setpriv", "--pdeathsig", "TERM", "containerd", "--config", f"{folder}/config.toml"]
        with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as daemon:
            try:
                containerd = Containerd(folder)
                _await_start(containerd, daemon)
                yield containerd
            finally:
                _end(daemon)


def _await_start(containerd: Containerd, daemon: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_WITHIN
    while containerd.ctr("version", check=False).returncode:
        if daemon.poll() is not None or time.monotonic() > deadline:
            said = (containerd.folder / "log").read_text(errors="replace")[-3000:]
            raise CommandFailed(f"containerd did not start:\n{said}")
        time.sleep(0.1)


def _end(daemon: subprocess.Popen[bytes]) -> None:
    daemon.terminate()
    try:
        daemon.wait(STOP_WITHIN)
    except subprocess.TimeoutExpired:
        daemon.kill()
