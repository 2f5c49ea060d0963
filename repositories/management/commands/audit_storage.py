"""Compare rows, stored objects and counters, by hand or by a monitor. Exit code 0: they tell one story."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from repositories.errors import StorageUnavailable
from repositories.upkeep import audit


class Command(BaseCommand):
    help = "Look for lost, leaked and damaged content and for wrong counters, while the hub runs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="also do what is safe whatever happened")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = audit.audit(repair=options["repair"])
        except StorageUnavailable as error:
            raise CommandError(str(error), returncode=2) from error
        if options["json"]:
            print(json.dumps(report.facts(), default=str))
        else:
            _tell(report)
        if not report.is_clean:
            sys.exit(1)


def _tell(report: audit.Report) -> None:
    for finding in report.findings:
        facts = " ".join(f"{name}={value}" for name, value in finding.facts.items())
        print(f"{finding.kind} {facts}" + (" repaired" if finding.repaired else ""))
    seen = " ".join(f"{noun}={count}" for noun, count in report.seen.items())
    print(f"audit_storage: {seen} findings={report.counts.total()} repaired={report.repaired}")
