"""One atomic limiter: a row a key, one upsert a try, shared by all processes. It fails closed; who would rather fail
open catches the database's error."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256

from django.db import connection
from django.db.models import F
from django.utils import timezone

from accounts.errors import RateLimited
from accounts.models import RateWindow

_UPSERT = """
INSERT INTO accounts_ratewindow (key, ends_at, tries) VALUES (%s, %s, 1)
ON CONFLICT (key) DO UPDATE SET
  tries = CASE WHEN accounts_ratewindow.ends_at <= %s THEN 1 ELSE accounts_ratewindow.tries + 1 END,
  ends_at = CASE WHEN accounts_ratewindow.ends_at <= %s THEN excluded.ends_at ELSE accounts_ratewindow.ends_at END
RETURNING tries
"""
_MARK = """
INSERT INTO accounts_ratewindow (key, ends_at, tries) VALUES (%s, %s, 1)
ON CONFLICT (key) DO UPDATE SET ends_at = excluded.ends_at
"""


def spend(kind: str, who: str, *, limit: int, window: timedelta) -> int:
    """Count one try of `kind` by `who`; returns how many that makes in the window.

    Errors: RateLimited, from the try after `limit` in a window on.
    """
    key = _key(kind, who)
    now = timezone.now()
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, [key, adapt(now + window), adapt(now), adapt(now)])
        tries = cursor.fetchone()[0]
    if tries > limit:
        ends_at = RateWindow.objects.values_list("ends_at", flat=True).filter(pk=key).first() or now + window
        raise RateLimited(max(1, int((ends_at - now).total_seconds()) + 1))
    return int(tries)


def used(kind: str, who: str) -> int:
    """The tries of `who` in the window that runs; 0 when none does."""
    rows = RateWindow.objects.filter(pk=_key(kind, who), ends_at__gt=timezone.now())
    return rows.values_list("tries", flat=True).first() or 0


def mark(kind: str, who: str, *, window: timedelta) -> None:
    """Remember for so long, from now on, that `who` did something."""
    ends_at = connection.ops.adapt_datetimefield_value(timezone.now() + window)
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [_key(kind, who), ends_at])


def is_marked(kind: str, whos: Iterable[str]) -> bool:
    """Whether one of them is remembered."""
    keys = [_key(kind, who) for who in whos]
    return bool(keys) and RateWindow.objects.filter(pk__in=keys, ends_at__gt=timezone.now()).exists()


def refund(kind: str, who: str) -> None:
    """Take one try back that proved honest; those before it still count."""
    row = RateWindow.objects.filter(pk=_key(kind, who))
    if not row.filter(tries__gt=1).update(tries=F("tries") - 1):
        row.filter(tries=1).delete()


def forgive(kind: str, who: str) -> None:
    """Forget all tries of `who`."""
    RateWindow.objects.filter(pk=_key(kind, who)).delete()


def forget_old() -> int:
    """Delete windows that have ended; returns how many."""
    return RateWindow.objects.filter(ends_at__lt=timezone.now()).delete()[0]


def _key(kind: str, who: str) -> str:
    return f"{kind}:{sha256(who.encode()).hexdigest()}"
