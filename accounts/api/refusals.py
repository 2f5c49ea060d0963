"""What the REST door itself refuses, before any rule is asked; `hub.api.errors` shapes the answers.

Each class has a status, a code and a whole sentence.
"""

from __future__ import annotations

from rest_framework.exceptions import APIException

from accounts.scopes import TokenScope


class IdentityNeeded(APIException):
    status_code = 401
    default_code = "identity_needed"
    default_detail = "Sign in, or send an access token: “Authorization: Bearer berth_pat_…”."


class CsrfFailed(APIException):
    status_code = 403
    default_code = "csrf_failed"
    default_detail = "A request with a session cookie needs the CSRF token, in the header X-CSRFToken."


class ScopeInsufficient(APIException):
    status_code = 403
    default_code = "scope_insufficient"

    def __init__(self, needed: TokenScope) -> None:
        super().__init__(f"This access token does not reach so far; it needs the scope {needed.value}.")


class TokenLimited(APIException):
    status_code = 403
    default_code = "token_limited"
    default_detail = "This access token is limited to some repositories; this needs one that is not."


class AddressUnknown(APIException):
    status_code = 404
    default_code = "address_unknown"
    default_detail = "There is nothing at this address. /api/v1/docs lists what there is."


class PageUnknown(APIException):
    status_code = 404
    default_code = "page_unknown"
    default_detail = "There is no such page; the last one comes before it."


class LengthNeeded(APIException):
    status_code = 411
    default_code = "length_needed"
    default_detail = "Send the body with a Content-Length, not in chunks."


class BodyTooLarge(APIException):
    status_code = 413
    default_code = "body_too_large"
    default_detail = "A body may have at most 1 MiB here."
