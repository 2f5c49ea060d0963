"""`make measure-start`: how long a fresh clone takes to its first page, and how much memory the idle hub holds.

seconds           from `git clone` to the first page, without install_seconds
install_seconds   pip: download and installation of the locked requirements
pss_mb            proportional set size (MiB) of all processes of `make run`, 30 s after the first page and first /v2/
"""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT_SECONDS, LIMIT_MB, IDLE_SECONDS, PATIENCE = 90.0, 350.0, 30.0, 900.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def status_of(port: int, path: str) -> int:
    """0 while nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def descendants(root: int) -> list[int]:
    """`root` and all processes below it."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def pss_mb(pid: int) -> float:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    match = re.search(r"^Pss: +(\d+) kB", text, re.MULTILINE)
    return int(match[1]) / 1024 if match else 0.0


def memory(root: int) -> float:
    """Prints one line a process; returns the sum in MiB."""
    total = 0.0
    for pid in descendants(root):
        held = pss_mb(pid)
        total += held
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        print(f"  {held:6.1f} MiB  {command[:100]}")
    return total


def start(folder: Path, port: int) -> tuple[subprocess.Popen[bytes], Path]:
    own = ("HUB_", "DATABASE_URL", "REDIS_URL", "DJANGO_", "VIRTUAL_ENV", "MAKE", "MFLAGS")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    log = folder / "make-run.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            ["make", "run"],  # noqa: S607 - the make that runs this
            cwd=folder / "berth",
            env=environment | {"HUB_PORT": str(port)},
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
    return process, log


def until_first_page(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not 200 <= status_of(port, "/") < 400:
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"make run did not come up:\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.1)


def measure(folder: Path) -> int:
    port = free_port()
    began = time.monotonic()
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder / "berth")], check=True)  # noqa: S607
    process, log = start(folder, port)
    try:
        until_first_page(process, port, log)
        took = time.monotonic() - began
        registry = status_of(port, "/v2/")
        print(f"first page after {took:.1f} s; /v2/ answers {registry}; looking at the memory in {IDLE_SECONDS:g} s")
        time.sleep(IDLE_SECONDS)
        held = memory(process.pid)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(20)
    said = re.findall(r"^installed in ([0-9.]+) s$", log.read_text(errors="replace"), re.MULTILINE)
    install = sum(map(float, said))
    seconds = took - install
    print(f"measure-start: seconds={seconds:.1f} install_seconds={install:.1f} pss_mb={held:.0f}")
    return 0 if seconds <= LIMIT_SECONDS and held <= LIMIT_MB and registry == 401 else 1


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="berth-measure-") as place:
        sys.exit(measure(Path(place)))
