"""Put a new signing key in the place of the active one, now."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts import keys


class Command(BaseCommand):
    help = "Rotate the key that signs bearer tokens. Tokens of the old key stay good until they expire."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--compromised", action="store_true", help="drop all former keys: every bearer token ends within seconds"
        )

    def handle(self, *, compromised: bool, **options: Any) -> None:
        self.stdout.write(f"signing with {keys.rotate(compromised=compromised)}")
