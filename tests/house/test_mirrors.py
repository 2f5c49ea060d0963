"""What belongs together has the same name: pages and templates, components and style sheets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.house import FLOORS, ROOT, sources

TEMPLATES, STYLES = ROOT / "templates", ROOT / "static" / "css"
#: Addresses that draw no page of their own: they act and send back, or answer a machine.
ACTIONS = {"health", "theme", "repository_visibility", "repository_delete"}


def named(resolver: URLResolver) -> Iterator[tuple[str, str]]:
    """URL name and floor of every page; allauth's, REST's and the registry's are not pages of ours."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from named(entry)
        elif entry.name and (floor := _floor(entry)):
            yield entry.name, floor


def _floor(pattern: URLPattern) -> str:
    module = pattern.callback.__module__
    floor = module.partition(".")[0]
    return floor if floor in FLOORS and ".views" in module and ".api" not in module else ""


PAGES = sorted({page for page in named(get_resolver()) if page[0] not in ACTIONS})
TEXTS = {path: path.read_text() for path in [*sources(), *TEMPLATES.rglob("*.html")]}
OURS = [path for folder in (*FLOORS, "components") for path in sorted((TEMPLATES / folder).glob("*.html"))]


def test_the_pages_are_found() -> None:
    assert {("home", "hub"), ("tags", "repositories"), ("tokens", "accounts")} <= set(PAGES)


@pytest.mark.parametrize(("name", "floor"), PAGES)
def test_a_page_is_drawn_by_the_template_of_its_name(name: str, floor: str) -> None:
    assert (TEMPLATES / floor / f"{name}.html").is_file()


@pytest.mark.parametrize("template", OURS, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_no_template_is_left_over(template: Path) -> None:
    name = str(template.relative_to(TEMPLATES))
    word = re.compile(rf"{{% {template.stem} ")  # a block tag: {% card %}
    assert any(name in text or word.search(text) for path, text in TEXTS.items() if path != template)


def test_the_style_sheet_lists_every_component() -> None:
    listed = re.findall(r'"components/([\w-]+)\.css"', (STYLES / "hub.css").read_text())
    assert sorted(listed) == sorted(path.stem for path in (STYLES / "components").glob("*.css"))


@pytest.mark.parametrize("sheet", sorted((STYLES / "components").glob("*.css")), ids=lambda path: path.stem)
def test_a_style_sheet_has_its_component(sheet: Path) -> None:
    """A template of the same name, of a component or of a page, or a class of that name that some template carries."""
    name = sheet.stem.replace("-", "_")
    carried = re.compile(rf'class="[^"]*\b{re.escape(name.replace("_", "-"))}\b')
    assert list(TEMPLATES.glob(f"*/{name}.html")) or any(carried.search(text) for text in TEXTS.values())
