"""Sign up, create a token and delete a repository without a mouse: only Tab, Space, Enter, arrows and letters."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Visit
from tests.browser.pages import Visitor
from tests.programs import needs

pytestmark = [pytest.mark.live, needs("chromium")]

#: Nothing on a page should be further away than this many presses of Tab.
REACH = 60


def test_a_person_signs_up_makes_a_token_and_deletes_a_repository(visit: Visit) -> None:
    kim = Visitor(visit())
    _sign_up(kim)
    _create_a_token(kim)
    _create_a_repository(kim)
    _delete_the_repository(kim)


def test_the_first_stop_skips_to_the_content(visit: Visit) -> None:
    page = visit()
    page.goto("/explore")

    page.keyboard.press("Tab")
    first = page.get_by_role("link", name="Skip to the content")
    expect(first).to_be_focused()
    expect(first).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    expect(page.get_by_role("main").locator(":focus")).to_have_count(1)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_focus_is_always_to_be_seen(visit: Visit, theme: str) -> None:
    page = visit(theme=theme)
    page.goto("/accounts/login/")
    plain = page.screenshot()
    seen = set()

    for _ in range(12):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.count():
            assert page.screenshot() != plain, focused.evaluate("each => each.outerHTML")
            seen.add(focused.evaluate("each => each.outerHTML"))

    assert len(seen) > 5


def test_a_slash_goes_to_the_search(visit: Visit) -> None:
    page = visit()
    page.goto("/")

    page.keyboard.press("/")

    expect(page.get_by_role("banner").get_by_role("searchbox")).to_be_focused()


def _sign_up(kim: Visitor) -> None:
    kim.page.goto("/")
    _go_to(kim, kim.banner.get_by_role("link", name="Sign up"), "Enter")
    kim.see_heading("Sign up")
    for label, text in (("E-mail", kim.email), ("User name", kim.username), ("Password", kim.password)):
        _go_to(kim, kim.field(label))
        kim.page.keyboard.type(text)
    kim.page.keyboard.press("Enter")
    expect(kim.field("Code")).to_be_visible()
    asked_at = kim.page.url
    code = kim.read_code()
    kim.page.goto(asked_at)
    _go_to(kim, kim.field("Code"))
    kim.page.keyboard.type(code)
    kim.page.keyboard.press("Enter")
    expect(kim.menu).to_be_visible()


def _create_a_token(kim: Visitor) -> None:
    _go_to(kim, kim.menu, "Enter")
    _go_to(kim, kim.banner.get_by_role("link", name="Access tokens"), "Enter")
    _go_to(kim, kim.field("Name"))
    kim.page.keyboard.type("typed by hand")
    kim.page.keyboard.press("Enter")
    expect(kim.main.get_by_text("typed by hand")).to_be_visible()
    assert len(kim.fields_starting("berth_pat_")) == 1


def _create_a_repository(kim: Visitor) -> None:
    _go_to(kim, kim.banner.get_by_role("link", name="Create repository").first, "Enter")
    _go_to(kim, kim.field("Repository name"))
    kim.page.keyboard.type("by-keyboard")
    _go_to(kim, kim.main.get_by_role("radio", name="Public"))
    kim.page.keyboard.press("ArrowDown")
    expect(kim.main.get_by_role("radio", name="Private")).to_be_checked()
    _go_to(kim, kim.main.get_by_role("button", name="Create", exact=True), "Enter")
    kim.see_heading("by-keyboard")


def _delete_the_repository(kim: Visitor) -> None:
    tabs = kim.page.get_by_role("navigation", name="Repository")
    _go_to(kim, tabs.get_by_role("link", name="Settings"), "Enter")
    name = f"{kim.username}/by-keyboard"
    _go_to(kim, kim.field(f"Type {name}"))
    kim.page.keyboard.type(name)
    _go_to(kim, kim.main.get_by_role("button", name="Delete repository"), "Enter")
    expect(kim.main).to_contain_text("deleted")
    answer = kim.page.goto(f"/{name}")
    assert answer
    assert answer.status == 404


def _go_to(kim: Visitor, target: Locator, *keys: str) -> None:
    """Press Tab until the element has the focus, then the keys."""
    expect(target).to_be_visible()
    for _ in range(REACH):
        if target.evaluate("each => each === document.activeElement"):
            break
        kim.page.keyboard.press("Tab")
    expect(target).to_be_focused()
    for key in keys:
        kim.page.keyboard.press(key)
