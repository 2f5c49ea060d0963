"""axe on the main pages in both themes, and what axe does not ask: one h1, landmarks, a title of its own, reflow."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.pages import Visitor
from tests.clients import layouts
from tests.clients.drivers.containers import Skopeo
from tests.live import Hub
from tests.programs import needs

pytestmark = [pytest.mark.live, needs("chromium", "skopeo")]

#: The dark theme has the same document, so there only the colours are judged.
RULES: dict[str, dict[str, object]] = {
    "light": {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
    "dark": {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}},
}
STRANGERS = """
    /  /explore  /accounts/login/  /accounts/signup/  /accounts/password/reset/  /-/mail  /nobody-lives-here
""".split()
RESIDENTS = """
    /  /new  /settings/  /settings/tokens  /accounts/email/  /accounts/password/change/
    /{me}  /{me}/empty  /{me}/full  /{me}/full/-/tags  /{me}/full/-/tags/1.0  /{me}/full/-/tags/1.0/delete
    /{me}/full/-/settings
""".split()
BOTH_THEMES = pytest.mark.parametrize("theme", ["light", "dark"])
#: The narrowest screen that the guidelines ask for: 1280 pixels at 400 %.
NARROW = {"width": 320, "height": 640}


@pytest.fixture(scope="module")
def resident(hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The facts of a person with one repository that holds two tags."""
    made: dict[str, str] = json.loads(hub.python("from tests.clients import crowd; crowd.somebody(1)"))[0]
    folder = tmp_path_factory.mktemp("skopeo")
    (folder / "auth.json").write_text("{}")
    skopeo = Skopeo(folder)
    skopeo.log_in(hub.registry, made["username"], made["token"])
    image = layouts.write(folder / "image", b"first layer " * 5000, b"second layer " * 900)
    for tag in ("1.0", "latest"):
        skopeo.copy_in(image.source, f"{hub.registry}/{made['username']}/full:{tag}")
    return made


@BOTH_THEMES
def test_pages_for_strangers(visit: Visit, resident: dict[str, str], theme: str) -> None:
    page = visit(theme=theme, policy=False)
    _judge(page, theme, STRANGERS)


@BOTH_THEMES
def test_pages_for_people(visit: Visit, resident: dict[str, str], theme: str) -> None:
    person = Visitor(visit(theme=theme, policy=False), resident["username"], resident["password"])
    person.sign_in()
    expect(person.menu).to_be_visible()
    if theme == "light":
        person.create_repository("empty")
        person.see_heading("empty")
    _judge(person.page, theme, [path.format(me=person.username) for path in RESIDENTS])


@BOTH_THEMES
def test_forms_that_found_a_mistake(visit: Visit, theme: str) -> None:
    page = visit(theme=theme, policy=False)
    page.goto("/accounts/signup/")
    person = Visitor(page, username="Not A Name", password="short")
    person.fill("E-mail", "sailor@example.com")
    person.fill("User name", person.username)
    person.fill("Password", person.password)
    person.main.get_by_role("button", name="Sign up").click()

    for label in ("User name", "Password"):
        expect(person.field(label)).to_have_attribute("aria-invalid", "true")
    assert not _violations(page, theme)


def _judge(page: Page, theme: str, paths: list[str]) -> None:
    """Look at every page; tell all that is wrong at once."""
    wrong: list[str] = []
    titles: dict[str, str] = {}
    for path in paths:
        page.goto(path)
        wrong += [f"{path}: {each}" for each in (*_violations(page, theme), *_outline(page), *_overflow(page))]
        title = page.title()
        if title in titles:
            wrong.append(f"{path}: has the title of {titles[title]}, {title!r}")
        titles[title] = path
    assert not wrong, "\n".join(wrong)


def _violations(page: Page, theme: str) -> list[str]:
    """What axe finds."""
    found = Axe().run(page, options={**RULES[theme], "preload": False}).response["violations"]
    return [f"{each['id']}: {node['html'][:200]} {node['failureSummary']}" for each in found for node in each["nodes"]]


def _outline(page: Page) -> list[str]:
    """Landmarks and headings that every page has, and ids that it must not have twice."""
    wanted = {
        "one h1": page.get_by_role("heading", level=1),
        "one main": page.get_by_role("main"),
        "one banner": page.get_by_role("banner"),
        "one footer": page.get_by_role("contentinfo"),
    }
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(each => each.id)")
    twice = [f"the id {each} {count} times" for each, count in Counter(ids).items() if count > 1]
    return [f"not {name} but {each.count()}" for name, each in wanted.items() if each.count() != 1] + twice


def _overflow(page: Page) -> list[str]:
    """Whether a narrow screen must scroll sideways."""
    wide = page.viewport_size
    page.set_viewport_size({"width": NARROW["width"], "height": NARROW["height"]})
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide:
        page.set_viewport_size(wide)
    return [f"{over} pixels wider than a narrow screen"] if over > 0 else []
