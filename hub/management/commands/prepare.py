"""`prepare`: brings a hub's database and static files up to date before it starts."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Check the settings, migrate the database, and collect the static files when they changed."
    requires_system_checks = []  # handle() asks for them, the database's included

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("check", database=["default"], fail_level="ERROR")
        call_command("migrate", interactive=False, verbosity=0)
        fingerprint = _static_fingerprint()
        stamp = Path(settings.STATIC_ROOT) / ".fingerprint"
        if not stamp.exists() or stamp.read_text() != fingerprint:
            call_command("collectstatic", interactive=False, clear=True, verbosity=0)
            stamp.write_text(fingerprint)


def _static_fingerprint() -> str:
    """Changes when a static file comes, goes or is written."""
    seen = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list(None):
            stat = Path(storage.path(path)).stat()
            seen.update(f"{path}\0{storage.path(path)}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return seen.hexdigest()
