"""A small object store in memory that speaks as much S3 as the hub needs, and goes wrong when it is told to.

    with faulty_s3.running() as store:
        store.fail("CompleteMultipartUpload", LOSE_REPLY, times=1)

Signatures are not checked. What it holds is in `objects` and `uploads`.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

ERROR = "500"
SLOW_DOWN = "503 SlowDown"
ERROR_IN_200 = "200 with an error in the body"
GARBAGE = "200 with garbage in the body"
LOSE_REQUEST = "the connection breaks before anything is done"
LOSE_REPLY = "the connection breaks after it is done"
HANG = "no answer"
FAULTS = [ERROR, SLOW_DOWN, ERROR_IN_200, GARBAGE, LOSE_REQUEST, LOSE_REPLY]
OPERATIONS = ["PutObject", "HeadObject", "GetObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"]

_ERROR = b'<?xml version="1.0"?><Error><Code>%s</Code><Message>As told.</Message></Error>'


@dataclass
class FaultyStore:
    """`objects`: name → (content, made of parts); `uploads`: id → (name, number → content)."""

    endpoint: str = ""
    objects: dict[str, tuple[bytes, bool]] = field(default_factory=dict)
    uploads: dict[str, tuple[str, dict[int, bytes]]] = field(default_factory=dict)
    struck: int = 0
    _faults: dict[str, tuple[str, int]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    released: threading.Event = field(default_factory=threading.Event)

    def fail(self, operation: str, fault: str, times: int) -> None:
        """The next requests for the operation go wrong."""
        self._faults[operation] = (fault, times)

    def heal(self) -> int:
        """Nothing goes wrong any more; returns how often something did."""
        self._faults.clear()
        struck, self.struck = self.struck, 0
        return struck

    def settings(self, prefix: str) -> dict[str, str]:
        """The environment of a hub that lives here."""
        url = f"s3://berth/{prefix}?endpoint={self.endpoint}&region=us-east-1&style=path"
        return {"HUB_STORAGE_URL": url, "HUB_S3_ACCESS_KEY": "tests", "HUB_S3_SECRET_KEY": "tests"}

    def fault_for(self, operation: str) -> str:
        with self._lock:
            fault, times = self._faults.get(operation, ("", 0))
            if times <= 0:
                return ""
            self._faults[operation] = (fault, times - 1)
            self.struck += 1
            return fault


@contextmanager
def running() -> Iterator[FaultyStore]:
    store = FaultyStore()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"store": store}))
    server.daemon_threads = True
    store.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield store
    finally:
        store.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: FaultyStore

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the tests say what went wrong."""

    def handle_all(self) -> None:
        self.content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        self.name = unquote(parts.path).removeprefix("/berth").lstrip("/")
        self.query = {key: values[0] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
        operation = self.operation()
        fault = self.store.fault_for(operation)
        if fault == HANG:
            self.store.released.wait(60)
        if fault in {LOSE_REQUEST, HANG}:
            self.close_connection = True
            return
        answer = getattr(self, f"on_{operation}")() if fault in {"", LOSE_REPLY} else _FAILURES[fault]
        if fault == LOSE_REPLY:
            self.close_connection = True
            return
        self.reply(answer)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_all  # noqa: N815

    def operation(self) -> str:
        for word, method, name in _BY_QUERY:
            if word in self.query and self.command == method:
                return name
        plain = {"PUT": "PutObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"}
        if self.command == "GET":
            return "GetObject" if self.name else "ListObjects"
        return plain[self.command]

    def reply(self, answer: _Answer) -> None:
        self.send_response(answer.status)
        headers = dict(answer.headers)
        headers.setdefault("Content-Length", str(len(answer.body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    # -- Objects

    def on_PutObject(self) -> _Answer:  # noqa: N802
        with self.store._lock:
            if self.headers.get("If-None-Match") == "*" and self.name in self.store.objects:
                return _error(412, b"PreconditionFailed")
            self.store.objects[self.name] = (self.content, False)
        return _Answer(headers=(("ETag", _etag(self.content)),))

    def on_HeadObject(self) -> _Answer:  # noqa: N802
        content, made = self.store.objects.get(self.name, (None, False))
        if content is None:
            return _Answer(404)
        marks = (("x-amz-meta-made", "multipart"),) if made else ()
        return _Answer(headers=(("Content-Length", str(len(content))), *marks))

    def on_GetObject(self) -> _Answer:  # noqa: N802
        content, _ = self.store.objects.get(self.name, (None, False))
        if content is None:
            return _error(404, b"NoSuchKey")
        start, stop = map(int, self.headers["Range"].removeprefix("bytes=").split("-"))
        if start >= len(content):
            return _error(416, b"InvalidRange")
        return _Answer(206, content[start : stop + 1])

    def on_ListObjects(self) -> _Answer:  # noqa: N802
        sizes = {name: len(content) for name, (content, _) in self.store.objects.items()}
        found = "".join(
            f"<Contents><Key>{name}</Key><Size>{size}</Size>{_long_ago('LastModified')}</Contents>"
            for name, size in sizes.items()
            if name.startswith(self.query.get("prefix", ""))
        )
        return _Answer(body=f"<ListBucketResult>{found}</ListBucketResult>".encode())

    def on_DeleteObjects(self) -> _Answer:  # noqa: N802
        for name in re.findall(rb"<Key>([^<]+)</Key>", self.content):
            self.store.objects.pop(name.decode(), None)
        return _Answer(body=b"<DeleteResult></DeleteResult>")

    # -- Multipart uploads

    def on_CreateMultipartUpload(self) -> _Answer:  # noqa: N802
        upload = uuid4().hex
        self.store.uploads[upload] = (self.name, {})
        body = f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
        return _Answer(body=body.encode())

    def on_UploadPart(self) -> _Answer:  # noqa: N802
        if self.query["uploadId"] not in self.store.uploads:
            return _error(404, b"NoSuchUpload")
        self.store.uploads[self.query["uploadId"]][1][int(self.query["partNumber"])] = self.content
        return _Answer(headers=(("ETag", _etag(self.content)),))

    def on_CompleteMultipartUpload(self) -> _Answer:  # noqa: N802
        name, parts = self.store.uploads.get(self.query["uploadId"], ("", {}))
        if not name:
            return _error(404, b"NoSuchUpload")
        told = self.content.decode().replace("&quot;", '"')
        wanted = re.findall(r"<Part>(.*?)</Part>", told, re.DOTALL)
        numbers = [int(re.findall(r"<PartNumber>(\d+)<", part)[0]) for part in wanted]
        if any(_etag(parts.get(number, b"")) not in part for number, part in zip(numbers, wanted, strict=True)):
            return _error(400, b"InvalidPart")
        self.store.objects[name] = (b"".join(parts[number] for number in numbers), True)
        del self.store.uploads[self.query["uploadId"]]
        return _Answer(body=b"<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>")

    def on_AbortMultipartUpload(self) -> _Answer:  # noqa: N802
        found = self.store.uploads.pop(self.query["uploadId"], None)
        return _Answer(204) if found else _error(404, b"NoSuchUpload")

    def on_ListMultipartUploads(self) -> _Answer:  # noqa: N802
        rows = [(name, upload) for upload, (name, _) in self.store.uploads.items()]
        found = "".join(
            f"<Upload><Key>{name}</Key><UploadId>{upload}</UploadId>{_long_ago('Initiated')}</Upload>"
            for name, upload in rows
        )
        return _Answer(body=f"<ListMultipartUploadsResult>{found}</ListMultipartUploadsResult>".encode())


def _error(status: int, code: bytes) -> _Answer:
    return _Answer(status, _ERROR % code)


def _long_ago(tag: str) -> str:
    return f"<{tag}>2020-01-01T00:00:00Z</{tag}>"


def _etag(content: bytes) -> str:
    return f'"{hashlib.md5(content).hexdigest()}"'


_FAILURES = {
    ERROR: _error(500, b"InternalError"),
    SLOW_DOWN: _error(503, b"SlowDown"),
    ERROR_IN_200: _error(200, b"InternalError"),
    GARBAGE: _Answer(200, b"<html>an unfinished"),
}
#: What in the query and which method make which operation, the first that fits.
_BY_QUERY = [
    ("partNumber", "PUT", "UploadPart"),
    ("uploadId", "POST", "CompleteMultipartUpload"),
    ("uploadId", "DELETE", "AbortMultipartUpload"),
    ("uploads", "POST", "CreateMultipartUpload"),
    ("uploads", "GET", "ListMultipartUploads"),
    ("delete", "POST", "DeleteObjects"),
]
