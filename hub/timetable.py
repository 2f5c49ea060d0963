"""Celery beat's memory of what ran when, as one JSON file instead of a pickled shelf."""

from __future__ import annotations

import json
import logging
from datetime import datetime
from pathlib import Path
from typing import Any

from celery.beat import Scheduler

log = logging.getLogger(__name__)


class Timetable(Scheduler):
    """Remembers the last run of each entry, so that a restart neither skips nor repeats a daily job."""

    data: dict[str, Any]

    def __init__(self, *args: Any, schedule_filename: str, **kwargs: Any) -> None:
        self._file = Path(schedule_filename)
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        self.install_default_entries(self.data)
        self.merge_inplace(self.app.conf.beat_schedule)
        for name, at in self._remembered().items():
            if name in self.data:
                self.data[name].last_run_at = at

    def sync(self) -> None:
        """Writes the file in one step: a cut leaves the old one."""
        moments = {name: entry.last_run_at.isoformat() for name, entry in self.data.items() if entry.last_run_at}
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(moments, indent=1))
        fresh.replace(self._file)

    def _remembered(self) -> dict[str, datetime]:
        try:
            found = json.loads(self._file.read_text())
            return {name: datetime.fromisoformat(at) for name, at in found.items()}
        except FileNotFoundError:
            return {}
        except (ValueError, AttributeError, TypeError) as error:
            log.warning("The timetable's memory %s is unreadable and starts anew: %s", self._file, error)
            return {}
