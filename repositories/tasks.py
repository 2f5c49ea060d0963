"""Jobs of this floor; the timetable is in `hub.celery`."""

from __future__ import annotations

import logging

from celery import shared_task

from repositories.errors import StorageUnavailable
from repositories.upkeep import audit, garbage, scrub

log = logging.getLogger(__name__)

#: One blob is read to its end, however large it is.
_LONGEST_READ = 6 * 3600


@shared_task(name="repositories.tasks.collect_garbage")
def collect_garbage() -> str:
    """Free what is due."""
    return str(garbage.collect())


@shared_task(name="repositories.tasks.scrub_some", acks_late=False, time_limit=_LONGEST_READ)
def scrub_some() -> None:
    """This minute's share of reading everything again."""
    try:
        report = scrub.some()
    except StorageUnavailable as error:
        log.error("the scrub stops: %s", error)
        return
    for digest, reason in report.unreadable:
        log.error("blob %s cannot be read: %s", digest, reason)


@shared_task(name="repositories.tasks.reconcile_usage")
def reconcile_usage() -> None:
    """Daily: count what namespaces use anew, which must find nothing; and see whether the scrub keeps up."""
    audit.reconcile()
    if late := scrub.overdue():
        log.warning("%d blobs were not verified for longer than HUB_SCRUB_DAYS; the storage is slow or large", late)
