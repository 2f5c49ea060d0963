"""The answers of the registry when something is wrong: codes, statuses, the table from domain errors, the envelope.

Source: distribution-spec 1.1.1, "Error Codes"; each error is ``{"errors": [{"code", "message", "detail"}]}``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from accounts import errors as people
from repositories import errors as content

_MOST_DETAILS = 100


class Code(StrEnum):
    """The fourteen codes of the specification, and two for answers of 500 and above."""

    BLOB_UNKNOWN = "BLOB_UNKNOWN"
    BLOB_UPLOAD_INVALID = "BLOB_UPLOAD_INVALID"
    BLOB_UPLOAD_UNKNOWN = "BLOB_UPLOAD_UNKNOWN"
    DIGEST_INVALID = "DIGEST_INVALID"
    MANIFEST_BLOB_UNKNOWN = "MANIFEST_BLOB_UNKNOWN"
    MANIFEST_INVALID = "MANIFEST_INVALID"
    MANIFEST_UNKNOWN = "MANIFEST_UNKNOWN"
    NAME_INVALID = "NAME_INVALID"
    NAME_UNKNOWN = "NAME_UNKNOWN"
    SIZE_INVALID = "SIZE_INVALID"
    UNAUTHORIZED = "UNAUTHORIZED"
    DENIED = "DENIED"
    UNSUPPORTED = "UNSUPPORTED"
    TOOMANYREQUESTS = "TOOMANYREQUESTS"
    UNKNOWN = "UNKNOWN"
    UNAVAILABLE = "UNAVAILABLE"


class Challenge(StrEnum):
    """Why a client has to show another token; the value is the `error` of the challenge."""

    NO_TOKEN = ""
    INVALID_TOKEN = "invalid_token"  # noqa: S105 - a word of RFC 6750
    INSUFFICIENT_SCOPE = "insufficient_scope"


@dataclass(frozen=True, slots=True)
class Answer:
    """An error as it goes over the wire; `details` makes one entry each. `challenge`: also WWW-Authenticate."""

    status: int
    code: Code
    message: str
    details: tuple[object, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    challenge: Challenge | None = None

    def body(self) -> bytes:
        """The envelope."""
        entry: dict[str, object] = {"code": self.code, "message": self.message}
        entries = [{**entry, "detail": detail} for detail in self.details] or [entry]
        return json.dumps({"errors": entries}).encode()


class Refusal(Exception):
    """Raised by this door's own modules to answer with an error."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.message)
        self.answer = answer


NO_TOKEN = Answer(401, Code.UNAUTHORIZED, "Authentication is required.", challenge=Challenge.NO_TOKEN)
INVALID_TOKEN = Answer(
    401, Code.UNAUTHORIZED, "The token is not valid, or no longer.", challenge=Challenge.INVALID_TOKEN
)
#: The same for what is private and for what does not exist.
INSUFFICIENT_SCOPE = Answer(
    401,
    Code.UNAUTHORIZED,
    "You may not do this here, or there is no such repository. Sign in with an account that may.",
    challenge=Challenge.INSUFFICIENT_SCOPE,
)
BROKEN = Answer(500, Code.UNKNOWN, "Something went wrong on the hub's side.")
UNAVAILABLE = Answer(
    503, Code.UNAVAILABLE, "The hub cannot do this at the moment; try again later.", headers={"Retry-After": "5"}
)


def _plain(status: int, code: Code) -> Callable[[Any], Answer]:
    return lambda error: Answer(status, code, str(error))


def _about_digest(status: int, code: Code) -> Callable[[Any], Answer]:
    return lambda error: Answer(status, code, str(error), details=({"digest": str(error.digest)},))


def _repository_unknown(error: content.RepositoryUnknown) -> Answer:
    return Answer(404, Code.NAME_UNKNOWN, str(error)) if error.in_reach else INSUFFICIENT_SCOPE


def _missing_content(error: content.ManifestBlobUnknown) -> Answer:
    """One entry for each digest; clients read no more than 64 KiB of an error."""
    details = tuple({"digest": str(digest)} for digest in error.digests[:_MOST_DETAILS])
    return Answer(400, Code.MANIFEST_BLOB_UNKNOWN, str(error), details=details)


