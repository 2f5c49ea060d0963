"""A bucket of an S3-compatible store, in the words of this room: the one module that speaks boto3.

Names are below the prefix of the place. Errors, all methods: StorageUnavailable after a few tries within half a minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from repositories.errors import StorageUnavailable
from repositories.storage.base import BLOCK, ObjectMissing, Part
from repositories.storage.places import Keys, Place

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

#: Seconds for one connection and for one answer, and how often something is tried.
_CONNECT, _ANSWER, _TRIES = 3, 8, 3
_GONE = {"NoSuchKey", "NoSuchUpload", "404", "NotFound"}
#: The parts are not those that the client of the store believes in.
_NOT_OURS = {"InvalidPart", "InvalidPartOrder", "EntityTooSmall"}
_TAKEN = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
#: Told with a multipart upload, and by the object that becomes of it.
_MARK = {"made": "multipart"}


class Taken(Exception):
    """There is an object under the name."""


@dataclass(frozen=True, slots=True)
class Head:
    """`size` in bytes; `multipart`: whether it was completed from parts."""

    size: int
    multipart: bool


class Bucket:
    """`place` with the keys to it. Its client may be used by all threads of one process."""

    def __init__(self, place: Place, keys: Keys) -> None:
        self._bucket, self._prefix = place.bucket, place.prefix
        self._client = _client(place, keys)

    def close(self) -> None:
        self._client.close()

    # -- Objects

    def put(self, name: str, content: bytes) -> None:
        """Errors: Taken, also by an earlier try of this very call. Nothing is overwritten, where the store knows
        conditional writes."""
        with _said(name):
            self._client.put_object(Bucket=self._bucket, Key=self._prefix + name, Body=content, IfNoneMatch="*")

    def put_aside(self, name: str, content: bytes) -> None:
        """As `put`, under a name that nobody else can have."""
        with _said(name):
            self._client.put_object(Bucket=self._bucket, Key=self._prefix + name, Body=content)

    def head(self, name: str) -> Head | None:
        try:
            with _said(name):
                found = self._client.head_object(Bucket=self._bucket, Key=self._prefix + name)
                told = {key.lower(): value for key, value in found["Metadata"].items()}
                return Head(found["ContentLength"], multipart=_MARK.items() <= told.items())
        except ObjectMissing:
            return None

    def read(self, name: str, start: int, stop: int) -> Iterator[bytes]:
        """First b"", when the object was found, and then the bytes [start, stop). Errors: ObjectMissing."""
        wanted = f"bytes={start}-{stop - 1}"
        with _said(name):
            try:
                found = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name, Range=wanted)
            except ClientError as error:
                if _code(error) in {"InvalidRange", "416"}:  # begins behind the end
                    return
                raise
            body = found["Body"]
        try:
            yield b""
            while True:
                with _said(name):
                    block = body.read(BLOCK)
                if not block:
                    return
                yield block
        finally:
            body.close()

    def objects(self, folder: str) -> Iterator[tuple[str, int, datetime]]:
        """Name, size and age of all objects whose names begin like this."""
        with _said(folder):
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix + folder):
                for item in page.get("Contents", []):
                    yield item["Key"].removeprefix(self._prefix), item["Size"], item["LastModified"]

    def remove(self, names: Sequence[str]) -> dict[str, str]:
        """Remove objects, 1,000 at once; one that is gone counts as removed. Returns the failures: name → reason."""
        failures = {}
        for first in range(0, len(names), 1000):
            wanted: list[ObjectIdentifierTypeDef] = [
                {"Key": self._prefix + name} for name in names[first : first + 1000]
            ]
            with _said(self._bucket):
                done = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": wanted, "Quiet": True})
            for error in done.get("Errors", []):
                if error.get("Code") not in _GONE:
                    failures[error["Key"].removeprefix(self._prefix)] = error.get("Message") or error.get("Code", "")
        return failures

    def sign(self, name: str, *, seconds: int) -> str:
        """An address under which anybody may read the object for a while."""
        answer = {
            "ResponseContentType": "application/octet-stream",
            "ResponseContentDisposition": "attachment",
            "ResponseCacheControl": f"private, max-age={seconds}",
        }
        wanted = {"Bucket": self._bucket, "Key": self._prefix + name, **answer}
        return self._client.generate_presigned_url("get_object", Params=wanted, ExpiresIn=seconds)

    # -- Multipart uploads

    def begin(self, name: str) -> str:
        with _said(name):
            begun = self._client.create_multipart_upload(Bucket=self._bucket, Key=self._prefix + name, Metadata=_MARK)
            return begun["UploadId"]

    def add(self, name: str, upload: str, number: int, content: bytes) -> Part:
        """Store part `number`, from 1 on; one that is there is replaced. Errors: ObjectMissing."""
        with _said(name):
            added = self._client.upload_part(
                Bucket=self._bucket, Key=self._prefix + name, UploadId=upload, PartNumber=number, Body=content
            )
            return Part(len(content), added["ETag"])

    def complete(self, name: str, upload: str, parts: Iterable[Part]) -> None:
        """The parts become the object. Errors: ObjectMissing: it was completed or aborted before."""
        wanted = [{"PartNumber": number, "ETag": part.mark} for number, part in enumerate(parts, 1)]
        with _said(name):
            self._client.complete_multipart_upload(
                Bucket=self._bucket,
                Key=self._prefix + name,
                UploadId=upload,
                MultipartUpload={"Parts": wanted},  # type: ignore[typeddict-item]
            )

    def abort(self, name: str, upload: str) -> None:
        """One that is gone counts as aborted."""
        try:
            with _said(name):
                self._client.abort_multipart_upload(Bucket=self._bucket, Key=self._prefix + name, UploadId=upload)
        except ObjectMissing:
            pass

    def uploads(self, folder: str) -> Iterator[tuple[str, str, datetime]]:
        """Name, id and age of all multipart uploads that are open for names that begin like this."""
        with _said(folder):
            pages = self._client.get_paginator("list_multipart_uploads")
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix + folder):
                for item in page.get("Uploads", []):
                    yield item["Key"].removeprefix(self._prefix), item["UploadId"], item["Initiated"]


def _client(place: Place, keys: Keys) -> S3Client:
    rules = Config(
        signature_version="s3v4",
        connect_timeout=_CONNECT,
        read_timeout=_ANSWER,
        retries={"mode": "standard", "total_max_attempts": _TRIES},
        max_pool_connections=64,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": place.style, "payload_signing_enabled": True},  # type: ignore[arg-type]
    )
    return boto3.session.Session().client(
        "s3",
        endpoint_url=place.endpoint or None,
        region_name=place.region,
        aws_access_key_id=keys.access or None,
        aws_secret_access_key=keys.secret or None,
        config=rules,
    )


@contextmanager
def _said(name: str) -> Iterator[None]:
    """Turns what the store says into the errors that callers know."""
    try:
        yield
    except ClientError as error:
        code = _code(error)
        if code in _GONE or code in _NOT_OURS:
            raise ObjectMissing(name) from error
        if code in _TAKEN:
            raise Taken(name) from error
        raise StorageUnavailable from error
    except (BotoCoreError, ResponseParserError, OSError, KeyError) as error:  # the last: an answer that lacks something
        raise StorageUnavailable from error


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
