from __future__ import annotations

from rest_framework import authentication


class AccessTokenAuthentication(authentication.BaseAuthentication):
    def authenticate(self, request):  # type: ignore
        return None


SessionAuthentication = authentication.SessionAuthentication
