"""What can go wrong with content: facts, no HTTP. Each door has one table from these classes to its answers.

ContentError
├── NameInvalid             repository name or tag outside the grammar
├── RepositoryUnknown       absent, or not yours to know; `in_reach`: you could have created it
├── RepositoryExists        the name is in use, or was
├── AccessDenied            you may see it, and may not do that
├── DescriptionTooLong      more than 100 characters
├── ConfirmationMismatch    the typed name is not the repository's
├── BlobUnknown             not in this repository
├── BlobReferenced          something living still refers to it
├── ManifestUnknown         not in this repository
├── ManifestReferenced      a living index lists it
├── TagUnknown              not in this repository
├── ManifestInvalid         the document or its type
├── ManifestBlobUnknown     lists what this repository does not hold; carries all digests
├── ManifestTooLarge        beyond 4 MiB
├── BlobTooLarge            beyond HUB_MAX_BLOB_BYTES
├── DigestInvalid           malformed, unsupported, or not the digest of the content
├── SizeInvalid             length and range disagree with the body
├── RangeInvalid            out of order; carries the offset to continue from
├── UploadUnknown           no such session of yours in this repository
├── UploadBusy              another request is writing to the session
├── TooManyUploads          you have as many sessions open as you may
├── QuotaExceeded           rule, used, limit; a whole sentence
├── PullLimitReached        no more pulls in this window; carries the limit, the window and who is counted
└── StorageUnavailable      disk full or failing; try again later
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta


class ContentError(Exception):
    """Base of the errors of this floor; ``str()`` is a whole sentence for a person."""


class NameInvalid(ContentError):
    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name = name


class RepositoryUnknown(ContentError):
    def __init__(self, name: str, *, in_reach: bool = False) -> None:
        super().__init__("There is no such repository, or you may not see it.")
        self.name = name
        self.in_reach = in_reach


class RepositoryExists(ContentError):
    def __init__(self, name: str) -> None:
        super().__init__(f"The repository “{name}” exists already.")
        self.name = name


class AccessDenied(ContentError):
    def __init__(self, name: str, action: str) -> None:
        super().__init__(f"You may not {action} “{name}”.")
        self.name = name
        self.action = action


class DescriptionTooLong(ContentError):
    def __init__(self, length: int, limit: int) -> None:
        super().__init__(f"Use at most {limit} characters; this has {length}.")
        self.length = length
        self.limit = limit


class ConfirmationMismatch(ContentError):
    def __init__(self, name: str) -> None:
        super().__init__(f"Type “{name}” to confirm.")
        self.name = name


class DigestError(ContentError):
    """An error about one digest, given as a `Digest` or as the text that should have been one."""

    sentence = "{digest}"

    def __init__(self, digest: object) -> None:
        super().__init__(self.sentence.format(digest=digest))
        self.digest = digest


class BlobUnknown(DigestError):
    sentence = "There is no blob {digest} in this repository."


class BlobReferenced(DigestError):
    sentence = "The blob {digest} is part of an image in this repository; delete that first."


class ManifestUnknown(DigestError):
    sentence = "There is no manifest {digest} in this repository."


class ManifestReferenced(DigestError):
    sentence = "The manifest {digest} is part of an index in this repository; delete that first."


class TagUnknown(ContentError):
    def __init__(self, tag: str) -> None:
        super().__init__(f"There is no tag “{tag}” in this repository.")
        self.tag = tag


class ManifestInvalid(ContentError):
    pass


class ManifestBlobUnknown(ContentError):
    def __init__(self, digests: Sequence[object]) -> None:
        super().__init__("The manifest lists content that this repository does not hold.")
        self.digests = digests


class ManifestTooLarge(ContentError):
    def __init__(self, limit: int) -> None:
        super().__init__(f"A manifest may have at most {limit} bytes.")
        self.limit = limit


class BlobTooLarge(ContentError):
    def __init__(self, limit: int) -> None:
        super().__init__(f"A blob may have at most {limit} bytes on this hub.")
        self.limit = limit


class DigestInvalid(ContentError):
    def __init__(self, found: str, reason: str) -> None:
        super().__init__(reason)
        self.found = found


class SizeInvalid(ContentError):
    def __init__(self, expected: int, received: int) -> None:
        super().__init__(f"The body has {received} bytes; {expected} were announced.")
        self.expected = expected
        self.received = received


class RangeInvalid(ContentError):
    def __init__(self, offset: int, upload_id: str) -> None:
        super().__init__(f"The upload has {offset} bytes; continue there.")
        self.offset = offset
        self.upload_id = upload_id


class UploadUnknown(ContentError):
    def __init__(self, upload_id: str) -> None:
        super().__init__("There is no such upload: it was finished, cancelled or has expired.")
        self.upload_id = upload_id


class UploadBusy(ContentError):
    def __init__(self, upload_id: str) -> None:
        super().__init__("Another request is writing to this upload.")
        self.upload_id = upload_id


class TooManyUploads(ContentError):
    """`retry_after`: seconds until a session may have ended."""

    def __init__(self, limit: int, retry_after: int = 60) -> None:
        super().__init__(f"You have {limit} uploads open, which is all you may have; finish or cancel some.")
        self.limit = limit
        self.retry_after = retry_after


class QuotaExceeded(ContentError):
    """`rule` names the limit (``bytes``, ``private repositories``); `used` and `limit` are in its unit."""

    def __init__(self, sentence: str, *, rule: str, used: int, limit: int) -> None:
        super().__init__(sentence)
        self.rule = rule
        self.used = used
        self.limit = limit


class PullLimitReached(ContentError):
    """`source`: the user or the client address that is counted; `retry_after`: seconds until the window ends."""

    def __init__(self, limit: int, window: timedelta, source: str, *, retry_after: int, is_anonymous: bool) -> None:
        whose = "without an account, from one address" if is_anonymous else "with your plan"
        advice = "sign in, or try again" if is_anonymous else "try again"
        pulls = f"{limit:,} pull" + ("" if limit == 1 else "s")
        super().__init__(
            f"This hub allows {pulls} in {_spoken(window)} {whose}, and they are used up; {advice} in "
            f"{_spoken(timedelta(seconds=retry_after))}."
        )
        self.limit = limit
        self.window = window
        self.source = source
        self.retry_after = retry_after


class StorageUnavailable(ContentError):
    def __init__(self, reason: str = "The storage does not take content at the moment; try again later.") -> None:
        super().__init__(reason)


def _spoken(span: timedelta) -> str:
    """A length of time in the largest unit that says it exactly, but no smaller one than needed: ``6 hours``."""
    seconds = max(1, int(span.total_seconds()))
    for unit, length in (("hour", 3600), ("minute", 60)):
        if seconds % length == 0 or seconds >= 2 * length:
            number = -(-seconds // length)
            return f"{number} {unit}" + ("" if number == 1 else "s")
    return f"{seconds} second" + ("" if seconds == 1 else "s")
