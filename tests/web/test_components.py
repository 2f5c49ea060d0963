"""The design system keeps its promises: contracts, one style file each, budgets, contrast, nothing inline."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from tests.web.reading import client_of, get

BASE = Path(settings.BASE_DIR)
TEMPLATES = sorted((BASE / "templates").rglob("*.html"))
STYLES = sorted((BASE / "static/css").rglob("*.css"))
COMPONENTS = sorted((BASE / "templates/components").glob("*.html"))
LINES_OF_STYLE = 1200

#: Text on its ground, as the pages put them together.
TEXT_ON_GROUND = [
    *[(text, ground) for text in ("ink", "muted", "faint", "accent") for ground in ("ground", "surface", "sunken")],
    *[(text, "accent-soft") for text in ("ink", "accent", "muted")],
    *[(tone, f"{tone}-soft") for tone in ("signal", "good", "danger")],
    *[(tone, "surface") for tone in ("signal", "good", "danger")],
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("on-danger", "danger"),
]


def tokens() -> dict[str, tuple[str, str]]:
    """Colour tokens: name → (light, dark)."""
    text = (BASE / "static/css/tokens.css").read_text()
    found = re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", text)
    return {name: (light, dark) for name, light, dark in found}


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2, definition)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON_GROUND)
def test_text_can_be_read_on_its_ground(text: str, ground: str, theme: int) -> None:
    colours = tokens()
    found = contrast(colours[text][theme], colours[ground][theme])
    assert found >= 4.5, f"{text} on {ground}: {found:.2f}"


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_the_edge_of_a_field_can_be_seen(theme: int) -> None:
    colours = tokens()
    assert contrast(colours["line-strong"][theme], colours["surface"][theme]) >= 3


@pytest.mark.parametrize("file", COMPONENTS, ids=lambda file: str(file.stem))
def test_a_component_begins_with_its_contract(file: Path) -> None:
    first = file.read_text().lstrip()
    assert first.startswith("{% comment %}")
    assert file.stem in first.split("{% endcomment %}")[0]


def test_the_entry_imports_every_style_file_into_a_layer() -> None:
    entry = (BASE / "static/css/hub.css").read_text()
    imported = re.findall(r'@import url\("([^"]+)"\) layer\(([a-z]+)\);', entry)
    files = {str(file.relative_to(BASE / "static/css")) for file in STYLES} - {"hub.css"}
    assert {name for name, _ in imported} == files
    layers = re.search(r"@layer ([a-z, ]+);", entry)
    assert layers
    assert {layer for _, layer in imported} <= set(layers[1].split(", "))


def test_the_styles_stay_within_their_budget() -> None:
    assert sum(len(file.read_text().splitlines()) for file in STYLES) <= LINES_OF_STYLE


def test_every_icon_that_is_asked_for_is_drawn() -> None:
    drawn = set(re.findall(r'symbol id="([a-z-]+)"', (BASE / "static/icons.svg").read_text()))
    asked = {(name, file.name) for file in TEMPLATES for name in icons_in(file.read_text())}
    assert {(name, file) for name, file in asked if name not in drawn} == set()


def icons_in(text: str) -> Iterator[str]:
    yield from re.findall(r'{% icon ["\']([a-z-]+)["\']', text)
    yield from re.findall(r'\bicon="([a-z-]+)"', text)


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: str(file.relative_to(BASE / "templates")))
def test_nothing_is_inline_and_nothing_comes_from_elsewhere(file: Path) -> None:
    text = re.sub(r"{% comment %}.*?{% endcomment %}", "", file.read_text(), flags=re.DOTALL)
    assert not re.search(r"\sstyle=", text)
    assert not re.search(r"\son[a-z]+=", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r'(?:src|<link[^>]*href)="(?:https?:)?//', text)


def test_the_style_guide_shows_the_components() -> None:
    page = get(client_of(), reverse("styleguide"))
    assert page.status == 200
    guide = (BASE / "templates/hub/styleguide.html").read_text()
    drawn_by_layouts = {"brand", "topbar", "footer", "theme_switch", "flash", "icon", "card", "empty_state", "notice"}
    for file in COMPONENTS:
        if file.stem not in drawn_by_layouts:
            assert f"components/{file.name}" in guide, file.stem
    for tag in ("card", "empty_state", "notice", "icon"):
        assert f"{{% {tag} " in guide


def test_a_command_can_be_selected_without_scripts() -> None:
    page = get(client_of(), reverse("styleguide"))
    fields = [each for each in page.all("input") if "copy-field" in each.inside]
    buttons = [each for each in page.all("button") if "copy-field" in each.inside]
    assert fields
    assert all("readonly" in each.attributes and each.attributes["aria-label"] for each in fields)
    assert all("hidden" in each.attributes for each in buttons)


def test_a_wrong_field_tells_screen_readers_what_is_wrong() -> None:
    page = get(client_of(), reverse("styleguide"))
    name = page.all("input", name="name")[0].attributes
    assert name["aria-invalid"] == "true"
    described = name["aria-describedby"].split()
    ids = {each.attributes.get("id"): each.text for each in page.elements}
    assert all(one in ids for one in described)
    assert "This field is required." in " ".join(ids[one] for one in described)
    labels = {each.attributes.get("for") for each in page.all("label")}
    assert name["id"] in labels
