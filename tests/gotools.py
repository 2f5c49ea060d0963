"""Programs in Go that tests drive, as `requirements/go.txt` pins them.

    crane = gotools.program("crane")        # its path; built at first use, once a version and machine
    @gotools.needs("crane", "oras")         # skip by name when Go is missing; with ``CI=true`` run, and fail

They are built outside the repository, in ``$XDG_CACHE_HOME/berth/go`` (``~/.cache``). ``python -m tests.gotools``
builds those it is told, or all, and says how long each took.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BUILD_WITHIN = 900.0


@dataclass(frozen=True, slots=True)
class Tool:
    """One line of `requirements/go.txt`."""

    name: str
    package: str
    version: str
    only_tests: bool

    @property
    def place(self) -> Path:
        """Where its program is, once it is built."""
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        return home / "berth" / "go" / f"{self.name}@{self.version}"


class BuildFailed(AssertionError):
    """Go could not build a program; what it said is the message."""


@cache
def pinned() -> dict[str, Tool]:
    """All tools by name, in the file's order."""
    lines = (ROOT / "requirements/go.txt").read_text().splitlines()
    tools = [_tool(line.split()) for line in lines if line and not line.startswith("#")]
    return {tool.name: tool for tool in tools}


def _tool(words: list[str]) -> Tool:
    package, _, version = words[1].partition("@")
    return Tool(words[0], package, version, only_tests=words[2:] == ["tests"])


def needs(*names: str) -> pytest.MarkDecorator:
    """Skip the tests when the programs cannot be built, by their names; with ``CI=true`` they run, and fail."""
    excused = shutil.which("go") is None and os.environ.get("CI") != "true"
    return pytest.mark.skipif(excused, reason=f"needs Go, to build {' and '.join(names)}")


def program(name: str) -> Path:
    """The program's path. Builds it when this version is not here yet. Errors: BuildFailed."""
    tool = pinned()[name]
    tool.place.parent.mkdir(parents=True, exist_ok=True)
    with tool.place.with_name(f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another suite may want it at the same time
        if not tool.place.exists():
            _build(tool)
    return tool.place


def _build(tool: Tool) -> None:
    with tempfile.TemporaryDirectory(prefix="berth-go-") as folder:
        if tool.only_tests:
            _go(folder, "mod", "init", "berth.test/tools")
            _go(folder, "get", f"{tool.package}@{tool.version}")
            _go(folder, "test", "-c", "-mod=mod", "-o", f"{folder}/built", tool.package)
        else:
            _go(folder, "install", f"{tool.package}@{tool.version}", GOBIN=f"{folder}/bin")
            next(Path(folder, "bin").iterdir()).rename(f"{folder}/built")
        half = tool.place.with_name(f".{tool.name}.half")
        shutil.copy(f"{folder}/built", half)
        half.rename(tool.place)


def _go(folder: str, *args: str, **more: str) -> None:
    environment = {**os.environ, "GOFLAGS": "-buildvcs=false", "GOWORK": "off", **more}
    if shutil.which("go") is None:
        raise BuildFailed("Go is not installed; the tests need 1.26 or later on the path.")
    done = subprocess.run(
        ["go", *args], cwd=folder, env=environment, capture_output=True, text=True, timeout=BUILD_WITHIN, check=False
    )
    if done.returncode:
        raise BuildFailed(f"go {' '.join(args)} ended with {done.returncode}:\n{done.stderr[-4000:]}")


def main(names: list[str]) -> None:
    for name in names or pinned():
        began = time.monotonic()
        program(name)
        print(f"{name} {pinned()[name].version}: {time.monotonic() - began:.1f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
