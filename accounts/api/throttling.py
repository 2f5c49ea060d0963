"""How often one caller may ask: per account when known, per client address otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts import limits
from accounts.api.authentication import address_of
from accounts.models import User

if TYPE_CHECKING:  # at run time the views import this module
    from rest_framework.views import APIView

_WINDOW = timedelta(minutes=1)


class CallerThrottle(BaseThrottle):
    """`HUB_API_RATE` requests a minute for an account, `HUB_API_ANONYMOUS_RATE` for an address without one."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Always True, or RateLimited."""
        if isinstance(request.user, User):
            limits.spend("api-account", str(request.user.uid), limit=settings.HUB_API_RATE, window=_WINDOW)
        else:
            limits.spend("api-address", address_of(request), limit=settings.HUB_API_ANONYMOUS_RATE, window=_WINDOW)
        return True
