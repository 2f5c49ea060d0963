"""skopeo, podman and buildah, each with storage, configuration and credentials in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.programs import run

#: The family speaks TLS unless it is told not to.
PLAIN_HTTP = "--tls-verify=false"


@dataclass(frozen=True)
class Client:
    """A program of the family. Credentials of `log_in` go to a file in `folder`."""

    folder: Path
    program: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "HOME": str(self.folder),
            "XDG_RUNTIME_DIR": str(self.folder),
            "REGISTRY_AUTH_FILE": str(self.folder / "auth.json"),
        }

    def __call__(
        self, *args: str, input: str | None = None, check: bool = True, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run the program; with `check`, a failure stops the test and shows what the program said."""
        return run(
            self.program, *self.options(), *args, env=self.environment, input=input, check=check, timeout=timeout
        )

    def options(self) -> list[str]:
        """What goes before the command's name."""
        return []

    def log_in(self, registry: str, username: str, password: str) -> subprocess.CompletedProcess[str]:
        return self(
            *("login", PLAIN_HTTP, "--username", username, "--password-stdin", registry), input=password, check=False
        )

    def log_out(self, registry: str) -> None:
        self("logout", registry)


@dataclass(frozen=True)
class Skopeo(Client):
    """Copies between registries and folders without an engine."""

    program: str = "skopeo"

    def copy_in(self, source: str, image: str) -> None:
        """Push an image from a folder to a registry, byte for byte."""
        self("copy", "--preserve-digests", "--dest-tls-verify=false", source, f"docker://{image}")

    def copy_out(self, image: str, folder: Path, *, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Pull an image, all its platforms, from a registry into an OCI layout."""
        return self("copy", "--all", "--src-tls-verify=false", f"docker://{image}", f"oci:{folder}:latest", check=check)

    def inspect(self, image: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self("inspect", PLAIN_HTTP, f"docker://{image}").stdout)
        return found

    def listed_tags(self, name: str) -> list[str]:
        """The tags of a repository, in the registry's order."""
        found: dict[str, list[str]] = json.loads(self("list-tags", PLAIN_HTTP, f"docker://{name}").stdout)
        return found["Tags"]

    def raw(self, image: str) -> str:
        """The manifest's text as the registry serves it."""
        return self("inspect", "--raw", PLAIN_HTTP, f"docker://{image}").stdout


@dataclass(frozen=True)
class Storing(Client):
    """A client that keeps images itself."""

    architecture_format: str = ""

    def options(self) -> list[str]:
        root, run_root = self.folder / "root", self.folder / "run"
        return ["--root", str(root), "--runroot", str(run_root), "--storage-driver", "vfs"]

    def build(self, image: str, *contents: bytes) -> str:
        """Build an image `FROM scratch` with one layer for each of ``contents``, a file's bytes; returns its id."""
        context = self.folder / "context"
        context.mkdir(exist_ok=True)
        for number, content in enumerate(contents):
            (context / f"file-{number}").write_bytes(content)
        copies = [f"COPY file-{number} /file-{number}\n" for number, _ in enumerate(contents)]
        (context / "Dockerfile").write_text("FROM scratch\n" + "".join(copies) + 'ENTRYPOINT ["/file-0"]\n')
        self("build", "--quiet", "--layers", "--tag", image, str(context))
        return self.image_id(image)

    def image_id(self, image: str) -> str:
        """The image's id, which is the digest of its configuration."""
        return self("images", "--no-trunc", "--format", "{{.ID}}", image).stdout.strip()

    def architecture(self, image: str) -> str:
        return self("inspect", "--type", "image", "--format", self.architecture_format, image).stdout.strip()

    def push(self, image: str, *args: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self("push", PLAIN_HTTP, *args, image, check=check)

    def pull(self, image: str, *args: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self("pull", PLAIN_HTTP, *args, image, check=check)

    def forget_all(self) -> None:
        """Remove every image from the client's own storage."""
        self("rmi", "--all", "--force")


@dataclass(frozen=True)
class Podman(Storing):
    program: str = "podman"
    architecture_format: str = "{{.Architecture}}"

    def options(self) -> list[str]:
        private = ["--tmpdir", str(self.folder / "tmp"), "--cgroup-manager", "cgroupfs", "--events-backend", "none"]
        return [*super().options(), *private]

    def digest(self, image: str) -> str:
        """The digest of the image's manifest."""
        return self("image", "inspect", "--format", "{{.Digest}}", image).stdout.strip()

    def manifest_type(self, image: str) -> str:
        """The media type of the manifest that the image was pulled with."""
        return self("image", "inspect", "--format", "{{.ManifestType}}", image).stdout.strip()


@dataclass(frozen=True)
class Buildah(Storing):
    program: str = "buildah"
    architecture_format: str = "{{.OCIv1.Architecture}}"
