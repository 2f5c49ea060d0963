"""Makes .venv and installs the locked requirements into it, once: `python3 scripts/setup.py run|test`.

A stamp in .venv holds the digest of the requirements file that was installed last, so a second call costs nothing.
The test set contains the run set (tests/house proves it), so a tested checkout runs without a further install.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


def digest(name: str) -> str:
    return hashlib.sha256((ROOT / "requirements" / f"{name}.txt").read_bytes()).hexdigest()


def stamp(name: str) -> Path:
    return VENV / f".installed-{name}"


def is_installed(name: str) -> bool:
    return stamp(name).is_file() and stamp(name).read_text() == digest(name)


def is_alive() -> bool:
    """False for a missing environment, and for one whose Python or pip went away."""
    return (
        PYTHON.exists()
        and subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0
    )


def make_environment() -> None:
    print(f"making .venv with Python {sys.version.split()[0]}", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False)
    if made.returncode:
        sys.exit(f"Python cannot make .venv: {made.stdout.strip() or made.stderr.strip()}")


def install(name: str) -> None:
    started = time.monotonic()
    print(f"installing requirements/{name}.txt", flush=True)
    options = ["install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    done = subprocess.run([PYTHON, "-m", "pip", *options, "-r", ROOT / f"requirements/{name}.txt"], check=False)
    if done.returncode:
        sys.exit(f"pip could not install requirements/{name}.txt (exit code {done.returncode}).")
    stamp(name).write_text(digest(name))
    if name == "test":
        stamp("run").write_text(digest("run"))
    print(f"installed in {time.monotonic() - started:.1f} s", flush=True)


def main(name: str) -> None:
    if is_installed(name) and PYTHON.exists():
        return
    if not is_alive():
        make_environment()
    install(name)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        os._exit(130)
