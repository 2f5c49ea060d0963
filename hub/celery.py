"""The task queue and the timetable of its periodic jobs.

A job that is still queued when it is due again is dropped: the next one does its work. Jobs carry ids only, and
may run twice.
"""

from __future__ import annotations

import os
from pathlib import Path

from celery import Celery, signals
from django.conf import settings

from hub import timetable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")

_DAY = 86400.0
_DAILY = (
    "accounts.tasks.forget_rate_windows",
    "accounts.tasks.forget_refresh_tokens",
    "accounts.tasks.forget_sessions",
    "accounts.tasks.forget_unverified_accounts",
    "accounts.tasks.tidy_signing_keys",
    "repositories.tasks.reconcile_usage",
)


def _every(seconds: float, task: str) -> dict[str, object]:
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


def _entries() -> dict[str, dict[str, object]]:
    collect = max(settings.HUB_GC_INTERVAL.total_seconds(), 1.0)
    return {
        "repositories.tasks.collect_garbage": _every(collect, "repositories.tasks.collect_garbage"),
        "repositories.tasks.scrub_some": _every(
            settings.HUB_SCRUB_INTERVAL.total_seconds(), "repositories.tasks.scrub_some"
        ),
        **{task: _every(_DAY, task) for task in _DAILY},
    }


def make_queue_folders() -> None:
    """The folder of the timetable's memory, and those that the `filesystem://` broker does not make itself."""
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    folders = [options.get(name) for name in ("data_folder_in", "data_folder_out", "control_folder")]
    for folder in filter(None, [str(Path(settings.CELERY_BEAT_SCHEDULE_FILENAME).parent), *folders]):
        Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)


@signals.worker_init.connect
def _refuse_when_unsafe(**kwargs: object) -> None:
    from hub import checks  # noqa: PLC0415 - needs the apps, which are ready only now

    checks.refuse_when_unsafe()


app = Celery("berth")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = _entries()
app.autodiscover_tasks(["accounts", "repositories"])
timetable.install(app)
make_queue_folders()
