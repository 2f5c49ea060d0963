"""How many pulls somebody may make in a window of time, and how many are left.

For a user the plan of their personal namespace says it, for a client without an account `HUB_PULL_LIMIT_ANONYMOUS`.
The count is a row of the one limiter, moved by one upsert. It fails open: a limit is no reason to stop a deployment,
so when the limiter cannot answer, nobody is limited.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError
from django.db.utils import InterfaceError

from accounts import limits
from accounts.errors import RateLimited
from accounts.models import Namespace
from repositories import flushing
from repositories.errors import PullLimitReached
from repositories.models import ManifestReference, Plan
from repositories.pulls import TOGETHER, Pull
from repositories.quotas import FREE_PLAN

log = logging.getLogger(__name__)
_PULLS, _INDEX = "pulls", "pulled-index"
#: Indexes that list one manifest, as many as are looked at.
_PARENTS = 100


@dataclass(frozen=True, slots=True)
class Allowance:
    """`limit` pulls in a `window`, of which so many remain; `source` is the user or the address that is counted.

    `is_paid`: this pull belongs to one that was counted before.
    """

    limit: int
    window: timedelta
    remaining: int
    source: str
    is_paid: bool = False


def left(pull: Pull) -> Allowance | None:
    """What the client may still pull, nothing being counted; None without a limit."""
    try:
        limit = _limit(pull)
        return None if limit is None else _allowance(pull, limit, limits.used(_PULLS, pull.who))
    except (DatabaseError, InterfaceError) as error:
        log.warning("nobody's pulls are limited for the moment: %s", error)
        return None


def spend(pull: Pull) -> Allowance | None:
    """Count one pull; None without a limit. Errors: PullLimitReached, and nothing is counted."""
    try:
        limit = _limit(pull)
        return None if limit is None else _spend(pull, limit)
    except (DatabaseError, InterfaceError) as error:
        log.warning("nobody's pulls are limited for the moment: %s", error)
        return None


def _spend(pull: Pull, limit: int) -> Allowance:
    if _is_paid(pull):
        return _allowance(pull, limit, limits.used(_PULLS, pull.who), is_paid=True)
    window = settings.HUB_PULL_WINDOW
    try:
        with flushing.deferred():
            used = limits.spend(_PULLS, pull.who, limit=limit, window=window)
            if pull.is_index:
                limits.mark(_INDEX, f"{pull.who} {pull.manifest_id}", window=TOGETHER)
    except RateLimited as error:
        raise PullLimitReached(
            limit, window, pull.source, retry_after=error.retry_after, is_anonymous=pull.user_id is None
        ) from error
    return _allowance(pull, limit, used)


def _is_paid(pull: Pull) -> bool:
    """Whether the client pulled, a moment ago, an index that lists this manifest. Any process may have served it."""
    if pull.is_index or not pull.is_by_digest:
        return False
    parents = ManifestReference.objects.filter(child=pull.manifest_id, manifest__deleted_at=None)
    indexes = parents.values_list("manifest", flat=True)[:_PARENTS]
    return limits.is_marked(_INDEX, [f"{pull.who} {index}" for index in indexes])


def _limit(pull: Pull) -> int | None:
    """None: as many as they like. So for a user without a namespace, and for an address that nobody knows."""
    if pull.user_id is None:
        return (settings.HUB_PULL_LIMIT_ANONYMOUS or None) if pull.source else None
    found = Namespace.objects.filter(user=pull.user_id).values_list("usage__plan", "usage__plan__pulls").first()
    plan, pulls = found or (0, None)
    if plan is not None:
        return pulls
    # The counters of a namespace are made when they are first needed; until then it is on the plan that all start on.
    return Plan.objects.filter(name=FREE_PLAN).values_list("pulls", flat=True).first()


def _allowance(pull: Pull, limit: int, used: int, *, is_paid: bool = False) -> Allowance:
    return Allowance(limit, settings.HUB_PULL_WINDOW, max(0, limit - used), pull.source, is_paid)
