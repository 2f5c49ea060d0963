"""`prepare`: brings a hub's database and static files up to date before it starts."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core import checks
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection


class Command(BaseCommand):
    help = "Check the settings, migrate the database, and collect the static files when they changed."
    requires_system_checks = []  # handle() asks for them, the database's included

    def handle(self, *args: Any, **options: Any) -> None:
        _require_sound_settings()
        _lift_time_limits()
        call_command("migrate", interactive=False, verbosity=0)
        fingerprint = _static_fingerprint()
        stamp = Path(settings.STATIC_ROOT) / ".fingerprint"
        if not stamp.exists() or stamp.read_text() != fingerprint:
            call_command("collectstatic", interactive=False, clear=True, verbosity=0)
            stamp.write_text(fingerprint)


def _require_sound_settings() -> None:
    """Errors: CommandError, one line for each finding. Warnings are for `manage.py check`."""
    errors = [str(found.msg) for found in checks.run_checks(databases=["default"]) if found.is_serious()]
    if errors:
        raise CommandError("\n".join(errors))


def _lift_time_limits() -> None:
    """A migration may take as long as it takes."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0"
            )


def _static_fingerprint() -> str:
    """Changes when a static file comes, goes or is written."""
    seen = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list(None):
            stat = Path(storage.path(path)).stat()
            seen.update(f"{path}\0{storage.path(path)}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return seen.hexdigest()
