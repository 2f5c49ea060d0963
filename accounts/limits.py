"""One atomic limiter for guesses: a row a key, one upsert a try, shared by all processes. Fails closed."""

from __future__ import annotations

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


def spend(kind: str, who: str, *, limit: int, window: timedelta) -> None:
    """Count one try of `kind` by `who`. Errors: RateLimited, from the try after `limit` in a window on."""
    key = _key(kind, who)
    now = timezone.now()
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, [key, adapt(now + window), adapt(now), adapt(now)])
        tries = cursor.fetchone()[0]
    if tries > limit:
        ends_at = RateWindow.objects.values_list("ends_at", flat=True).filter(pk=key).first() or now + window
        raise RateLimited(max(1, int((ends_at - now).total_seconds()) + 1))


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
