"""Jobs of this floor; the timetable is in `hub.celery`."""

from __future__ import annotations

from celery import shared_task

from repositories.upkeep import garbage


@shared_task(name="repositories.tasks.collect_garbage")
def collect_garbage() -> str:
    """Free what is due."""
    return str(garbage.collect())
