"""What works without scripts beside the journey: copying by hand, themes, searching, paging, menus."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.pages import Visitor
from tests.programs import needs

pytestmark = [pytest.mark.live, needs("chromium")]


def test_commands_are_selectable_text_and_no_dead_button_is_shown(visit: Visit) -> None:
    bob = _with_a_repository(visit(scripts=False))

    commands = bob.fields_starting("docker ")

    assert len(commands) == 3
    expect(bob.main.get_by_role("button", name=re.compile("copy", re.IGNORECASE))).to_have_count(0)


def test_with_scripts_the_button_copies_the_whole_command(visit: Visit) -> None:
    bob = _with_a_repository(visit())
    wanted = bob.fields_starting("docker push")[0]
    field = bob.main.get_by_role("textbox").filter(visible=True)
    index = [each.input_value() for each in field.all()].index(wanted)

    bob.main.get_by_role("button", name=re.compile("^copy", re.IGNORECASE)).nth(index).click()

    expect(bob.main.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    assert bob.page.evaluate("navigator.clipboard.readText()") == wanted


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_the_theme_is_kept_from_page_to_page(visit: Visit, scripts: bool) -> None:
    page = visit(scripts=scripts, theme="light")
    page.goto("/explore")
    before = _ground(page)

    page.get_by_role("button", name="Dark").click()
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    page.goto("/")

    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    assert _ground(page) != before


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_search_finds_what_is_public(visit: Visit, scripts: bool) -> None:
    bob = _with_a_repository(visit(scripts=scripts), description=f"needle {scripts}")
    stranger = visit(scripts=scripts)
    stranger.goto("/explore")

    field = stranger.get_by_role("main").get_by_role("searchbox")
    field.fill(f"needle {scripts}")
    field.press("Enter")

    expect(stranger.get_by_role("main").get_by_role("link", name=f"{bob.username}/searched")).to_be_visible()
    field.fill("nothing has this in its name")
    field.press("Enter")
    expect(stranger.get_by_role("main").get_by_role("heading", name="Nothing found")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_the_menu_opens_and_signs_out(visit: Visit, scripts: bool) -> None:
    bob = Visitor(visit(scripts=scripts))
    bob.join()

    bob.menu.click()
    bob.banner.get_by_role("button", name="Sign out").click()

    expect(bob.menu).to_have_count(0)
    expect(bob.banner.get_by_role("link", name="Sign in")).to_be_visible()


def _with_a_repository(page: Page, description: str = "") -> Visitor:
    bob = Visitor(page)
    bob.join()
    bob.create_repository("searched", description=description)
    bob.see_heading("searched")
    return bob


def _ground(page: Page) -> str:
    """The colour of the page behind everything, as it is drawn: the first pixel of a picture of it."""
    return page.screenshot(clip={"x": 2, "y": 500, "width": 1, "height": 1}).hex()
