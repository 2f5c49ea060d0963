"""Jobs of this floor: what is over is forgotten. The timetable is `hub.celery`'s."""

from __future__ import annotations

from celery import shared_task
from django.core.management import call_command

from accounts import keys, limits, refresh_tokens, users


@shared_task
def forget_rate_windows() -> None:
    """Daily: counted tries whose window has ended."""
    limits.forget_old()


@shared_task
def forget_sessions() -> None:
    """Daily: sessions that have expired."""
    call_command("clearsessions")


@shared_task
def forget_unverified_accounts() -> None:
    """Daily: accounts that nobody verified in a week; their names are free again."""
    users.forget_unverified()


@shared_task
def forget_refresh_tokens() -> None:
    """Daily: refresh tokens that expired or were revoked."""
    refresh_tokens.forget_ended()


@shared_task
def tidy_signing_keys() -> None:
    """Daily: keys whose time is over are gone, and one that has served 90 days is rotated."""
    keys.tidy()
