"""The one table from errors to the answers of REST, and DRF's exception handler.

Every error has one shape: ``{"error": {"code", "message"}}``, with ``fields`` (sentences by field) when input was not
right, and ``rule``, ``used``, ``limit`` when a quota was.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core import exceptions as django_errors
from django.core.signals import got_request_exception
from rest_framework import exceptions as rest_errors
from rest_framework.response import Response

from accounts import errors as accounts_errors
from accounts.api import refusals
from repositories import errors as content_errors

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an error becomes. `field`: the input that was not right."""

    status: int
    code: str
    field: str = ""


#: From an error's class, or its nearest base here, to its answer.
TABLE: dict[type[Exception], Answer] = {
    # people
    accounts_errors.NameInvalid: Answer(400, "name_invalid", "name"),
    accounts_errors.NameReserved: Answer(409, "name_reserved", "name"),
    accounts_errors.NameTaken: Answer(409, "name_taken", "name"),
    accounts_errors.NamespaceUnknown: Answer(404, "namespace_unknown"),
    accounts_errors.RoleDenied: Answer(403, "role_denied"),
    accounts_errors.MembershipInvalid: Answer(400, "membership_invalid"),
    accounts_errors.LastOwner: Answer(409, "last_owner"),
    accounts_errors.TeamInvalid: Answer(400, "team_invalid"),
    accounts_errors.TeamUnknown: Answer(404, "team_unknown"),
    accounts_errors.TokenInvalid: Answer(400, "token_invalid"),
    accounts_errors.TokenUnknown: Answer(404, "token_unknown"),
    accounts_errors.CredentialsRejected: Answer(401, "credentials_rejected"),
    accounts_errors.RateLimited: Answer(429, "rate_limited"),
    # content
    content_errors.NameInvalid: Answer(400, "name_invalid", "name"),
    content_errors.RepositoryUnknown: Answer(404, "repository_unknown"),
    content_errors.RepositoryExists: Answer(409, "repository_exists", "name"),
    content_errors.AccessDenied: Answer(403, "access_denied"),
    content_errors.DescriptionTooLong: Answer(400, "description_too_long", "description"),
    content_errors.ConfirmationMismatch: Answer(400, "confirmation_mismatch", "confirm"),
    content_errors.BlobUnknown: Answer(404, "blob_unknown"),
    content_errors.BlobReferenced: Answer(409, "blob_referenced"),
    content_errors.ManifestUnknown: Answer(404, "manifest_unknown"),
    content_errors.ManifestReferenced: Answer(409, "manifest_referenced"),
    content_errors.TagUnknown: Answer(404, "tag_unknown"),
    content_errors.ManifestInvalid: Answer(400, "manifest_invalid"),
    content_errors.ManifestBlobUnknown: Answer(400, "manifest_blob_unknown"),
    content_errors.ManifestTooLarge: Answer(413, "manifest_too_large"),
    content_errors.BlobTooLarge: Answer(413, "blob_too_large"),
    content_errors.DigestInvalid: Answer(400, "digest_invalid"),
    content_errors.SizeInvalid: Answer(400, "size_invalid"),
    content_errors.RangeInvalid: Answer(416, "range_invalid"),
    content_errors.UploadUnknown: Answer(404, "upload_unknown"),
    content_errors.UploadBusy: Answer(409, "upload_busy"),
    content_errors.TooManyUploads: Answer(429, "too_many_uploads"),
    content_errors.QuotaExceeded: Answer(403, "quota_exceeded"),
    content_errors.PullLimitReached: Answer(429, "pull_limit_reached"),
    content_errors.StorageUnavailable: Answer(503, "storage_unavailable"),
    # the door
    refusals.IdentityNeeded: Answer(401, "identity_needed"),
    refusals.CsrfFailed: Answer(403, "csrf_failed"),
    refusals.ScopeInsufficient: Answer(403, "scope_insufficient"),
    refusals.TokenLimited: Answer(403, "token_limited"),
    refusals.AddressUnknown: Answer(404, "address_unknown"),
    refusals.PageUnknown: Answer(404, "page_unknown"),
    refusals.LengthNeeded: Answer(411, "length_needed"),
    refusals.BodyTooLarge: Answer(413, "body_too_large"),
    rest_errors.ValidationError: Answer(400, "validation_failed"),
    rest_errors.ParseError: Answer(400, "malformed_json"),
    rest_errors.MethodNotAllowed: Answer(405, "method_not_allowed"),
    rest_errors.UnsupportedMediaType: Answer(415, "media_type_unsupported"),
    django_errors.RequestDataTooBig: Answer(413, "body_too_large"),
    django_errors.SuspiciousOperation: Answer(400, "bad_request"),
    Exception: Answer(500, "internal_error"),
}
#: What is said instead of the error's own words, which are not sentences or not for everybody.
_SENTENCES = {
    "validation_failed": "Some of the input is not right; “fields” says what.",
    "media_type_unsupported": "Send the body as application/json.",
    "body_too_large": str(refusals.BodyTooLarge.default_detail),
    "bad_request": "The request makes no sense.",
    "internal_error": "Something went wrong in the hub. The request's id, X-Request-Id, finds it in the log.",
}


def answer_error(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler: every error in the one shape. What nobody expected is logged and becomes 500."""
    answer = answer_of(error)
    if answer.status == 500:
        log.error("REST failed at %s", context["request"].path, exc_info=error)
        got_request_exception.send(sender=None, request=context["request"]._request)
    facts = {"code": answer.code, "message": _SENTENCES.get(answer.code) or str(error), **_details(error, answer)}
    return Response({"error": facts}, status=answer.status, headers=_headers(error, answer))


def answer_of(error: Exception) -> Answer:
    """The row of the error's class or of its nearest base."""
    return next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)


def _details(error: Exception, answer: Answer) -> dict[str, Any]:
    if isinstance(error, rest_errors.ValidationError):
        return {"fields": dict(_fields(error.detail))}
    if isinstance(error, content_errors.QuotaExceeded):
        return {"rule": error.rule, "used": error.used, "limit": error.limit}
    field = getattr(error, "field", answer.field)
    return {"fields": {field: [str(error)]}} if field else {}


def _fields(found: Any, name: str = "") -> Iterator[tuple[str, list[str]]]:
    """DRF's tree of mistakes, flat: `repositories`, `repositories.0`; what is about no field is about the `body`."""
    if isinstance(found, dict):
        for key, below in found.items():
            inner = "" if key == "non_field_errors" else str(key)
            yield from _fields(below, ".".join(part for part in (name, inner) if part))
    else:
        yield name or "body", [str(sentence) for sentence in found]


def _headers(error: Exception, answer: Answer) -> dict[str, str]:
    if answer.status == 401:
        return {"WWW-Authenticate": 'Bearer realm="berth"'}
    if isinstance(error, accounts_errors.RateLimited | content_errors.TooManyUploads | content_errors.PullLimitReached):
        return {"Retry-After": str(error.retry_after)}
    return {"Retry-After": "60"} if answer.status == 503 else {}
