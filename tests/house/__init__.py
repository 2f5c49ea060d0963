"""Promises about the house itself: its drawing, its budgets, its tables and its papers."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FLOORS = ("hub", "registry_api", "repositories", "accounts")


def sources() -> list[Path]:
    """Every Python file of the product, without migrations."""
    return [path for floor in FLOORS for path in sorted((ROOT / floor).rglob("*.py")) if "migrations" not in path.parts]
