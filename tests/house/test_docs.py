"""The papers about settings are complete: what is read is written down, and what is written down is read."""

from __future__ import annotations

import re

import pytest

from tests.house import ROOT, sources

_READ = re.compile(r'env\.(\w+)\(\s*"([A-Z][A-Z0-9_]+)"')
_NAME = re.compile(r"\b(?:HUB_[A-Z0-9_]+|DATABASE_URL(?:_FILE)?|REDIS_URL(?:_FILE)?)\b")


def read() -> set[str]:
    """Every variable that a setting is read from, the `_FILE` variants of secrets included."""
    papers = sorted((ROOT / "hub/settings").glob("*.py"))
    calls = [call for paper in papers for call in _READ.findall(paper.read_text())]
    return {name for _, name in calls} | {f"{name}_FILE" for reader, name in calls if reader in {"sealed", "secret"}}


def test_the_settings_are_found() -> None:
    assert {"HUB_DATA_DIR", "HUB_PORT", "DATABASE_URL", "DATABASE_URL_FILE", "HUB_SECRET_KEY_FILE"} <= read()


@pytest.mark.parametrize("paper", ["docs/configuration.md", ".env.example"])
def test_every_setting_is_written_down(paper: str) -> None:
    assert read() - set(_NAME.findall((ROOT / paper).read_text())) == set()


@pytest.mark.parametrize("paper", ["docs/configuration.md", "docs/operating.md", ".env.example", "README.md"])
def test_nothing_is_written_down_that_is_not_read(paper: str) -> None:
    assert set(_NAME.findall((ROOT / paper).read_text())) - read() == set()


def test_the_example_changes_nothing() -> None:
    """Every line of .env.example is a comment, so that copying it keeps the defaults."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []


def test_the_environment_is_read_in_one_place() -> None:
    free = {"hub/env.py", "hub/supervisor/programs.py"}
    reading = {
        str(path.relative_to(ROOT))
        for path in sources()
        if re.search(r"os\.environ(?!\.setdefault\(\"DJANGO_SETTINGS_MODULE\")|os\.getenv", path.read_text())
    }
    assert reading - free == set()
