"""`make mutants`: puts each bug into a copy of the hub, and runs the tests that must notice it.

mutants: tried=… caught=… survived=…
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.live import ROOT
from tests.mutants.seeds import SEEDS, Seed

#: What a copy does without.
_LEFT = shutil.ignore_patterns(".git", ".venv", "data", "build", ".*_cache", "__pycache__", "output")


def main(words: list[str]) -> int:
    """Those whose name has one of the words, or all of them. Returns 1 when one survived."""
    chosen = [seed for seed in SEEDS if not words or any(word in seed.name for word in words)]
    survived = [seed.name for seed in chosen if not is_caught(seed)]
    print(*survived, sep="\n")
    caught = len(chosen) - len(survived)
    print(f"mutants: tried={len(chosen)} caught={caught} survived={len(survived)}", flush=True)
    return 1 if survived else 0


def is_caught(seed: Seed) -> bool:
    """Whether a test fails with the bug. Errors: RuntimeError, when the tests do not run at all."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="berth-mutant-") as folder:
        copy = Path(folder) / "hub"
        shutil.copytree(ROOT, copy, ignore=_LEFT)
        broken = (copy / seed.file).read_text().replace(seed.right, seed.wrong)
        (copy / seed.file).write_text(broken)
        beside = [sys.executable, "-m", "tests.servers", "--"] if seed.races else []
        tests = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *seed.tests]
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "DATABASE_"))}
        done = subprocess.run([*beside, *tests], cwd=copy, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in {0, 1}:
        raise RuntimeError(f"{seed.name}: the tests ended with {done.returncode}\n{done.stdout[-3000:]}{done.stderr}")
    verdict = "caught" if done.returncode else "SURVIVED"
    print(f"{verdict}  {time.monotonic() - began:4.0f} s  {seed.name}", flush=True)
    return done.returncode == 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
