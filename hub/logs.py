"""The shape of a log line: one line an event, whatever a client put into it."""

from __future__ import annotations

import logging
from datetime import UTC, datetime


class LineFormatter(logging.Formatter):
    """``2026-11-23T18:00:00Z INFO repositories.upkeep.garbage message``; control characters are escaped."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        message = record.getMessage()
        if record.exc_info:
            message = f"{message}\n{self.formatException(record.exc_info)}"
        safe = "".join(char if char.isprintable() or char == "\n" else repr(char)[1:-1] for char in message)
        return f"{at} {record.levelname} {record.name} " + safe.replace("\n", "\n    ")
