"""crane, oras, regctl, cosign and helm: clients without a store, their credentials in a folder of their own."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import gotools
from tests.programs import run

#: Some take plain http for granted on `localhost`, some have to be told.
PLAIN = "--plain-http"


@dataclass(frozen=True)
class Program:
    """A program in Go; its home, where it keeps what it is told at login, is `folder`."""

    folder: Path
    name: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "HELM_"))},
            "HOME": str(self.folder),
            "DOCKER_CONFIG": str(self.folder / ".docker"),
            "COSIGN_PASSWORD": "of-the-key",
        }

    def __call__(
        self, *args: str, input: str | None = None, check: bool = True, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run the program; with `check`, a failure stops the test and shows what the program said."""
        program = str(gotools.program(self.name))
        return run(program, *args, env=self.environment, input=input, check=check, timeout=timeout, folder=self.folder)

    def refusal(self, *args: str) -> str:
        """What the program says when it fails, which it has to."""
        done = self(*args, check=False)
        assert done.returncode != 0, f"{self.name} {' '.join(args)} was not refused: {done.stdout}"
        return done.stderr


@dataclass(frozen=True)
class Crane(Program):
    name: str = "crane"

    def log_in(self, registry: str, username: str, password: str) -> subprocess.CompletedProcess[str]:
        return self("auth", "login", registry, "-u", username, "--password-stdin", input=password, check=False)

    def log_out(self, registry: str) -> None:
        self("auth", "logout", registry)

    def pull(self, image: str, folder: Path, **more: Any) -> subprocess.CompletedProcess[str]:
        """Pull an image, all its platforms, into an OCI layout."""
        return self("pull", "--format", "oci", image, str(folder), **more)

    def tags(self, name: str) -> list[str]:
        return self("ls", name).stdout.split()

    def manifest(self, image: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self("manifest", image).stdout)
        return found


@dataclass(frozen=True)
class Oras(Program):
    name: str = "oras"

    def log_in(self, registry: str, username: str, password: str) -> subprocess.CompletedProcess[str]:
        return self("login", PLAIN, registry, "-u", username, "--password-stdin", input=password, check=False)

    def log_out(self, registry: str) -> None:
        self("logout", registry)

    def push_layout(self, folder: Path, image: str, **more: Any) -> subprocess.CompletedProcess[str]:
        return self("cp", "--from-oci-layout", "--to-plain-http", f"{folder}:latest", image, **more)

    def pull_layout(self, image: str, folder: Path, **more: Any) -> subprocess.CompletedProcess[str]:
        return self("cp", "--from-plain-http", "--to-oci-layout", image, f"{folder}:latest", **more)

    def copy(self, source: str, target: str, *options: str) -> str:
        return self("cp", *options, "--from-plain-http", "--to-plain-http", source, target).stdout

    def tags(self, name: str) -> list[str]:
        return self("repo", "tags", PLAIN, name).stdout.split()

    def referrers(self, image: str, *options: str) -> list[dict[str, Any]]:
        """The descriptors that `oras discover` finds, those of their own referrers left out."""
        found = json.loads(self("discover", PLAIN, "--format", "json", *options, image).stdout)
        listed: list[dict[str, Any]] = found.get("referrers") or found.get("manifests") or []
        return listed


@dataclass(frozen=True)
class Regctl(Program):
    name: str = "regctl"

    def log_in(self, registry: str, username: str, password: str) -> subprocess.CompletedProcess[str]:
        self.meet(registry)
        return self("registry", "login", registry, "-u", username, "--pass-stdin", input=password, check=False)

    def meet(self, registry: str) -> None:
        """Tell it that the registry speaks plain http."""
        self("registry", "set", "--tls", "disabled", "--skip-check", registry)

    def log_out(self, registry: str) -> None:
        self("registry", "logout", registry)
        self.meet(registry)

    def push_layout(self, folder: Path, image: str, **more: Any) -> subprocess.CompletedProcess[str]:
        return self("image", "copy", f"ocidir://{folder}:latest", image, **more)

    def pull_layout(self, image: str, folder: Path, **more: Any) -> subprocess.CompletedProcess[str]:
        return self("image", "copy", image, f"ocidir://{folder}:latest", **more)

    def tags(self, name: str, *options: str) -> list[str]:
        return self("tag", "ls", *options, name).stdout.split()

    def digest(self, image: str) -> str:
        return self("manifest", "head", image).stdout.strip()

    def limit(self, image: str) -> tuple[int, int]:
        """The pulls that somebody may make in a window, and those that remain; asking costs none."""
        found = json.loads(self("image", "ratelimit", "--format", "{{ json . }}", image).stdout)
        return int(found["Limit"]), int(found["Remain"])

    def referrers(self, image: str) -> list[dict[str, Any]]:
        """The descriptors of the artifacts that refer to the image."""
        found = json.loads(self("artifact", "list", "--format", "{{ json . }}", image).stdout)
        listed: list[dict[str, Any]] = found["descriptors"]
        return listed


@dataclass(frozen=True)
class Cosign(Program):
    name: str = "cosign"

    def log_in(self, registry: str, username: str, password: str) -> subprocess.CompletedProcess[str]:
        return self("login", registry, "-u", username, "--password-stdin", input=password, check=False)

    def make_keys(self, name: str) -> None:
        """`<name>.key` and `<name>.pub` in the folder."""
        self("generate-key-pair", "--output-key-prefix", name)

    def sign(self, key: str, image: str, *options: str) -> None:
        """Sign with a key alone: no log in the world outside is told."""
        done = self.try_to_sign(key, image, *options)
        assert done.returncode == 0, done.stderr

    def try_to_sign(self, key: str, image: str, *options: str) -> subprocess.CompletedProcess[str]:
        """As :meth:`sign`; whether it went well is the caller's to judge."""
        alone = ("--use-signing-config=false", "--tlog-upload=false", "--yes")
        return self("sign", "--key", f"{key}.key", *alone, *options, image, check=False)

    def verify(self, key: str, image: str, *options: str) -> subprocess.CompletedProcess[str]:
        return self("verify", "--key", f"{key}.pub", "--insecure-ignore-tlog", *options, image, check=False)

    def tree(self, image: str) -> str:
        return self("tree", image).stdout


@dataclass(frozen=True)
class Helm(Program):
    name: str = "helm"

    def log_in(self, registry: str, username: str, password: str) -> subprocess.CompletedProcess[str]:
        return self(
            *("registry", "login", PLAIN, registry, "-u", username, "--password-stdin"), input=password, check=False
        )

    def log_out(self, registry: str) -> None:
        self("registry", "logout", registry)

    def package(self, name: str, version: str) -> Path:
        """A chart of the program's own sample, packed; its file."""
        if not (self.folder / name).exists():
            self("create", name)
        self("package", "--version", version, name)
        return self.folder / f"{name}-{version}.tgz"

    def pull(self, chart: str, folder: Path, *options: str, **more: Any) -> subprocess.CompletedProcess[str]:
        folder.mkdir(exist_ok=True)
        return self("pull", PLAIN, *options, "--destination", str(folder), f"oci://{chart}", **more)
