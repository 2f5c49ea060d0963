"""A hub started as `make run` starts it, and a real Chromium to look at it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.engine import Engine, private_engine
from tests.live import ROOT, START_WITHIN, STOP_WITHIN, Hub
from tests.servers import free_port

FLAGS = """
    --headless --no-sandbox --disable-gpu --disable-quic --no-first-run
    --disable-background-networking --disable-component-update --disable-sync
""".split()
#: Milliseconds until an element that should be there is missed.
PATIENCE = 10_000
#: Delays so short that the worker frees bytes while a test looks.
IMPATIENT = {"HUB_GC_GRACE": "1s", "HUB_TRASH_DELAY": "1s", "HUB_GC_INTERVAL": "1s"}

Visit = Callable[..., Page]


@pytest.fixture(scope="session")
def hub() -> Iterator[Hub]:
    """Web server, worker and timetable under the supervisor, all settings but the delays at their defaults."""
    with supervised(**IMPATIENT) as started:
        yield started


@contextmanager
def supervised(**settings: str) -> Iterator[Hub]:
    """Start a hub with the command behind `make run`, on a fresh data folder; end it by its process id."""
    folder = Path(tempfile.mkdtemp(prefix="berth-browser-"))
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "DJANGO_"))}
    for name in ("DATABASE_URL", "REDIS_URL"):
        kept.pop(name, None)
    place = {"DJANGO_SETTINGS_MODULE": "hub.settings", "HUB_DATA_DIR": str(folder / "data"), "HUB_PORT": str(port)}
    environment = {**kept, **place, **settings}
    found = Hub(port, folder, environment)
    command = [sys.executable, "-m", "hub.supervisor"]
    try:
        with (
            (folder / "server.log").open("wb") as sink,
            subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=sink, stderr=sink, start_new_session=True
            ) as supervisor,
        ):
            try:
                _await_start(found, supervisor)
                yield found
            finally:
                supervisor.terminate()
                supervisor.wait(STOP_WITHIN)
    finally:
        shutil.rmtree(folder)


def _await_start(hub: Hub, supervisor: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_WITHIN
    while f"ready: {hub.url}" not in hub.log:
        if supervisor.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"The hub did not start:\n{hub.log[-4000:]}")
        time.sleep(0.05)
    assert httpx.get(hub.url).status_code == 200


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """One Docker engine for all tests; use image names that no other test uses."""
    with private_engine() as started:
        yield started


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser a module: while Playwright runs, this thread has an event loop, and Django refuses its database."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, hub: Hub) -> Iterator[Visit]:
    """`visit(scripts=True, theme="light")`: a page of somebody who was never here before.

    A script error, or anything that the page's policy blocks, fails the test at its end; `policy=False` is for tools
    that write styles into the page.
    """
    opened: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(*, scripts: bool = True, theme: str = "light", base_url: str = "", policy: bool = True) -> Page:
        context = chromium.new_context(
            base_url=base_url or hub.url,
            java_script_enabled=scripts,
            bypass_csp=not policy,
            color_scheme="dark" if theme == "dark" else "light",
            viewport={"width": 1280, "height": 900},
        )
        opened.append(context)
        context.set_default_timeout(PATIENCE)
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=base_url or hub.url)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        return page

    yield open_page
    for context in opened:
        context.close()
    assert not complaints