def _quota_exceeded(error: content.QuotaExceeded) -> Answer:
    facts = {"rule": error.rule, "used": error.used, "limit": error.limit}
    return Answer(403, Code.DENIED, str(error), details=(facts,))


def _range_invalid(error: content.RangeInvalid) -> Answer:
    headers = {"Range": f"0-{max(error.offset - 1, 0)}", "Docker-Upload-UUID": error.upload_id}
    return Answer(416, Code.BLOB_UPLOAD_INVALID, str(error), headers=headers)


def _storage_unavailable(error: content.StorageUnavailable) -> Answer:
    return Answer(503, Code.UNAVAILABLE, str(error), headers={"Retry-After": "30"})


def limit_headers(limit: int, window: timedelta, remaining: int, source: str) -> dict[str, str]:
    """What clients read about a limit of pulls, as Docker Hub says it: ``100;w=21600`` is a hundred in six hours."""
    seconds = int(window.total_seconds())
    return {
        "RateLimit-Limit": f"{limit};w={seconds}",
        "RateLimit-Remaining": f"{remaining};w={seconds}",
        "Docker-RateLimit-Source": source,
    }


def _pull_limit_reached(error: content.PullLimitReached) -> Answer:
    headers = limit_headers(error.limit, error.window, 0, error.source)
    headers["Retry-After"] = str(error.retry_after)
    return Answer(429, Code.TOOMANYREQUESTS, str(error), headers=headers)


def _come_back_later(error: people.RateLimited | content.TooManyUploads) -> Answer:
    headers = {"Retry-After": str(error.retry_after)}
    return Answer(429, Code.TOOMANYREQUESTS, str(error), headers=headers)


TABLE: dict[type[Exception], Callable[[Any], Answer]] = {
    content.NameInvalid: _plain(400, Code.NAME_INVALID),
    content.RepositoryUnknown: _repository_unknown,
    content.RepositoryExists: _plain(403, Code.DENIED),
    content.AccessDenied: lambda _: INSUFFICIENT_SCOPE,
    content.BlobUnknown: _about_digest(404, Code.BLOB_UNKNOWN),
    content.BlobReferenced: _about_digest(405, Code.UNSUPPORTED),
    content.ManifestUnknown: _about_digest(404, Code.MANIFEST_UNKNOWN),
    content.ManifestReferenced: _about_digest(405, Code.UNSUPPORTED),
    content.TagUnknown: _plain(404, Code.MANIFEST_UNKNOWN),
    content.ManifestInvalid: _plain(400, Code.MANIFEST_INVALID),
    content.ManifestBlobUnknown: _missing_content,
    content.ManifestTooLarge: _plain(413, Code.SIZE_INVALID),
    content.BlobTooLarge: _plain(413, Code.SIZE_INVALID),
    content.DigestInvalid: _plain(400, Code.DIGEST_INVALID),
    content.SizeInvalid: _plain(400, Code.SIZE_INVALID),
    content.RangeInvalid: _range_invalid,
    content.UploadUnknown: _plain(404, Code.BLOB_UPLOAD_UNKNOWN),
    content.UploadBusy: _plain(400, Code.BLOB_UPLOAD_INVALID),
    content.TooManyUploads: _come_back_later,
    content.QuotaExceeded: _quota_exceeded,
    content.PullLimitReached: _pull_limit_reached,
    content.StorageUnavailable: _storage_unavailable,
    people.NameReserved: _plain(403, Code.DENIED),
    people.NamespaceUnknown: lambda _: INSUFFICIENT_SCOPE,
    people.RoleDenied: lambda _: INSUFFICIENT_SCOPE,
    people.CredentialsRejected: _plain(401, Code.UNAUTHORIZED),
    people.RateLimited: _come_back_later,
}


def answer_for(error: Exception) -> Answer:
    """The answer to any exception; what the table does not know is the hub's own fault."""
    if isinstance(error, Refusal):
        return error.answer
    row = TABLE.get(type(error))
    return row(error) if row else BROKEN
