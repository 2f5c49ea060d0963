"""Read stored blobs again and compare them with their digests. Exit code 0: nothing is damaged."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from repositories.errors import StorageUnavailable
from repositories.upkeep import scrub


class Command(BaseCommand):
    help = "Verify blobs by their digests; mark damaged ones and name the images that they are part of."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="every blob, not only those that are due")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = scrub.everything() if options["all"] else scrub.due()
        except StorageUnavailable as error:
            raise CommandError(str(error), returncode=2) from error
        if options["json"]:
            print(json.dumps(_facts(report)))
        else:
            _tell(report)
        if not report.is_clean:
            sys.exit(1)


def _facts(report: scrub.Report) -> dict[str, object]:
    return {
        "clean": report.is_clean,
        "blobs": report.blobs,
        "bytes": report.bytes,
        "damaged": [
            {
                "digest": str(found.digest),
                "reason": found.reason,
                "new": found.is_new,
                "images": found.images,
            }
            for found in report.damaged
        ],
        "cleared": [str(digest) for digest in report.cleared],
        "unreadable": [{"digest": str(digest), "reason": reason} for digest, reason in report.unreadable],
    }


def _tell(report: scrub.Report) -> None:
    for found in report.damaged:
        print(f"damaged {found.digest}: {found.reason}")
        for image in found.images:
            print(f"damaged {found.digest}: part of {image}")
    for digest in report.cleared:
        print(f"cleared {digest}: it is right again")
    for digest, reason in report.unreadable:
        print(f"unreadable {digest}: {reason}")
    print(
        f"scrub: blobs={report.blobs} bytes={report.bytes} damaged={len(report.damaged)} "
        f"cleared={len(report.cleared)} unreadable={len(report.unreadable)}"
    )
