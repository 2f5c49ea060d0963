"""Free what nothing names any more, by hand; the hub does the same by itself every few seconds."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from repositories.upkeep import garbage


class Command(BaseCommand):
    help = "Free blobs that no image uses any more and print what went."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--grace", help="0, 15m, 24h …: instead of HUB_GC_GRACE; 0 frees everything at once")
        parser.add_argument("--dry-run", action="store_true", help="print what would go, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        print(garbage.collect(grace=_span(options["grace"]), dry_run=options["dry_run"]))


def _span(text: str | None) -> timedelta | None:
    if text is None:
        return None
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    found = re.fullmatch(r"([0-9]{1,6})([smhd]?)", text)
    if found is None:
        raise CommandError(f"--grace is {text!r}; use 0, 90s, 15m, 24h or 14d.")
    return timedelta(seconds=int(found[1]) * units[found[2] or "s"])
