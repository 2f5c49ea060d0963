"""The clock of the periodic jobs: a thread of a worker, and a memory of what ran when.

``celery -A hub.celery worker --timetable`` runs the clock inside that worker; exactly one worker should. Celery's own
``--beat`` would fork a second process, which costs as much memory as the worker, dies unnoticed, and keeps its memory
as a pickled shelf.
"""

from __future__ import annotations

import json
import logging
import os
import signal
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Any

from celery import Celery, bootsteps
from celery.beat import Scheduler, Service
from click import Option

log = logging.getLogger(__name__)


class Memory(Scheduler):
    """Remembers the last run of each entry in a JSON file, so that a restart neither skips nor repeats a daily job."""

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


class Clock(Thread):
    """Sends the jobs that are due. A clock that breaks ends its worker, so that somebody notices."""

    def __init__(self, app: Celery) -> None:
        super().__init__(name="timetable", daemon=True)
        self.app = app
        # It looks up at least once a second, so that it can be stopped in that time.
        self.service = Service(app, max_interval=1, scheduler_cls=Memory)

    def run(self) -> None:
        self.app.set_current()
        try:
            self.service.start()
        except Exception:
            log.exception("The timetable broke; the worker ends")
            os.kill(os.getpid(), signal.SIGTERM)

    def stop(self) -> None:
        self.service.stop()
        self.join(2)


class ClockStep(bootsteps.StartStopStep):
    """Puts the clock into a worker that was started with ``--timetable``."""

    def __init__(self, worker: Any, timetable: bool = False, **options: Any) -> None:
        super().__init__(worker, **options)
        self.enabled = timetable

    def create(self, worker: Any) -> Clock:  # type: ignore[override]
        return Clock(worker.app)


def install(app: Celery) -> None:
    """Teach the `worker` command the option."""
    app.steps["worker"].add(ClockStep)
    app.user_options["worker"].add(Option(["--timetable"], is_flag=True, help="Also run the periodic jobs' clock."))
