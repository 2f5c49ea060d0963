"""Programs of the machine that tests drive: run one, or say by name which one is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest


def needs(*programs: str, root: bool = False) -> pytest.MarkDecorator:
    """Skip the tests when a program is missing, by its name; with ``CI=true`` they run, and fail."""
    missing = [program for program in programs if shutil.which(program) is None]
    if root and os.geteuid():
        missing.append("the rights of root")
    excused = bool(missing) and os.environ.get("CI") != "true"
    return pytest.mark.skipif(excused, reason=f"needs {' and '.join(missing)}")


class CommandFailed(AssertionError):
    """A client ended with an error that the test did not expect."""


def run(
    *command: str,
    env: Mapping[str, str],
    input: str | None = None,
    check: bool = True,
    timeout: float = 120,
    folder: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a client program with captured text output. Errors: CommandFailed when `check` and the exit is not 0."""
    done = subprocess.run(
        command, env=dict(env), input=input, capture_output=True, text=True, timeout=timeout, cwd=folder, check=False
    )
    if check and done.returncode:
        said = (done.stdout + done.stderr).strip()
        raise CommandFailed(f"{' '.join(command)} ended with {done.returncode}:\n{said}")
    return done
