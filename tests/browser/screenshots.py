"""`make screenshots`: the pictures in docs/screenshots/, light and dark, of a demonstration hub that lives as long.

The hub says it is localhost:8000, wherever it listens, so that the commands in the pictures are those of the README.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.conftest import FLAGS, PATIENCE
from tests.browser.pages import Visitor
from tests.live import ROOT, Hub, running

FOLDER = ROOT / "docs" / "screenshots"
WIDE = {"width": 1240, "height": 860}
PHONE = {"width": 390, "height": 1200}
MOST_BYTES = 3_000_000
QUICKSTART = "/alice/docker-quickstart"
#: Theme → who signs up while it is photographed.
NEWCOMERS = {"light": "carol", "dark": "dora"}


@dataclass(frozen=True)
class Camera:
    """Takes the pictures of one theme."""

    page: Page
    theme: str

    def take(self, name: str, *, height: int = WIDE["height"]) -> None:
        """The top of the page, `height` pixels of it; the focus is taken away first."""
        self.page.set_viewport_size({"width": self.page.viewport_size["width"], "height": height})  # type: ignore[index]
        self.page.evaluate("document.activeElement.blur()")
        self.page.screenshot(path=FOLDER / f"{name}-{self.theme}.png", animations="disabled")

    def take_at(self, name: str, address: str, *, height: int = WIDE["height"]) -> None:
        self.page.goto(address)
        self.take(name, height=height)


def main() -> None:
    """Take all pictures; ends with a line that says how many and how large they are."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with running(HUB_PUBLIC_URL="http://localhost:8000") as hub, sync_playwright() as playwright:
        password = _seed(hub)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for theme in NEWCOMERS:
            _visit(browser, hub, theme, WIDE, lambda camera: _arrive(camera, hub))
            _visit(browser, hub, theme, WIDE, lambda camera: _work(camera, password))
        _visit(browser, hub, "light", PHONE, lambda camera: _look_on_a_phone(camera, password))
        browser.close()
    pictures = sorted(FOLDER.glob("*.png"))
    total = sum(picture.stat().st_size for picture in pictures)
    print(f"screenshots: pictures={len(pictures)} bytes={total}")
    sys.exit(total > MOST_BYTES)


def _seed(hub: Hub) -> str:
    """Fill the hub; returns alice's password."""
    said = re.search(r"user alice: password (\S+)", hub.manage("seed_demo"))
    assert said
    return said[1]


def _visit(browser: Browser, hub: Hub, theme: str, size: dict[str, int], tour: Callable[[Camera], None]) -> None:
    context = browser.new_context(
        base_url=hub.url,
        viewport={"width": size["width"], "height": size["height"]},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE)
    tour(Camera(context.new_page(), theme))
    context.close()


def _arrive(camera: Camera, hub: Hub) -> None:
    """What somebody sees who comes for the first time, until the code is mailed."""
    newcomer = Visitor(camera.page, NEWCOMERS[camera.theme])
    camera.take_at("home", "/")
    camera.page.goto("/accounts/signup/")
    newcomer.fill("E-mail", newcomer.email)
    newcomer.fill("User name", newcomer.username)
    camera.take("sign-up")
    newcomer.sign_up()
    expect(newcomer.field("Code")).to_be_visible()
    camera.take("verify-code")
    camera.take_at("mail", "/-/mail", height=640)


def _work(camera: Camera, password: str) -> None:
    """What alice sees at work."""
    alice = Visitor(camera.page, "alice", password)
    alice.sign_in()
    expect(alice.menu).to_be_visible()
    camera.take_at("my-hub", "/", height=1000)
    camera.take_at("explore", "/explore", height=1000)
    camera.page.goto("/new")
    alice.fill("Repository name", "tide-table")
    alice.fill("Short description", "High and low water, as JSON.")
    camera.take("create-repository", height=900)
    camera.take_at("empty-repository", "/alice/scratch", height=900)
    camera.take_at("overview", QUICKSTART)
    camera.take_at("tags", f"{QUICKSTART}/-/tags", height=1080)
    camera.take_at("tag", f"{QUICKSTART}/-/tags/1.4.2", height=1080)
    camera.take_at("settings", f"{QUICKSTART}/-/settings", height=1240)
    if camera.theme == "light":
        alice.create_token("laptop")
        alice.create_token("build server")
    camera.take_at("tokens", "/settings/tokens", height=1000)


def _look_on_a_phone(camera: Camera, password: str) -> None:
    alice = Visitor(camera.page, "alice", password)
    camera.page.goto("/accounts/login/")
    alice.fill("User name or e-mail", alice.username)
    alice.fill("Password", alice.password)
    alice.main.get_by_role("button", name="Sign in").click()
    expect(alice.menu).to_be_visible()
    phone = Camera(camera.page, "phone")
    phone.take_at("tags", f"{QUICKSTART}/-/tags", height=PHONE["height"])


if __name__ == "__main__":
    main()
